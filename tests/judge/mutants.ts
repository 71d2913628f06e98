import type { Observation, Sighting } from '../../src/judge/observation.ts';
import { partialOrder } from '../../src/judge/order.ts';
import { judge, type Surroundings } from '../../src/judge/walk.ts';
import { isSilent } from '../../src/judge/way.ts';
import type { Direction } from '../../src/lab/part.ts';
import { type PlannedHop, whereText } from '../../src/plan/hops.ts';

/** A listing changed in one place. `pair`: the two neighbours that were exchanged, by their index in the true listing. */
export interface Mutant {
  what: string;
  hops: PlannedHop[];
  pair?: [number, number];
}

/** What became of a walk's mutants: those that did not pass, those that did, and how many of these are true listings, too. */
export interface Score {
  killed: number;
  survived: string[];
  equivalent: number;
}

const nameOf = (hop: PlannedHop) => `${hop.part} ${whereText(hop)}`;

const moved = (hops: PlannedHop[], from: number, to: number): PlannedHop[] =>
  hops.toSpliced(from, 1).toSpliced(to, 0, ...hops.slice(from, from + 1));

/**
 * A true listing's mutants: neighbours of one part exchanged, a hop left out, doubled, moved within its part (by two, to both
 * ends, a hook across the nearest points), turned round. `seenDirections` are the hops' own, as they were seen; null at a hook.
 */
export function mutants(hops: PlannedHop[], seenDirections: readonly (Direction | null)[]): Mutant[] {
  return hops.flatMap((hop, i): Mutant[] => {
    const name = `${i} (${nameOf(hop)})`;
    const own = hops.flatMap(({ part }, index) => (part === hop.part ? [index] : []));
    const [first = 0, last = 0] = [own[0], own.at(-1)];
    const isNext = hops[i + 1]?.part === hop.part;
    const opposite = seenDirections[i] === 'in' ? 'out' : 'in';
    return [
      ...(isNext
        ? [{ what: `${name} after the next`, hops: moved(hops, i, i + 1), pair: [i, i + 1] as [number, number] }]
        : []),
      ...(own.length > 1 ? [{ what: `${name} left out`, hops: hops.toSpliced(i, 1) }] : []),
      { what: `${name} doubled`, hops: hops.toSpliced(i, 0, { ...hop }) },
      ...targets(hops, i, first, last).map((to) => ({ what: `${name} moved to ${to}`, hops: moved(hops, i, to) })),
      ...(hop.kind === 'point' && seenDirections[i]
        ? [{ what: `${name} turned round`, hops: hops.with(i, { ...hop, direction: opposite }) }]
        : []),
    ];
  });
}

/** Where else a hop of a part could stand: its ends, two further on and back, and, of a hook, beyond the nearest points. */
function targets(hops: PlannedHop[], i: number, first: number, last: number): number[] {
  const isPoint = (index: number) => index >= first && index <= last && hops[index]?.kind === 'point';
  const indices = hops.map((_, index) => index);
  const across =
    hops[i]?.kind === 'hook'
      ? [indices.findLast((index) => index < i && isPoint(index)), indices.find((index) => index > i && isPoint(index))]
      : [];
  const all = [first, i - 2, i + 2, last, ...across.flatMap((index) => index ?? [])];
  return [...new Set(all)].filter((to) => to >= first && to <= last && Math.abs(to - i) > 1);
}

/**
 * Judges each mutant of a walk that passed by what was seen of it. A mutant that is a true listing as well is none: neighbours
 * that are not ordered or read alike, a hook that need not be listed, a move across nothing that is ordered with it.
 */
export function score(
  hops: PlannedHop[],
  observations: readonly Observation[],
  surroundings: Surroundings,
  seenDirections: readonly (Direction | null)[],
): Score {
  const seen = observationsOf(hops, observations, surroundings, seenDirections);
  const order = partialOrder([...observations], surroundings.wires);
  const isOrdered = (a: number, b: number) => {
    const [one, other] = [seen[a], seen[b]];
    return !one || !other || order.before(one, other) || order.before(other, one);
  };
  const isTrue = ({ what, hops: changed, pair }: Mutant): boolean => {
    const alike = changed.length === hops.length && changed.every((hop, i) => sameText(hop, hops[i]));
    if (alike) return true;
    if (pair) return !isOrdered(...pair);
    if (/left out$/.test(what)) return mayBeLeftOut(hops, Number.parseInt(what, 10), seen);
    const [from, to] = [Number.parseInt(what, 10), Number(/moved to (\d+)$/.exec(what)?.[1] ?? Number.NaN)];
    return !Number.isNaN(to) && between(from, to).every((index) => !isOrdered(from, index));
  };
  const result: Score = { killed: 0, survived: [], equivalent: 0 };
  for (const mutant of mutants(hops, seenDirections)) {
    if (judge(mutant.hops, observations, surroundings).verdict !== 'passed') result.killed++;
    else if (isTrue(mutant)) result.equivalent++;
    else result.survived.push(mutant.what);
  }
  return result;
}

const sameText = (a: PlannedHop, b: PlannedHop | undefined) => a === b || JSON.stringify(a) === JSON.stringify(b);

const between = (from: number, to: number): number[] =>
  Array.from({ length: Math.abs(to - from) }, (_, i) => (to > from ? from + 1 + i : from - 1 - i));

/** A hook where no rule had a say, or the only one that is listed of its place: of such a place none needs to be. */
function mayBeLeftOut(hops: PlannedHop[], i: number, seen: (Observation | undefined)[]): boolean {
  const [hop, observation] = [hops[i], seen[i]];
  if (hop?.kind !== 'hook') return false;
  const own = hops.filter(({ kind, part, place }) => kind === 'hook' && part === hop.part && place === hop.place);
  return own.length === 1 || (observation?.kind === 'passage' && isSilent(observation));
}

/** Which observation each hop of a true listing is: the first at its place, not yet taken, that alone would pass for it. */
function observationsOf(
  hops: PlannedHop[],
  observations: readonly Observation[],
  { wires, macOf }: Surroundings,
  seenDirections: readonly (Direction | null)[],
): (Observation | undefined)[] {
  const rest = new Set([...observations].sort((a, b) => a.order - b.order));
  return hops.map((hop, i) => {
    const isIt = (each: Observation) =>
      each.part === hop.part &&
      each.place === hop.place &&
      (hop.kind === 'point'
        ? each.kind === 'sighting' &&
          each.device === hop.device &&
          counts(each, wires) &&
          each.direction === seenDirections[i]
        : each.kind === 'passage' && each.table === hop.table && each.chain === hop.chain && passes(hop, each, macOf));
    const found = [...rest].find(isIt);
    if (found) rest.delete(found);
    return found;
  });
}

const counts = (seen: Sighting, wires: Surroundings['wires']) =>
  !seen.otherHost ||
  wires.takes(seen.at, String(seen.headers.find(({ protocol }) => protocol === 'ether')?.fields.dst));

const nowhere: Surroundings['wires'] = { before: () => [], takes: () => true, ports: () => [], isPort: () => false };

const passes = (hop: PlannedHop, seen: Observation, macOf: Surroundings['macOf']) =>
  judge([hop], [seen], { wires: nowhere, macOf }).verdict === 'passed';
