import type { Observation } from '../../../src/judge/observation.ts';
import type { PlannedHop } from '../../../src/plan/hops.ts';
import type { Journey, JourneyPart } from '../journeys.ts';
import { earlier } from './order.ts';
import type { Event } from './simulate.ts';
import type { Tape } from './tape.ts';

/** A listing that is changed in one way. */
export interface ChangedListing {
  what: string;
  part: JourneyPart;
  /** The hops of that part. */
  hops: PlannedHop[];
}

/** Observations that are changed in one way; the listing with them is no longer true. */
export interface ChangedObservations {
  what: string;
  hops: PlannedHop[];
  observations: Observation[];
  verdict: 'not passed' | 'unknown';
}

const exchanged = <T>(list: readonly T[], i: number): T[] => {
  const [one, other] = list.slice(i, i + 2) as [T, T];
  return [...list.slice(0, i), other, one, ...list.slice(i + 2)];
};
const without = <T>(list: readonly T[], i: number): T[] => [...list.slice(0, i), ...list.slice(i + 1)];

/** Of a longer listing, about so many pairs of neighbours are swapped. */
const MANY = 8;

/** Swaps of neighbours, and each other kind of change once, at random hops. */
export function changedListings(decide: Tape, part: JourneyPart): ChangedListing[] {
  const { hops, listed } = part;
  const at = () => decide.below(hops.length);
  const indices = hops.map((_, i) => i);
  const swapped = indices.slice(1).filter(() => hops.length < MANY || decide.below(hops.length) < MANY);
  const hooks = indices.filter((i) => hops[i]?.kind === 'hook');
  const moved = (from: number, to: number) => without(hops, from).toSpliced(to, 0, ...hops.slice(from, from + 1));
  const replaced = (i: number, change: (hop: PlannedHop, event: Event) => PlannedHop) =>
    hops.map((hop, index) => (index === i ? change(hop, listed[i] as Event) : hop));
  const doubled = at();
  const again = hops.slice(doubled, doubled + 1);
  const changes: [string, PlannedHop[]][] = [
    ...swapped.map((i): [string, PlannedHop[]] => [`hop ${i} before hop ${i - 1}`, exchanged(hops, i - 1)]),
    ['left out', without(hops, at())],
    ['doubled', hops.toSpliced(doubled, 0, ...again)],
    ['doubled elsewhere', hops.toSpliced(at(), 0, ...again)],
    ['moved', moved(at(), at())],
    ['turned round', replaced(at(), turnedRound)],
    ['a field changed', replaced(at(), (hop) => altered(decide, hop))],
    ...(hooks.length ? [['a hook moved', moved(decide.pick(hooks), at())] as [string, PlannedHop[]]] : []),
  ];
  return changes.filter(([, list]) => list.length).map(([what, list]) => ({ what, part, hops: list }));
}

const turnedRound = (hop: PlannedHop, { seen }: Event): PlannedHop =>
  hop.kind === 'point' && seen.kind === 'sighting'
    ? { ...hop, direction: seen.direction === 'in' ? 'out' : 'in' }
    : hop;

function altered(decide: Tape, hop: PlannedHop): PlannedHop {
  if (hop.kind === 'hook') return { ...hop, way: { ...hop.way, chains: [...hop.way.chains, 'KUBE-OTHER'] } };
  const i = decide.below(hop.headers.length);
  const field = decide.pick(['ttl', 'src', 'dst', 'type']);
  return {
    ...hop,
    headers: hop.headers.map((header, index) =>
      index === i ? { ...header, fields: { ...header.fields, [field]: field === 'ttl' ? 7 : 'other' } } : header,
    ),
  };
}

/** What is seen is more, or less, than what is listed. */
export function changedObservations(decide: Tape, { hops, observations, parts }: Journey): ChangedObservations[] {
  const part = decide.pick(parts);
  const lost = decide.pick(part.listed);
  const model = decide.pick(part.listed).seen;
  const more: Observation =
    model.kind === 'passage'
      ? { ...model, order: 1e6, chains: ['KUBE-STRAY'] }
      : { ...model, order: 1e6, otherHost: false };
  const stray: Observation =
    more.kind === 'sighting' ? { ...more, device: 'stray0', at: `${more.place}:stray0` } : more;
  const again: Observation = more.kind === 'sighting' ? { ...more, direction: 'in' } : more;
  const truth = earlier(part.events, false);
  const after = new Set(
    part.events.filter((event) => event === lost || truth.get(event)?.has(lost)).map(({ seen }) => seen),
  );
  const remaining = (gone: Set<Observation>) => observations.filter((seen) => !gone.has(seen));
  const wrong = (what: string, list: Observation[]): ChangedObservations => ({
    what,
    hops,
    observations: list,
    verdict: 'not passed',
  });
  return [
    wrong('a stray', [...observations, stray]),
    wrong('an arrival again', [...observations, again]),
    wrong('one not seen', remaining(new Set([lost.seen]))),
    wrong('lost from here on', remaining(after)),
    ...gap(decide, part, hops, observations),
  ];
}

/** A departure that was neither seen nor listed: nothing leads to its arrival, the first at its place. */
function gap(decide: Tape, part: JourneyPart, hops: PlannedHop[], observations: Observation[]): ChangedObservations[] {
  const gaps = part.listed.flatMap((event) => {
    const { seen } = event;
    const [departure, ...more] = event.told.filter((each, i, all) => all.indexOf(each) === i);
    if (!departure || more.length || seen.kind !== 'sighting' || departure.seen.place === seen.place) return [];
    const isListed = part.listed.indexOf(departure) > 0;
    return isListed ? [{ event, departure }] : [];
  });
  if (!gaps.length) return [];
  const { departure } = decide.pick(gaps);
  const hop = part.hops[part.listed.indexOf(departure)];
  return [
    {
      what: 'a departure neither seen nor listed',
      hops: hops.filter((each) => each !== hop),
      observations: observations.filter((seen) => seen !== departure.seen),
      verdict: 'unknown',
    },
  ];
}
