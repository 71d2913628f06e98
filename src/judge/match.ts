import { type MacLookup, matches } from '../packet/index.ts';
import type { PlannedHop } from '../plan/hops.ts';
import { grouped } from './grouped.ts';
import type { Observation } from './observation.ts';
import { wayDiffers } from './way.ts';

/** How well an observation answers to a hop: not at all, being there, or being there as listed. */
const [ELSEWHERE, THERE, AS_LISTED] = [0, 1, 4];

function likeness(hop: PlannedHop, seen: Observation, macOf: MacLookup): number {
  if (hop.kind === 'point') {
    if (seen.kind !== 'sighting' || (hop.direction && hop.direction !== seen.direction)) return ELSEWHERE;
    return !seen.incomplete && matches(hop.headers, seen.headers, macOf) ? AS_LISTED : THERE;
  }
  if (seen.kind !== 'passage' || (hop.family && hop.family !== seen.family)) return ELSEWHERE;
  return wayDiffers(hop.way, seen) ? THERE : AS_LISTED;
}

const spot = (at: PlannedHop | Observation) =>
  'device' in at ? `${at.place}:${at.device}` : `${at.place} ${at.table} ${at.chain}`;

/**
 * Gives each hop the observation at its place that answers to it, in the order in which they are listed and were made there, so
 * that as much as possible is as listed; then what is left, where it is as listed but for its order.
 */
export function assigned(
  hops: readonly PlannedHop[],
  sequence: readonly Observation[],
  macOf: MacLookup,
): (Observation | undefined)[] {
  const found = new Map<PlannedHop, Observation>();
  const spots = grouped(hops, spot);
  const there = grouped(sequence, spot);
  for (const [where, own] of spots) {
    const seen = there.get(where) ?? [];
    const inOrder = aligned(own, seen, macOf);
    const paired = new Set<PlannedHop | Observation>(inOrder.flat());
    const isLeft = (each: PlannedHop | Observation) => !paired.has(each);
    for (const [hop, each] of [...inOrder, ...outOfOrder(own.filter(isLeft), seen.filter(isLeft), macOf)])
      found.set(hop, each);
  }
  return hops.map((hop) => found.get(hop));
}

/** Hops and observations at one spot that answer to each other, in whatever order. */
function outOfOrder(hops: PlannedHop[], seen: Observation[], macOf: MacLookup): [PlannedHop, Observation][] {
  const free = new Set(seen);
  return hops.flatMap((hop): [PlannedHop, Observation][] => {
    const own = [...free].find((each) => likeness(hop, each, macOf) === AS_LISTED);
    if (!own) return [];
    free.delete(own);
    return [[hop, own]];
  });
}

/** The longest common sequence of hops and observations at one spot, by likeness (Needleman and Wunsch, 1970). */
function aligned(hops: PlannedHop[], seen: Observation[], macOf: MacLookup): [PlannedHop, Observation][] {
  const width = seen.length + 1;
  const best = new Uint32Array((hops.length + 1) * width);
  const like = hops.map((hop) => seen.map((each) => likeness(hop, each, macOf)));
  for (let h = hops.length - 1; h >= 0; h--)
    for (let s = seen.length - 1; s >= 0; s--) {
      const pair = like[h]![s]!;
      best[h * width + s] = Math.max(
        pair ? pair + best[(h + 1) * width + s + 1]! : 0,
        best[(h + 1) * width + s]!,
        best[h * width + s + 1]!,
      );
    }
  const pairs: [PlannedHop, Observation][] = [];
  for (let h = 0, s = 0; h < hops.length && s < seen.length; ) {
    const pair = like[h]![s]!;
    const here = best[h * width + s]!;
    if (pair && here === pair + best[(h + 1) * width + s + 1]!) pairs.push([hops[h++]!, seen[s++]!]);
    else if (here === best[h * width + s + 1]!) s++;
    else h++;
  }
  return pairs;
}
