import { countable } from '../../src/judge/countable.ts';
import { whole } from '../../src/judge/fragments.ts';
import type { Observation } from '../../src/judge/observation.ts';
import { partialOrder } from '../../src/judge/order.ts';
import { judge, type Surroundings } from '../../src/judge/walk.ts';
import { type Direction, parts } from '../../src/lab/part.ts';
import { type PlannedHop, whereText } from '../../src/plan/hops.ts';
import { isPossible } from './journeys/order.ts';

/** A listing changed in one place. */
export interface Mutant {
  what: string;
  hops: PlannedHop[];
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
      ...(isNext ? [{ what: `${name} after the next`, hops: moved(hops, i, i + 1) }] : []),
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
 * Judges each mutant of a walk that passed by what was seen of it. A mutant that the partial order of what was seen allows, too, is
 * none: neighbours that are not ordered or read alike, a hook that need not be listed.
 */
export function score(
  hops: PlannedHop[],
  observations: readonly Observation[],
  surroundings: Surroundings,
  seenDirections: readonly (Direction | null)[],
): Score {
  const { wires, macOf } = surroundings;
  const all = whole(hops, observations);
  const { counts } = countable(all, wires);
  const orders = parts.map((part) => {
    const order = partialOrder(
      all.filter((each) => each.part === part),
      wires,
      counts,
    );
    return { part, own: order.sequence, order };
  });
  const isAllowed = (changed: PlannedHop[]) =>
    orders.every(({ part, own, order }) => {
      const listed = changed.filter((hop) => hop.part === part);
      return !listed.length || isPossible(listed, own, order.before, macOf);
    });
  const result: Score = { killed: 0, survived: [], equivalent: 0 };
  for (const { what, hops: changed } of mutants(hops, seenDirections)) {
    if (judge(changed, observations, surroundings).verdict !== 'passed') result.killed++;
    else if (isAllowed(changed)) result.equivalent++;
    else result.survived.push(what);
  }
  return result;
}
