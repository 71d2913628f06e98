import { type Header, isIp, ttlOf } from '../packet/index.ts';
import { grouped } from './grouped.ts';
import type { Observation, Passage, Sighting, Wires } from './observation.ts';
import { type Crossing, inOneLine, unmatched, wireCrossings } from './wire-crossings.ts';

/** What of a packet's observations came before what, as its causes tell; no clock is asked. */
export interface PartialOrder {
  /** All that counts, in one order that this allows. */
  sequence: Observation[];
  /** Whether one came before another, for certain. */
  before(a: Observation, b: Observation): boolean;
  /** Those of it that nothing leads to. */
  roots: Observation[];
  /** Arrivals of which it cannot be told from where they came, each with the reason in a sentence. */
  unexplained: Map<Observation, string>;
  /** Whether the causes form a circle, so that something of it was seen wrongly. */
  contradictory: boolean;
}

/**
 * The partial order of what was seen of one packet: each place's own sequence of frames, and of hooks; a departure before the
 * arrival of the same bytes at the other end of its wire, the k-th before the k-th; a hook between the frames that its devices,
 * and the packet's own header there, name. What does not count, such as a frame that was dropped unread, was there nonetheless:
 * it orders what came before and after it.
 */
export function partialOrder(
  observations: readonly Observation[],
  wires: Wires,
  counts: (each: Observation) => boolean = () => true,
): PartialOrder {
  const all = [...observations];
  const index = new Map(all.map((each, i) => [each, i]));
  const causes: Set<number>[] = all.map(() => new Set());
  const lead = (from: Observation | undefined, to: Observation | undefined) => {
    if (from && to && from !== to) causes[index.get(to)!]!.add(index.get(from)!);
  };
  const sightings = all.flatMap((each) => (each.kind === 'sighting' ? [each] : []));
  const passages = all.flatMap((each) => (each.kind === 'passage' ? [each] : []));
  const framesAt = byPlace(sightings);
  for (const own of [...framesAt.values(), ...byPlace(passages).values()])
    for (const [i, each] of own.entries()) lead(own[i - 1], each);
  for (const [passage, { after, until }] of hookBounds(passages, byPlace(sightings.filter(counts)), wires)) {
    lead(after, passage);
    lead(passage, until);
  }

  const crossings = wireCrossings(sightings, wires);
  const several: Crossing[] = [];
  for (const crossing of crossings)
    if (crossing.sources.length > 1) several.push(crossing);
    else for (const [k, arrival] of crossing.arrivals.entries()) lead(crossing.sources[0]?.[k], arrival);

  const unexplained = unmatched(
    crossings.filter(({ arrivals }) => counts(arrivals[0]!)),
    sightings,
  );
  let closed = closure(causes);
  for (const { sources, arrivals } of several) {
    const departures = inOneLine(sources, (a, b) => closed.before(index.get(a)!, index.get(b)!));
    for (const [k, arrival] of arrivals.entries())
      if (departures) lead(departures[k], arrival);
      else if (counts(arrival))
        unexplained.set(
          arrival,
          `the same bytes left for ${arrival.at} from ${sources.map(([one]) => one!.at).join(' and ')}`,
        );
    closed = closure(causes);
  }
  return {
    sequence: sequence(all, causes).flatMap((i) => (counts(all[i]!) ? [all[i]!] : [])),
    before: (a, b) => closed.before(index.get(a)!, index.get(b)!),
    roots: all.filter((each, i) => counts(each) && !all.some((other, k) => counts(other) && closed.before(k, i))),
    unexplained,
    contradictory: closed.circular,
  };
}

function byPlace<T extends Observation>(list: T[]): Map<string, T[]> {
  const places = grouped(list, ({ place }) => place);
  for (const own of places.values()) own.sort((a, b) => a.order - b.order);
  return places;
}

interface Bounds {
  after?: Sighting | undefined;
  until?: Sighting | undefined;
}

const ipOf = ({ headers }: Sighting): Header['fields'] | undefined => headers.find(isIp)?.fields;

const depth = ({ headers }: Sighting) => headers.filter(isIp).length;

/** IPv6 has an identification in fragments alone, which hooks see put together. */
const idOf = (fields: Header['fields']) => ('hopLimit' in fields ? 0 : fields.id);

/** Whether a frame bears the header that a hook saw; a router spends one TTL between PREROUTING and FORWARD. */
function bears(frame: Sighting, passage: Passage): boolean {
  const fields = ipOf(frame);
  if (!fields || idOf(fields) !== passage.ip.id || fields.protocol !== passage.ip.protocol) return false;
  const isUnspent = frame.direction === 'in' && beforeRouting.has(passage.hook ?? '');
  return (isUnspent ? [0] : [0, 1]).includes(spent(frame, passage));
}

/** How much of the TTL was spent between a frame and a hook. */
function spent(frame: Sighting, { ip }: Passage): number {
  const ttl = ttlOf(ipOf(frame));
  return frame.direction === 'in' ? ttl - ip.ttl : ip.ttl - ttl;
}

const bridging = new Set(['bridge', 'netdev']);
const beforeRouting = new Set(['prerouting', 'input']);

/** Those of some frames between which and a hook as much of the TTL was spent as its place in a router tells; or else all. */
function likely(frames: Sighting[], passage: Passage): Sighting[] {
  const { family, hook } = passage;
  if (!hook) return frames;
  const isApart = (frame: Sighting) => (frame.direction === 'in') !== beforeRouting.has(hook);
  const exact = frames.filter((frame) => spent(frame, passage) === (!bridging.has(family) && isApart(frame) ? 1 : 0));
  return exact.length ? exact : frames;
}

/** Between which frames of its place a hook was passed. */
function hookBounds(passages: Passage[], framesAt: Map<string, Sighting[]>, wires: Wires): Map<Passage, Bounds> {
  const met = new Map<string, number>();
  return new Map(
    passages.map((passage) => {
      const { place, family, table, chain, hook, enters, leaves, ip } = passage;
      const key = [place, family, table, chain, enters, leaves, ip.id, ip.ttl].join(' ');
      const nth = met.get(key) ?? 0;
      met.set(key, nth + 1);
      const frames = framesAt.get(place) ?? [];
      const own = frames.filter((frame) => bears(frame, passage));
      const crossing = (device: string | undefined, direction: Sighting['direction']) => {
        const there = own.filter((frame) => frame.direction === direction);
        // By no device: what a router sends on, never the copy that a bridge makes before the hook.
        if (!device) return hook === 'input' ? [] : there.filter((frame) => spent(frame, passage) === 1);
        const devices = [device, ...wires.ports(place, device)];
        const exact = there.filter((frame) => devices.includes(frame.device));
        return likely(exact.length ? exact : there, passage);
      };
      const arrivals = enters ? pastBridge(crossing(enters, 'in'), passage) : [];
      const after = arrivals[Math.min(nth, arrivals.length - 1)];
      const leaving = passage.hook === 'input' ? [] : crossing(leaves, 'out');
      const departures = leaving.filter((frame) => !after || frame.order > after.order);
      const until = departures[after ? 0 : Math.min(nth, departures.length - 1)];
      return [
        passage,
        { after: after ?? wrappedBefore(frames, until), until: until ?? unwrappedAfter(frames, after) },
      ] as const;
    }),
  );
}

/** Of a hook's arrivals the bridge's own, which follow those at its ports, where the packet was routed or delivered from there. */
function pastBridge(arrivals: Sighting[], passage: Passage): Sighting[] {
  const { family, hook, enters } = passage;
  const isPast = (frame: Sighting) => frame.device === enters && (hook === 'input' || spent(frame, passage) === 1);
  const own = bridging.has(family) ? [] : arrivals.filter(isPast);
  return own.length ? own : arrivals;
}

/** Whether a frame is what another one carries: the same headers, without those around them. */
const isInside = ({ headers }: Sighting, outer: Sighting): boolean =>
  JSON.stringify(headers) === JSON.stringify(outer.headers.slice(-headers.length));

/** Those of some frames that no other frame of their place carries. */
const carriedByNone = (less: Sighting[], frames: Sighting[]): Sighting[] =>
  less.filter((inner) => !frames.some((outer) => depth(outer) > depth(inner) && isInside(inner, outer)));

/** The last frame before one that had yet to be wrapped as that one is: a tunnel's outer packet begins after it. */
const wrappedBefore = (frames: Sighting[], until: Sighting | undefined) => {
  const less = until ? frames.filter((frame) => frame.order < until.order && depth(frame) < depth(until)) : [];
  return less.findLast((frame) => until && isInside(frame, until)) ?? carriedByNone(less, frames).at(-1);
};

/** The first frame after one that is wrapped less: a tunnel's outer packet ends before it. */
const unwrappedAfter = (frames: Sighting[], after: Sighting | undefined) => {
  const less = after ? frames.filter((frame) => frame.order > after.order && depth(frame) < depth(after)) : [];
  return less.find((frame) => after && isInside(frame, after)) ?? carriedByNone(less, frames)[0];
};

/** What comes before what by any number of steps, as bits of a number each. */
function closure(causes: Set<number>[]): { before(a: number, b: number): boolean; circular: boolean } {
  const ancestors = causes.map(() => 0n);
  const order = topological(causes);
  for (const i of order) for (const cause of causes[i]!) ancestors[i]! |= ancestors[cause]! | (1n << BigInt(cause));
  return {
    before: (a, b) => ((ancestors[b]! >> BigInt(a)) & 1n) === 1n,
    circular: order.length < causes.length,
  };
}

function topological(causes: Set<number>[], rank: (i: number) => bigint = BigInt): number[] {
  const open = causes.map(({ size }) => size);
  const effects: number[][] = causes.map(() => []);
  for (const [i, own] of causes.entries()) for (const cause of own) effects[cause]!.push(i);
  const ready = open.flatMap((size, i) => (size ? [] : [i]));
  const order: number[] = [];
  while (ready.length) {
    let next = 0;
    for (let i = 1; i < ready.length; i++) if (rank(ready[i]!) < rank(ready[next]!)) next = i;
    const [i] = ready.splice(next, 1) as [number];
    order.push(i);
    for (const effect of effects[i]!) if (--open[effect]! === 0) ready.push(effect);
  }
  return order;
}

/** One order that the causes allow; of those that are free, what was captured first is told first. */
function sequence(all: Observation[], causes: Set<number>[]): number[] {
  const times = all.map((each) => (each.kind === 'sighting' ? each.time : 0n));
  const order = topological(causes, (i) => times[i]!);
  return [...order, ...causes.flatMap((_, i) => (order.includes(i) ? [] : [i]))];
}
