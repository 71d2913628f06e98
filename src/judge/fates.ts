import type { Observation, Sighting } from './observation.ts';
import type { HopResult, Stray } from './result.ts';

/** The places where an answer began, and where the request came otherwise than is listed. */
export function answerersOf(all: readonly Observation[], strays: readonly Stray[]): ReadonlySet<string> {
  const replies = all.filter((each): each is Sighting => each.kind === 'sighting' && each.part === 'reply');
  const placesOf = (direction: Sighting['direction']) =>
    new Set(replies.flatMap((each) => (each.direction === direction ? [each.place] : [])));
  const handedOn = placesOf('in');
  const cameOtherwise = (place: string) => strays.some((each) => each.part === 'request' && each.place === place);
  return new Set([...placesOf('out')].filter((place) => !handedOn.has(place) && cameOtherwise(place)));
}

/**
 * The packet is lost where it was not seen, nor as listed at any later hop, nor at all at the end of its part, or where a hook
 * dropped it; what was not seen though it went on is missing. A request that came to its last place otherwise, and was answered from there, went on.
 */
export function fates(hops: HopResult[], answerers: ReadonlySet<string>): HopResult[] {
  const passed = hops.findLastIndex(({ seen, fate }) => seen !== null && fate === 'passed');
  const reachesEnd = (i: number) => {
    const { part } = hops[i]!;
    const last = hops.findLast((hop) => hop.part === part);
    return last?.seen !== null || (part === 'request' && answerers.has(last.place));
  };
  const ends = (hop: HopResult, i: number) => (hop.seen === null ? !reachesEnd(i) : isDroppedAt(hop));
  const lost = hops.findIndex((hop, i) => i > passed && ends(hop, i));
  return hops.map((hop, i) => {
    if (hop.seen !== null && i !== lost) return hop;
    return { ...hop, fate: i === lost ? 'lost' : lost >= 0 && i > lost ? 'not reached' : 'missing' };
  });
}

/** Whether a packet's way ends at a hook, though it is not listed so. */
const isDroppedAt = (hop: HopResult): boolean =>
  hop.kind === 'hook' &&
  hop.fate === 'differs' &&
  isRefusal(hop.seen?.ending?.verdict) &&
  !isRefusal(hop.expected.ending?.verdict);

export const isRefusal = (verdict: string | undefined) => verdict === 'drop' || verdict === 'reject';
