import { endedText, outcomeText, whereOfHop, whereOfStray } from '../judge/outcome.ts';
import type { Outcome, WalkResult } from '../judge/result.ts';
import { isAt, whereText } from '../plan/hops.ts';
import type { PlannedFault } from '../plan/plan.ts';
import type { Failing } from './events.ts';

type Predicted = Pick<PlannedFault, 'walk' | 'fails'>;

/**
 * How and where a walk failed; null where it did not. Where all hops were as listed, it is where it was not to be. A packet that
 * is `meant` to differ may pass hops by before it does: then it is where it first differs.
 */
export function failingOf(walk: WalkResult, meant?: Outcome): Failing | null {
  const { verdict, outcome, failedAt, hops, strays } = walk;
  if (verdict !== 'failed') return null;
  const differing = hops.find(({ fate }) => fate !== 'passed' && fate !== 'missing');
  if (meant === 'differs' && outcome === 'elsewhere' && differing?.fate === 'differs')
    return { outcome: 'differs', part: differing.part, where: whereOfHop(differing, walk) };
  const [hop, stray] = [failedAt === null ? undefined : hops[failedAt], strays[0]];
  if (hop) return { outcome, part: hop.part, where: whereOfHop(hop, walk) };
  if (stray) return { outcome, part: stray.part, where: whereOfStray(stray, walk) };
  const last = hops.at(-1);
  return last ? { outcome, part: last.part, where: whereOfHop(last, walk) } : null;
}

/** Why a drill did not go as its fault says, in a sentence; nothing where it did. */
export function disagreement(
  fault: Predicted,
  broken: WalkResult,
  spared: WalkResult[],
  healed: WalkResult[],
): string | undefined {
  const undecided = [broken, ...spared, ...healed].find(({ verdict }) => verdict === 'unknown');
  if (undecided) return `${undecided.name}: ${undecided.reason}`;
  const missed = notAsPredicted(fault, broken);
  if (missed) return missed;
  const touched = spared.find(({ verdict }) => verdict !== 'passed');
  if (touched) return `${touched.name} failed as well: ${outcomeText(touched)}`;
  const sick = healed.find(({ verdict }) => verdict !== 'passed');
  return sick && `after the fix ${sick.name} still fails: ${outcomeText(sick)}`;
}

const predicted = {
  lost: (at: string) => `it was not lost at ${at}`,
  differs: (at: string) => `it does not differ at ${at}`,
};

const there: Partial<Record<Outcome, string>> = {
  lost: 'it was lost there',
  differs: 'it differs there',
  'out of order': 'it was there, at another time than listed',
  elsewhere: 'it was not seen there, and went on',
};

function notAsPredicted({ walk, fails }: Predicted, broken: WalkResult): string | undefined {
  if (broken.verdict === 'passed') return `${walk} went as listed all the same: ${outcomeText(broken)}`;
  const failed = failingOf(broken, fails.outcome);
  const isThere = failed?.part === fails.part && broken.failedAt !== null && isAt(fails.where, failed.where);
  const isMet = isThere && failed.outcome === fails.outcome;
  if (isMet) return undefined;
  if (isThere)
    return `${predicted[fails.outcome](whereText(fails.where))}: ${there[failed.outcome] ?? outcomeText(broken)}`;
  const isAlike = failed?.outcome === fails.outcome && failed.part === fails.part;
  return `${outcomeText(broken)}, not ${isAlike ? `at ${whereText(fails.where)}` : endedText(fails)}`;
}
