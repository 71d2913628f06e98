import { causeKinds } from '../explain/causes/index.ts';
import type { States } from '../explain/state/place-state.ts';
import { outcomeText } from '../judge/outcome.ts';
import type { WalkResult } from '../judge/result.ts';
import { proven, watched } from '../lab/read.ts';
import type { Live } from '../observe/sent.ts';
import { hint } from '../plan/nearest.ts';
import type { PlannedFault, PlannedWalk, Typed } from '../plan/plan.ts';
import type { Flow } from '../runtime/runtime.ts';
import type { DrillResult } from './events.ts';
import { notReady } from './not-ready.ts';
import { disagreement, failingOf, isAsPredicted } from './prediction.ts';
import { notSettled, settled } from './settle.ts';
import { saidBy, typeAll } from './type-lines.ts';
import { walk } from './walk.ts';

/** A drill, and whether something that it broke was not mended. */
export interface Drilled {
  result: DrillResult;
  isLeftBroken: boolean;
}

export interface Drilling {
  /**
   * Of which faults it is told why the broken walk failed as predicted: of all, of those that state their cause, which is then held
   * against it, or of none, which is quicker. Of one that failed otherwise it is told always.
   */
  explains?: 'all' | 'stated' | 'none';
  /** What the places were like when the lab was proven, where that is known. */
  before?: States | undefined;
  /** Once it is aborted, no further drill is begun; the one that is under way is mended. */
  signal?: AbortSignal | undefined;
}

/**
 * Takes the walk, breaks something, expects the walk to fail as predicted, mends it, has all places forget what they remember
 * of the fault, and expects the walk to pass again.
 */
export async function drill(
  live: Live,
  fault: PlannedFault,
  { explains = 'stated', before }: Drilling = {},
): Promise<Drilled> {
  const began = performance.now();
  const misnamed = misnamedCause(fault);
  if (misnamed) return { result: { ...untried(fault, misnamed), verdict: 'failed' }, isLeftBroken: false };
  const walks = walksOf(live, fault);
  const { sick, taken } = await takeBefore(live, fault);
  if (sick) return { result: unfit(fault, sick), isLeftBroken: false };

  const broke = await type(live, fault.break);
  if (fault.cold) await forget(live, taken);
  const [broken, ...spared] = broke.failure
    ? []
    : await walk(live, walks, {
        expectsLossOf: fault.walk,
        causes: (result) =>
          explains === 'all' ||
          (explains === 'stated' && fault.cause !== undefined) ||
          result.name !== fault.walk ||
          !isAsPredicted(fault, result),
        before,
        isPatient: fault.cause !== undefined,
      });
  const fixed = await type(live, fault.fix);
  await forget(live, [...taken, ...(broken ? [broken] : []), ...spared]);
  const healed = fixed.failure ? [] : await walk(live, walks, { causes: () => true, before });

  const doubts = [broke, fixed].flatMap(({ unsettled }) => (unsettled.length ? [notSettled(unsettled)] : []));
  broken?.notes.push(...doubts);
  const failure = broke.failure ?? fixed.failure;
  const predicted = explains === 'none' ? withoutCause(fault) : fault;
  const reason = failure ?? disagreement(predicted, broken!, spared, healed, before !== undefined);
  const isUnknown =
    failure || doubts.length || [broken!, ...spared, ...healed].some(({ verdict }) => verdict === 'unknown');
  const isHealed = healed.length > 0 && healed.every(({ verdict }) => verdict === 'passed');
  const result: DrillResult = {
    ...stated(fault),
    verdict: !reason ? 'passed' : isUnknown ? 'unknown' : 'failed',
    failed: broken ? failingOf(broken, fault.fails.outcome) : null,
    healed: isHealed,
    ...(reason && { reason: [reason, ...doubts].join('; ') }),
    broken: broken ?? null,
    durationMs: performance.now() - began,
  };
  return { result, isLeftBroken: !isHealed };
}

const withoutCause = ({ cause: _, ...fault }: PlannedFault) => fault;

/** That a fault states a cause which is not in the table, and which was probably meant; a lab's shape cannot tell. */
function misnamedCause({ cause }: PlannedFault): string | undefined {
  const names = causeKinds.map(({ name }) => name);
  return cause === undefined || names.includes(cause)
    ? undefined
    : `there is no cause '${cause}'. ${hint(cause, names)}`;
}

/**
 * Takes those walks of a fault that have not passed since something was last typed; all, where neighbours are to be forgotten,
 * which needs to know whose packets they are. `sick` is the first that does not pass.
 */
async function takeBefore(live: Live, fault: PlannedFault): Promise<{ sick?: WalkResult; taken: WalkResult[] }> {
  const due = walksOf(live, fault).filter(({ name }) => fault.cold || !live.proven.has(name));
  const taken = due.length ? await walk(live, due) : [];
  const sick = taken.find(({ verdict }) => verdict !== 'passed');
  return { taken, ...(sick && { sick }) };
}

function walksOf({ plan }: Live, { walk, untouched }: PlannedFault): PlannedWalk[] {
  return [walk, ...untouched].flatMap((name) => plan.walks.find((each) => each.name === name) ?? []);
}

/** A drill that was not tried, for a reason. */
export const untried = (fault: PlannedFault, reason: string): DrillResult => ({
  ...stated(fault),
  verdict: 'unknown',
  failed: null,
  healed: false,
  reason,
  broken: null,
  durationMs: 0,
});

/** A drill that was not tried, for one of its walks does not pass in the lab as it is. */
function unfit(fault: PlannedFault, sick: WalkResult): DrillResult {
  const why = sick.reason ?? outcomeText(sick);
  return {
    ...untried(fault, `${sick.name} does not pass before anything is broken: ${why}`),
    verdict: sick.verdict === 'failed' ? 'failed' : 'unknown',
    durationMs: sick.durationMs,
  };
}

const stated = ({ fault, claims, walk, fails, hint }: PlannedFault) => ({
  fault,
  claims: (claims ?? []).map((proof) => proven(proof).id),
  walk,
  expected: fails,
  hint,
});

/** Breaks what a fault breaks, and leaves it so; says what failed, if something did. */
export const breakFault = async (live: Live, fault: PlannedFault) => (await type(live, fault.break)).failure;

/** Mends what a fault broke, and has all places forget it; says what failed, if something did. */
export async function fixFault(live: Live, fault: PlannedFault): Promise<string | undefined> {
  const { failure } = await type(live, fault.fix);
  await forget(live, []);
  return failure;
}

const TIMEOUT_MS = 120_000;

/** Types commands as a step of setting up does, and waits until they have taken effect; says which one failed, if one did. */
async function type(live: Live, commands: Typed[]): Promise<{ failure?: string; unsettled: string[] }> {
  const { plan, runtime, watch, proven } = live;
  proven.clear();
  const failed = await typeAll(plan, runtime, commands, TIMEOUT_MS);
  const unsettled = await settled(
    runtime,
    watch,
    commands.map(({ place }) => place),
  );
  if (!failed) return { unsettled };
  const ready = await notReady(plan, runtime, failed);
  return { unsettled, failure: `${ready.place}# ${ready.command} failed: ${saidBy(ready)}` };
}

/** Has all places forget path MTUs and neighbours that they learned; those that some walks came to, their connections, too. */
async function forget({ plan, runtime }: Live, results: WalkResult[]): Promise<void> {
  const flows = flowsOf(results);
  const crossed = new Set(results.flatMap(({ hops }) => hops.map(({ place }) => place)));
  const tracking = flows.length ? watched(plan).filter((place) => crossed.has(place)) : [];
  await runtime.forget(
    watched(plan).filter((place) => !tracking.includes(place)),
    [],
  );
  if (tracking.length) await runtime.forget(tracking, flows);
}

const [TCP, UDP] = [6, 17];

/**
 * The connections that the packets of some walks belonged to, as their IP headers name them. An echo's is not among them: no
 * other has its identifier. A kernel lists all the connections of a machine to find one, and so is asked only where it must be.
 */
export function flowsOf(results: WalkResult[]): Flow[] {
  const stacks = results.flatMap(({ hops, strays }) =>
    [...hops, ...strays].flatMap((each) => (each.kind === 'point' && each.seen ? [each.seen] : [])),
  );
  const followed = stacks.filter(
    (headers) => headers.findLast(({ protocol }) => /^(icmp|tcp|udp)$/.test(protocol))?.protocol !== 'icmp',
  );
  const flows = followed
    .flat()
    .flatMap(({ protocol, fields: { protocol: carries, src, dst } }): Flow[] =>
      protocol === 'ip' && (carries === TCP || carries === UDP)
        ? [{ protocol: carries, src: String(src), dst: String(dst) }]
        : [],
    );
  return [...new Map(flows.map((flow) => [`${flow.protocol} ${flow.src} ${flow.dst}`, flow])).values()];
}
