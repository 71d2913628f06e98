import type { Part } from '../lab/part.ts';
import type { PlannedHop } from '../plan/hops.ts';
import { waysOf } from '../plan/ways.ts';
import type { Observation } from './observation.ts';
import { type Judgement, judge, type Surroundings } from './walk.ts';

/** How a walk was judged, and by which of the ways that it lists. */
export interface WaysJudgement extends Judgement {
  /** The names of the ways taken, one a choice. */
  names: string[];
  listed: PlannedHop[];
}

/**
 * Judges a walk by each of the ways that it lists: it passes where one of them is as listed, and is unknown where of none, but of one
 * it cannot be told. A failure is that of the way on which the packet came furthest as listed.
 */
export function judgeWays(
  hops: readonly PlannedHop[],
  observations: readonly Observation[],
  surroundings: Surroundings,
  listedParts: readonly Part[] = [],
): WaysJudgement {
  const listedAtAll = [...new Set([...listedParts, ...hops.map(({ part }) => part)])];
  const judged = waysOf(hops).map(
    ({ names, hops: listed }): WaysJudgement => ({
      ...judge(listed, observations, surroundings, listedAtAll),
      names,
      listed,
    }),
  );
  const told = (verdict: Judgement['verdict']) => judged.find((each) => each.verdict === verdict);
  return told('passed') ?? told('unknown') ?? judged.reduce((best, each) => (isFurther(each, best) ? each : best));
}

/** Whether a packet came further as listed on one way than on another: past more hops before the first that failed, then in all. */
function isFurther(one: Judgement, other: Judgement): boolean {
  const [a, b] = [reached(one), reached(other)];
  const at = a.findIndex((count, i) => count !== b[i]);
  return at >= 0 && a[at]! > b[at]!;
}

const reached = ({ hops, failedAt, strays }: Judgement): number[] => [
  failedAt ?? hops.length,
  hops.filter(({ fate }) => fate === 'passed').length,
  -strays.length,
];
