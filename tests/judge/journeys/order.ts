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

/** Of the observations, those that a listing of one part must have, and those that it may have. */
export function countedFor(hops: readonly PlannedHop[], events: readonly Event[]) {
  const hooked = new Set(hops.flatMap((hop) => (hop.kind === 'hook' ? [hop.place] : [])));
  const counted = events.filter(
    ({ seen, ignored }) => !ignored && (seen.kind === 'sighting' || hooked.has(seen.place)),
  );
  return {
    required: counted.filter(({ seen }) => !isSilent(seen)),
    optional: counted.filter(({ seen }) => isSilent(seen)),
  };
}

/** Whether the hops of one part are one of the orders that are possible, each hop one observation and nothing left over. */
export function isPossible(
  hops: readonly PlannedHop[],
  events: readonly Event[],
  before: Map<Event, Set<Event>>,
  macOf: MacLookup,
): boolean {
  const { required, optional } = countedFor(hops, events);
  const all = [...required, ...optional];
  if (hops.length < required.length || hops.length > all.length) return false;
  const taken = new Set<Event>();
  const isNext = (event: Event) => {
    const past = before.get(event) ?? new Set();
    return (
      !required.some((each) => !taken.has(each) && past.has(each)) &&
      ![...taken].some((each) => before.get(each)?.has(event))
    );
  };
  const follow = (at: number): boolean => {
    const hop = hops[at];
    if (!hop) return required.every((each) => taken.has(each));
    return all.some((event) => {
      if (taken.has(event) || !describes(hop, event.seen, macOf) || !isNext(event)) return false;
      taken.add(event);
      const fits = follow(at + 1);
      taken.delete(event);
      return fits;
    });
  };
  return follow(0);
}
