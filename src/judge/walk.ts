import { marked, partOf, parts, pointOf } from '../lab/part.ts';
import type { Hop } from '../lab/words.ts';
import { type Difference, describe, differences, type Header, type MacLookup, matches } from '../packet/index.ts';
import { peers, type Wiring } from '../plan/cables.ts';
import { followHooks, type Passed } from './hooks.ts';
import type { HopResult, Verdict, WalkResult } from './result.ts';

/** One packet, once, at one interface. */
export interface Sighting {
  at: string;
  place: string;
  direction: 'in' | 'out' | 'overheard';
  /** Whether the interface is a port of a bridge, which takes frames for anyone. */
  port: boolean;
  reply: boolean;
  /** Whether it is the segment that ends the connection. */
  end?: true;
  headers: Header[];
  /** Its number among all that its place captured, in order. */
  order: number;
  /** Nanoseconds, by the clock of its own machine. */
  time: bigint;
}

export interface Judgement {
  verdict: Verdict;
  lostAt: string | null;
  hops: HopResult[];
  unexpected: WalkResult['unexpected'];
  /** Sightings that do not count, each with the reason in a sentence. */
  aside: string[];
}

/** Compares what was seen with what a walk lists: in this order, once, and nowhere else. */
export function judge(
  walk: { request: Hop[]; reply?: Hop[]; end?: Hop[] },
  sightings: Sighting[],
  surroundings: Wiring & { macOf: MacLookup },
  passed: Passed[] = [],
): Judgement {
  const { counted: unordered, aside } = countable(sightings.filter(amongTheFirst()), surroundings);
  const counted = inOrder(unordered, surroundings);
  const followed = parts.flatMap((part) => {
    const hops = walk[part];
    if (!hops) return [];
    const through = followHooks(
      hops,
      passed.filter((each) => each.part === part),
    );
    const along = follow(
      hops.filter(({ went }) => went === undefined),
      counted.filter((each) => partOf(each) === part),
      surroundings,
    );
    const next = { hook: 0, point: 0 };
    const inTurn = hops.map(({ went }) =>
      went === undefined ? along.hops[next.point++]! : through.hops[next.hook++]!,
    );
    return [{ part, hops: inTurn, left: along.left, elsewhere: through.left }];
  });
  const hops = followed.flatMap(({ part, hops }) => hops.map((hop) => ({ ...hop, ...marked(part) })));
  const lost = hops.find(({ verdict }) => verdict !== 'passed');
  const unexpected = followed.flatMap(({ part, left, elsewhere }) => [
    ...left.map(({ at, headers }) => ({ at, seen: describe(headers, []), ...marked(part) })),
    ...elsewhere.map(({ place, hook, went }) => ({ at: `${place} ${hook}`, seen: [went], ...marked(part) })),
  ]);
  return {
    verdict: lost || unexpected.length ? 'failed' : 'passed',
    lostAt: lost ? pointOf(lost) : null,
    hops,
    unexpected,
    aside,
  };
}

/** More than a TTL allows; in a broadcast storm the first sightings at a point tell as much as all of them. */
const MOST = 256;

const amongTheFirst = () => {
  const counts = new Map<string, number>();
  return (each: Sighting) => {
    const key = `${each.at} ${each.direction} ${partOf(each)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts.get(key)! <= MOST;
  };
};

/**
 * What counts as being at a point. Not so: a frame for another MAC, which its receiver drops unread (unless a bridge takes
 * it), the copy of it that a bridge flooded towards that receiver, and the way out of a loopback, which is its way in.
 */
export function countable(sightings: Sighting[], wiring: Wiring): { counted: Sighting[]; aside: string[] } {
  const reach = peers(wiring);
  const overheard = sightings.filter(({ direction, port }) => direction === 'overheard' && !port);
  const flooded = (copy: Sighting) => {
    const beyond = sightings.filter(
      (each) => arrives(each) && macTo(each) === macTo(copy) && reach(copy.at).includes(each.at),
    );
    return copy.port && !arrives(copy) && beyond.length > 0 && beyond.every((each) => overheard.includes(each));
  };
  return {
    counted: sightings.filter(
      (each) => !overheard.includes(each) && !flooded(each) && !(each.direction === 'out' && each.at.endsWith(':lo')),
    ),
    aside: overheard.map((each) => {
      const to = macTo(each);
      return `${each.at} saw it pass, addressed to another MAC${to ? ` (${to})` : ''}, and dropped it unread`;
    }),
  };
}

const arrives = ({ direction }: Sighting) => direction !== 'out';

const macTo = ({ headers }: Sighting) => headers.find(({ protocol }) => protocol === 'ether')?.fields.dst;

/** The sightings in the order in which the packet made them, from each place's own order and the cables alone. */
export function inOrder(sightings: Sighting[], wiring: Wiring): Sighting[] {
  const reach = peers(wiring);
  const waiting = [...sightings].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.order - b.order));
  const list: Sighting[] = [];
  const free = (one: Sighting) =>
    !waiting.some((other) => other.place === one.place && other.order < one.order) &&
    !(arrives(one) && leftLater(one, list, waiting, reach));
  while (waiting.length) {
    const next = Math.max(0, waiting.findIndex(free));
    list.push(...waiting.splice(next, 1));
  }
  return list;
}

/** What left towards an arrival only after it, if all that left before had arrived there already. */
function leftLater(arrival: Sighting, before: Sighting[], after: Sighting[], reach: (point: string) => string[]) {
  const leaves = (each: Sighting) => !arrives(each) && reach(arrival.at).includes(each.at);
  const arrived = before.filter((each) => arrives(each) && each.at === arrival.at);
  return before.filter(leaves).length > arrived.length ? undefined : after.find(leaves);
}

function follow(hops: Hop[], sightings: Sighting[], { macOf, ...wiring }: Wiring & { macOf: MacLookup }) {
  const reach = peers(wiring);
  const left = [...sightings];
  const before = new Map<string, { at: string; order: number }>();
  const take = (wanted: (sighting: Sighting) => boolean) => {
    const found = left.findIndex(wanted);
    return found < 0 ? undefined : left.splice(found, 1)[0];
  };
  const taken = hops.map(
    (hop) =>
      take(({ at, headers }) => at === hop.at && matches(hop.headers, headers, macOf)) ??
      take(({ at }) => at === hop.at),
  );
  const path = (from: number, to?: number) => taken.slice(from, to).flatMap((each) => each ?? []);
  const judged = hops.map((hop, i): HopResult => {
    const base = { at: hop.at, because: hop.because, expected: describe(hop.headers) };
    const seen = taken[i];
    if (!seen) return { ...base, verdict: 'failed', seen: [] };
    const earlier = before.get(seen.place);
    if (!earlier || earlier.order < seen.order) before.set(seen.place, seen);
    const different = differences(hop.headers, seen.headers, macOf).map(sentence);
    if (earlier && earlier.order > seen.order) different.push(`it was here before it was at ${earlier.at}`);
    const source = arrives(seen) && leftLater(seen, path(0, i), path(i + 1), reach);
    if (source) different.push(`it came here from ${source.at}, which is listed only after it`);
    return {
      ...base,
      verdict: different.length ? 'failed' : 'passed',
      seen: describe(seen.headers, hop.headers),
      ...(different.length && { difference: different.join('; ') }),
    };
  });
  return { hops: judged, left };
}

function sentence({ protocol, field, expected, resolved, seen, expectedAt }: Difference): string {
  if (!field) return expectedAt === undefined ? `${protocol} was not expected` : `${protocol} is missing`;
  const stated = typeof expected === 'object' ? `the MAC of ${expected.macOf} (${resolved ?? 'unknown'})` : expected;
  return `${protocol} ${field} is ${seen ?? 'absent'}, not ${stated}`;
}
