import { endedText, outcomeText, whereOfHop, whereOfStray } from '../judge/outcome.ts';
import type { Outcome, WalkResult } from '../judge/result.ts';
import { isAt, whereText } from '../plan/hops.ts';
import type { PlannedFault } from '../plan/plan.ts';
import type { Failing } from './events.ts';

type Predicted = Pick<PlannedFault, 'walk' | 'fails' | 'cause'>;

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

/**
 * Why a drill did not go as its fault says, in a sentence; nothing where it did. Where `isCompared`, what was changed since the lab was
 * proven is told first, and the cause that the fault states need only be among those that are told.
 */
export function disagreement(
  fault: Predicted,
  broken: WalkResult,
  spared: WalkResult[],
  healed: WalkResult[],
  isCompared = false,
): string | undefined {
  const undecided = [broken, ...spared, ...healed].find(({ verdict }) => verdict === 'unknown');
  if (undecided) return `${undecided.name}: ${undecided.reason}`;
  const missed = notAsPredicted(fault, broken) ?? otherCause(fault, broken, isCompared);
  if (missed) return missed;
  const touched = spared.find(({ verdict }) => verdict !== 'passed');
  if (touched) return `${touched.name} failed as well: ${outcomeText(touched)}`;
  const sick = healed.find(({ verdict }) => verdict !== 'passed');
  return sick && `after the fix ${sick.name} still fails: ${outcomeText(sick)}`;
}

/** That the cause which the fault states is not the one that is named first, or not among those that are, in a sentence. */
function otherCause({ cause }: Predicted, { causes }: WalkResult, isCompared: boolean): string | undefined {
  const [first] = causes;
  if (cause === undefined || causes.slice(0, isCompared ? undefined : 1).some((each) => each.cause === cause))
    return undefined;
  return first
    ? `the cause named first is '${first.cause}', not '${cause}': ${first.sentence}`
    : `no cause is named, and not '${cause}'`;
}

const predicted = {
  lost: (at: string) => `it was not lost at ${at}`,
  differs: (at: string) => `it does not differ at ${at}`,
};

const thereText: Partial<Record<Outcome, string>> = {
  lost: 'it was lost there',
  differs: 'it differs there',
  'out of order': 'it was there, at another time than listed',
  elsewhere: 'it was not seen there, and went on',
};

/** Whether a walk failed as its fault says, whatever the cause. */
export const isAsPredicted = (fault: Predicted, broken: WalkResult): boolean =>
  notAsPredicted(fault, broken) === undefined;

function notAsPredicted({ walk, fails }: Predicted, broken: WalkResult): string | undefined {
  if (broken.verdict === 'passed') return `${walk} went as listed all the same: ${outcomeText(broken)}`;
  const failed = failingOf(broken, fails.outcome);
  const meant = [fails, ...(fails.others ?? [])];
  const there =
    broken.failedAt === null
      ? undefined
      : meant.find(({ part, where }) => failed?.part === part && isAt(where, failed.where));
  const isMet = there && failed?.outcome === fails.outcome;
  if (isMet) return undefined;
  if (there && failed)
    return `${predicted[fails.outcome](whereText(there.where))}: ${thereText[failed.outcome] ?? outcomeText(broken)}`;
  const isAlike = failed?.outcome === fails.outcome && failed.part === fails.part;
  return `${outcomeText(broken)}, not ${isAlike && !fails.others ? `at ${whereText(fails.where)}` : endedText(fails)}`;
}
