import { type MacLookup, matches } from '../packet/index.ts';
import type { PlannedHop } from '../plan/hops.ts';
import { grouped } from './grouped.ts';
import type { Observation } from './observation.ts';
import type { PartialOrder } from './order.ts';
import { isSilent, wayDiffers } from './way.ts';

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
  order: PartialOrder,
  macOf: MacLookup,
): (Observation | undefined)[] {
  const there = grouped(order.sequence, spot);
  const fitting = inListedOrder(hops, there, order, macOf);
  if (fitting) return fitting;
  const found = new Map<number, Observation>();
  const spots = grouped([...hops.keys()], (i) => spot(hops[i]!));
  for (const [where, own] of spots) {
    const listed = own.map((i) => hops[i]!);
    for (const [at, seen] of paired(listed, there.get(where) ?? [], macOf)) found.set(own[at]!, seen);
  }
  return hops.map((_, i) => found.get(i));
}

/** Hops, by index, and observations at one spot: as many as possible in order, then those that answer to each other all the same. */
function paired(hops: PlannedHop[], seen: Observation[], macOf: MacLookup): [number, Observation][] {
  const inOrder = aligned(hops, seen, macOf);
  const met = new Set(inOrder.map(([at]) => at));
  const free = new Set(seen.filter((each) => !inOrder.some(([, other]) => other === each)));
  const outOfOrder = hops.flatMap((hop, at): [number, Observation][] => {
    const own = met.has(at) ? undefined : [...free].find((each) => likeness(hop, each, macOf) === AS_LISTED);
    if (own) free.delete(own);
    return own ? [[at, own]] : [];
  });
  return [...inOrder, ...outOfOrder];
}

/** More choices than any true listing needs: hooks where no rule had a say, alike, are the only ones to choose from. */
const MOST_TRIED = 10_000;

/** For each hop an observation that is as listed, in an order that is possible; undefined where there is no such choice. */
function inListedOrder(
  hops: readonly PlannedHop[],
  there: Map<string, Observation[]>,
  { before }: PartialOrder,
  macOf: MacLookup,
): Observation[] | undefined {
  const taken: Observation[] = [];
  let tried = 0;
  const follow = (): boolean => {
    const hop = hops[taken.length];
    if (!hop) return true;
    const free = (there.get(spot(hop)) ?? []).filter((each) => !taken.includes(each));
    const must = free.findIndex((each) => each.kind === 'sighting' || !isSilent(each));
    for (const seen of must < 0 ? free : free.slice(0, must + 1)) {
      if (++tried > MOST_TRIED) return false;
      if (likeness(hop, seen, macOf) !== AS_LISTED || taken.some((earlier) => before(seen, earlier))) continue;
      taken.push(seen);
      if (follow()) return true;
      taken.pop();
    }
    return false;
  };
  return follow() ? taken : undefined;
}

/** The longest common sequence of hops, by index, and observations at one spot, by likeness (Needleman and Wunsch, 1970). */
function aligned(hops: PlannedHop[], seen: Observation[], macOf: MacLookup): [number, Observation][] {
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
  const pairs: [number, Observation][] = [];
  for (let h = 0, s = 0; h < hops.length && s < seen.length; ) {
    const pair = like[h]![s]!;
    const here = best[h * width + s]!;
    if (pair && here === pair + best[(h + 1) * width + s + 1]!) pairs.push([h++, seen[s++]!]);
    else if (here === best[h * width + s + 1]!) s++;
    else h++;
  }
  return pairs;
}
