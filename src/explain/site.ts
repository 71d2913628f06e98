import type { Sighting, Wires } from '../judge/observation.ts';
import type { HopResult, PointResult, WalkResult } from '../judge/result.ts';
import type { Part } from '../lab/part.ts';
import { type Header, isIcmpError, isPortUnreachable } from '../packet/index.ts';

/**
 * Where a packet was lost. `nothing sent`: it was never seen, not even at its sender; `at a place`: it came to a place, or began
 * there, and did not go on; `on a wire`: it left a place and was not seen at the other end; `elsewhere`: it went on by another
 * way than listed, to where it was last seen.
 */
export interface Site {
  kind: 'nothing sent' | 'at a place' | 'on a wire' | 'elsewhere';
  part: Part;
  /** The place where it was last seen, or its sender. */
  place: string;
  /** Its last sighting. */
  last?: Sighting;
  /** All sightings of this part of it, in order. */
  way: readonly Sighting[];
  /** Where it took another way than is listed, be it that it came back to it: the place, and how the packet came there. */
  turn?: { place: string; before?: Sighting; atHook?: true };
  /** Where it should have been seen next, where the walk lists it: an interface, or a base chain of netfilter. */
  next?: { place: string; device?: string; chain?: string };
  /** The other end of the wire by which it left. */
  peer?: { place: string; device: string };
  /** The first sighting that is not as listed, the hop that it was compared with, and what was seen right before. */
  changed?: { hop: PointResult; now: Sighting; before: Sighting | undefined };
  /** What was lost there, where it is not the packet itself but what that waits for: `m1:vx’s ARP request for 10.7.0.2`. */
  instead?: string;
  /** Headers of the packet as it was there, outermost first. */
  headers: readonly Header[];
}

/** What tells where a packet was lost besides its sightings. */
export interface Surroundings {
  from: string;
  /** The address that it is sent to, where nothing else tells: as the command has it. */
  to?: string | undefined;
  wires: Pick<Wires, 'takes'>;
  peerOf(at: string): string | undefined;
}

type Judged = Pick<WalkResult, 'hops' | 'failedAt' | 'outcome'>;

/** The places that a loss is of, the likeliest first: where it was last seen, changed, to come next, left its way, and was answered. */
export const placesOf = ({ place, changed, peer, next, turn, part, way }: Site): string[] =>
  [place, changed?.before?.place, peer?.place, next?.place, turn?.place, part === 'reply' && way[0]?.place].flatMap(
    (each) => each || [],
  );

/** Where a packet was lost; `ordered` are its sightings in one true order, `walk` what it was compared with, if with anything. */
export function siteOf(ordered: readonly Sighting[], surroundings: Surroundings, walk?: Judged): Site {
  const { from, to, wires, peerOf } = surroundings;
  const missed = walk && lostHop(walk);
  const answered = ordered.some((each) => each.part === 'reply' && !tellsOfLoss(each));
  const part = missed?.part ?? (answered ? 'reply' : 'request');
  const taken = ordered.filter((each) => !isDeadEnd(each, wires));
  const own = taken.filter((each) => each.part === part);
  const next = missed && nextOf(missed);
  if (!own.length) {
    const others = taken.filter((each) => each.part !== part);
    const due = next?.next?.place;
    const before = others.findLast(({ place, direction }) => place === due && direction === 'in') ?? others.at(-1);
    if (!before) return { kind: 'nothing sent', part, place: from, way: [], headers: expectedOf(walk, to), ...next };
    // Nothing answers: what asks for it ended there.
    const asked = taken.filter((each) => each.part === before.part);
    return { ...endOf(before, asked, peerOf), part: before.part, ...next };
  }
  const listed = walk && own.findLast((each) => walk.hops.some((hop) => isSeenAt(hop, each)));
  const last = own.at(-1)!;
  const strayed = walk && listed !== last && !walk.hops.some((hop) => isAtPoint(hop, last));
  const isMissing = missed?.kind === 'point' && missed.seen === null;
  const copied = !strayed && listed && isMissing ? beforeCopy(own, listed, missed, peerOf) : undefined;
  const end = copied ?? endOf(strayed || !listed ? last : listed, own, peerOf);
  return {
    ...end,
    part,
    ...next,
    ...(strayed && { kind: 'elsewhere' as const }),
    ...(missed && turnAt(own, missed, walk, from)),
    ...changedAt(own, walk),
  };
}

/** Whether an answer is an ICMP error of somebody on the way: it tells that the packet was lost, and no refusal by whoever it is for. */
const tellsOfLoss = ({ headers }: Sighting): boolean => isIcmpError(headers) && !isPortUnreachable(headers);

/**
 * Where a packet came in that was to leave the same place, if what was seen last is a copy of it that went elsewhere: no cable leads
 * from there to where the packet was due.
 */
function beforeCopy(
  own: readonly Sighting[],
  last: Sighting,
  { place, device }: PointResult,
  peerOf: Surroundings['peerOf'],
): Omit<Site, 'part'> | undefined {
  const far = peerOf(`${place}:${device}`);
  if (last.direction === 'out' || last.place === place || !far || far.startsWith(`${last.place}:`)) return undefined;
  const at = own.findLastIndex((each) => each.place === place && each.direction === 'in');
  return at < 0 ? undefined : endOf(own[at]!, own.slice(0, at + 1), peerOf);
}

/** Where the packet was seen last before the first hop that it missed, if it was seen anywhere after that. */
function turnAt(own: readonly Sighting[], missed: HopResult, walk: Judged, from: string): Pick<Site, 'turn'> {
  const earlier = walk.hops.slice(0, walk.hops.indexOf(missed)).filter(({ part }) => part === missed.part);
  const at = own.findLastIndex((each) => earlier.some((hop) => isSeenAt(hop, each)));
  if (missed.kind === 'hook') return at < own.length - 1 ? { turn: { place: missed.place, atHook: true } } : {};
  if ((missed.seen !== null && isWrappedAsListed(missed)) || at === own.length - 1) return {};
  const before = own[at];
  const [first] = own;
  if (!before) return missed.part === 'request' ? { turn: { place: from } } : turnAtBeginning(first, earlier);
  return { turn: { place: before.place, before } };
}

/** Whether it was wrapped as often as is listed: what another tunnel or none led there took another way. */
function isWrappedAsListed({ seen, expected }: PointResult): boolean {
  const depth = (headers: readonly { protocol: string }[]) =>
    headers.filter(({ protocol }) => protocol === 'ip').length;
  return depth(seen ?? []) === depth(expected);
}

/** An answer that took another way from where it began, if the walk lists nothing of it before. */
const turnAtBeginning = (first: Sighting | undefined, earlier: readonly HopResult[]): Pick<Site, 'turn'> =>
  first?.direction === 'out' && !earlier.length ? { turn: { place: first.place } } : {};

/** Where the packet first bore other headers than the walk lists. */
function changedAt(own: readonly Sighting[], walk: Judged | undefined): Pick<Site, 'changed'> {
  const hop = walk?.hops.find((each): each is PointResult => each.kind === 'point' && each.fate === 'differs');
  const at = hop ? own.findIndex((each) => isSeenAt(hop, each)) : -1;
  return hop && at >= 0 ? { changed: { hop, now: own[at]!, before: own[at - 1] } } : {};
}

/** The hop where it was lost; where an earlier part was not as listed, what came later may be a consequence. */
function lostHop({ hops, failedAt }: Judged): HopResult | undefined {
  const failed = failedAt === null ? undefined : hops[failedAt];
  const lost = hops.find(({ fate }) => fate === 'lost');
  return lost && lost.part === failed?.part ? lost : failed;
}

const expectedOf = (walk: Judged | undefined, to: string | undefined): Header[] => {
  const first = walk?.hops.find((hop) => hop.kind === 'point');
  const headers =
    first?.kind === 'point'
      ? first.expected
      : to
        ? [{ protocol: to.includes(':') ? 'ip6' : 'ip', fields: { dst: to } }]
        : [];
  return headers.map(({ protocol, fields }) => ({ protocol, fields: fields as Header['fields'] }));
};

const nextOf = (hop: HopResult): Pick<Site, 'next'> => ({
  next: hop.kind === 'point' ? { place: hop.place, device: hop.device } : { place: hop.place, chain: hop.chain },
});

/** A copy that a bridge sends everywhere ends where nobody takes it. */
const isDeadEnd = ({ at, direction, otherHost, headers }: Sighting, wires: Surroundings['wires']): boolean =>
  direction === 'in' &&
  otherHost &&
  !wires.takes(at, String(headers.find((each) => each.protocol === 'ether')?.fields.dst));

const isAtPoint = (hop: HopResult, { part, place, device }: Sighting) =>
  hop.kind === 'point' && hop.part === part && hop.place === place && hop.device === device;

const isSeenAt = (hop: HopResult, sighting: Sighting) =>
  isAtPoint(hop, sighting) &&
  hop.kind === 'point' &&
  hop.seen !== null &&
  (hop.direction ?? sighting.direction) === sighting.direction;

export function endOf(last: Sighting, way: readonly Sighting[], peerOf: Surroundings['peerOf']): Omit<Site, 'part'> {
  const far = last.direction === 'out' ? peerOf(last.at) : undefined;
  const colon = far?.indexOf(':') ?? -1;
  return {
    kind: far ? 'on a wire' : 'at a place',
    place: last.place,
    last,
    way,
    headers: last.headers,
    ...(far && { peer: { place: far.slice(0, colon), device: far.slice(colon + 1) } }),
  };
}
