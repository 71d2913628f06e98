import type { HopResult, Verdict, WalkResult } from './events.ts';
import type { Hop } from './lab.ts';
import { peers, type Wiring } from './links.ts';
import type { Passage } from './netfilter.ts';
import { type Difference, describe, differences, type Header, type MacLookup, matches } from './packet/index.ts';

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

/** A packet's passage through a hook, of which part of the walk it is, and what was translated there. */
export interface Passed extends Pick<Passage, 'place' | 'hook' | 'went'> {
  part: Part;
  /** The interfaces that the hook knows: by which it came, and by which it is to go. */
  enters?: string | undefined;
  leaves?: string | undefined;
  translation?: string | undefined;
}

export type Part = 'request' | 'reply' | 'end';

const parts: Part[] = ['request', 'reply', 'end'];

export const partOf = ({ reply, end }: { reply?: boolean; end?: true }): Part =>
  end ? 'end' : reply ? 'reply' : 'request';

const marked = (part: Part) => (part === 'request' ? {} : { [part]: true as const });

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

/** A hop's point as a lab names it in `lostAt`: `reply node1:cni0`. */
export const pointOf = ({ at, reply, end }: Pick<HopResult, 'at' | 'reply' | 'end'>): string =>
  end ? `end ${at}` : reply ? `reply ${at}` : at;

/** A hook where no rule had a say: it need not be listed. */
const silent = ({ hook, went }: Passed) => went === `${hook}: policy accept`;

/** Compares the hooks that were passed with those that are listed, place by place: these, in this order, and no other. */
function followHooks(hops: Hop[], passed: Passed[]): { hops: HopResult[]; left: Passed[] } {
  const listed = hops.filter(({ went }) => went !== undefined);
  const crossed = hops.flatMap(({ at, went }) => (went === undefined ? [at] : []));
  const left = new Set(passed.filter(({ place }) => listed.some(({ at }) => at.startsWith(`${place} `))));
  const before = new Map<string, Passed>();
  // A packet whose way ends at a hook never gets to the interface by which it was to go.
  const endsAt = (place: string) => listed.at(-1) === hops.at(-1) && listed.at(-1)?.at.startsWith(`${place} `);
  const judged = listed.map((hop): HopResult => {
    const base = { at: hop.at, because: hop.because, expected: [hop.went!] };
    const seen = [...left].find(({ place, hook }) => `${place} ${hook}` === hop.at);
    if (!seen) return { ...base, verdict: 'failed', seen: [] };
    left.delete(seen);
    const earlier = before.get(seen.place);
    before.set(seen.place, seen);
    const different = [
      ...(goes(seen.went, hop.went!) ? [] : ['it went another way']),
      ...(earlier && passed.indexOf(earlier) > passed.indexOf(seen) ? [`it was here before ${earlier.hook}`] : []),
      ...[seen.enters, endsAt(seen.place) ? undefined : seen.leaves]
        .filter((device) => device && !crossed.includes(`${seen.place}:${device}`))
        .map((device) => `the hook knows it at ${device}, which is not listed`),
    ];
    return {
      ...base,
      verdict: different.length ? 'failed' : 'passed',
      seen: [seen.went],
      ...(seen.translation && { translation: seen.translation }),
      ...(different.length && { difference: different.join('; ') }),
    };
  });
  return { hops: judged, left: [...left].filter((each) => !silent(each)) };
}

/** Whether a packet went the way that is listed: the same chains, and the policy, or a rule that ends as it is stated. */
function goes(seen: string, listed: string): boolean {
  const [chains, decides] = halves(seen);
  const [wanted, end] = halves(listed);
  const byPolicy = decides?.startsWith('policy ');
  return chains === wanted && (end === undefined || decides === end || (!byPolicy && !!decides?.endsWith(` ${end}`)));
}

const halves = (went: string): [string, string | undefined] => {
  const at = went.indexOf(': ');
  return at < 0 ? [went, undefined] : [went.slice(0, at), went.slice(at + 2)];
};

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
