import type { Observation } from '../../../src/judge/observation.ts';
import { type MacLookup, matches } from '../../../src/packet/index.ts';
import type { PlannedHop } from '../../../src/plan/hops.ts';
import type { Event } from './simulate.ts';

/** Everything that came before each event, through however many others. `told`: as far as the evidence says it. */
export function earlier(events: readonly Event[], told: boolean): Map<Event, Set<Event>> {
  const before = new Map<Event, Set<Event>>();
  for (const event of events) {
    const all = new Set<Event>();
    for (const cause of told ? event.told : event.causes) {
      all.add(cause);
      for (const each of before.get(cause) ?? []) all.add(each);
    }
    before.set(event, all);
  }
  return before;
}

/** A passage where no rule had a say. */
export const isSilent = (seen: Observation): boolean =>
  seen.kind === 'passage' && !seen.chains.length && seen.ending?.policy === true && seen.ending.verdict === 'accept';

/** Whether a hop says nothing that is not true of an observation. */
export function describes(hop: PlannedHop, seen: Observation, macOf: MacLookup): boolean {
  if (hop.place !== seen.place) return false;
  if (hop.kind === 'point')
    return (
      seen.kind === 'sighting' &&
      hop.device === seen.device &&
      (!hop.direction || hop.direction === seen.direction) &&
      matches(hop.headers, seen.headers, macOf)
    );
  const { ending } = hop.way;
  return (
    seen.kind === 'passage' &&
    hop.table === seen.table &&
    hop.chain === seen.chain &&
    (!hop.family || hop.family === seen.family) &&
    hop.way.chains.join() === seen.chains.join() &&
    (!ending ||
      (ending.verdict === seen.ending?.verdict &&
        ending.policy === seen.ending.policy &&
        (!ending.to || ending.to === seen.ending.to)))
  );
}

/** Whether one observation came before another, for certain. */
type Before = (one: Observation, other: Observation) => boolean;

/**
 * Whether the hops of one part are one of the orders that are possible, each hop one observation and nothing left over. Hooks of
 * a place of which none is listed do not count, and those where no rule had a say need not be listed.
 */
export function isPossible(
  hops: readonly PlannedHop[],
  counted: readonly Observation[],
  before: Before,
  macOf: MacLookup,
): boolean {
  const hooked = new Set(hops.flatMap((hop) => (hop.kind === 'hook' ? [hop.place] : [])));
  const all = counted.filter((seen) => seen.kind === 'sighting' || hooked.has(seen.place));
  const required = all.filter((seen) => !isSilent(seen));
  if (hops.length < required.length || hops.length > all.length) return false;
  const taken = new Set<Observation>();
  const isNext = (seen: Observation) =>
    !required.some((each) => !taken.has(each) && before(each, seen)) && ![...taken].some((each) => before(seen, each));
  const follow = (at: number): boolean => {
    const hop = hops[at];
    if (!hop) return required.every((each) => taken.has(each));
    return all.some((seen) => {
      if (taken.has(seen) || !describes(hop, seen, macOf) || !isNext(seen)) return false;
      taken.add(seen);
      const fits = follow(at + 1);
      taken.delete(seen);
      return fits;
    });
  };
  return follow(0);
}

/** Whether the hops of one part are possible by what is true of its events, or by what of that is told. */
export function isPossibleOf(
  hops: readonly PlannedHop[],
  events: readonly Event[],
  told: boolean,
  macOf: MacLookup,
): boolean {
  const past = new Map<Observation, Set<Observation>>();
  for (const [event, causes] of earlier(events, told))
    past.set(event.seen, new Set([...causes].map(({ seen }) => seen)));
  const counted = events.flatMap(({ seen, ignored }) => (ignored ? [] : [seen]));
  return isPossible(hops, counted, (one, other) => past.get(other)?.has(one) ?? false, macOf);
}
