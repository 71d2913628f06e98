import type { States } from '../explain/state/place-state.ts';
import { outcomeText } from '../judge/outcome.ts';
import { type Verdict, type WalkResult, worst } from '../judge/result.ts';
import type { Live } from '../observe/sent.ts';
import { type WatchOptions, watch } from '../observe/watch.ts';
import type { Plan, PlannedCheck, Step } from '../plan/plan.ts';
import { KILLED, type Ran, type Runtime } from '../runtime/runtime.ts';
import { absentOn, blame } from './blame.ts';
import { check } from './check.ts';
import { type Drilling, drill, untried } from './drill.ts';
import type { CheckResult, DrillResult, Emit, StepResult } from './events.ts';
import { notReady } from './not-ready.ts';
import { checkMatrices } from './reachability.ts';
import { afterSteps, notSettled, settled } from './settle.ts';
import { type Failure, saidBy, typeAll } from './type-lines.ts';
import { walk } from './walk.ts';

const CHECKS_AT_ONCE = 4;

/** What a run has found so far; what has not been tried by its end makes it unknown. */
export interface Findings {
  steps: StepResult[];
  walks: WalkResult[];
  checks: CheckResult[];
  drills: DrillResult[];
  /** Milliseconds from the start of this process until the first walk was judged to be delivered. */
  firstVerifiedPacketMs: number | null;
}

export const findings = (): Findings => ({ steps: [], walks: [], checks: [], drills: [], firstVerifiedPacketMs: null });

/** Sets a lab up, step by step; stops at the first command that fails, and returns whether none did. */
export async function setUp(
  plan: Plan,
  runtime: Runtime,
  found: Findings,
  emit: Emit,
  timeoutMs = 120_000,
): Promise<boolean> {
  const settle = afterSteps(plan, runtime);
  for (const [i, step] of plan.steps.entries()) {
    emit({ type: 'step started', title: step.title });
    const began = performance.now();
    const failed = await takeStep(plan, runtime, step, timeoutMs);
    const failure = failed && (await notReady(plan, runtime, failed));
    const unsettled = failure ? [] : await settle(step, plan.steps[i + 1]);
    const blamed = failure && blame(failure, absentOn(runtime), plan.needs?.devices);
    const result: StepResult = {
      title: step.title,
      verdict: blamed?.verdict ?? 'passed',
      durationMs: performance.now() - began,
      ...(failure && {
        failure: { node: failure.place, command: failure.command, output: outputOf(failure, blamed?.hint) },
      }),
      ...(unsettled.length && { note: notSettled(unsettled) }),
    };
    found.steps.push(result);
    emit({ type: 'step ended', step: result });
    if (failure) return false;
  }
  return true;
}

const outputOf = (ran: Ran, hint?: string) =>
  [ran.code === KILLED ? `${ran.stdout}${ran.stderr}\nit was killed: it did not end in time`.trim() : saidBy(ran), hint]
    .filter(Boolean)
    .join('\n');

/** Takes a step; tells of a line that failed, if one did. */
async function takeStep(
  plan: Plan,
  runtime: Runtime,
  { cables, commands = [] }: Step,
  timeoutMs: number,
): Promise<Failure | undefined> {
  const ran = cables && (await runtime.cable(cables));
  return ran?.code ? { ...ran, place: 'between the nodes' } : typeAll(plan, runtime, commands, timeoutMs);
}

/** Opens the eyes of a lab that is set up, and waits until all of it is settled. */
export async function live(plan: Plan, runtime: Runtime, options?: WatchOptions): Promise<Live> {
  const eyes = await watch(runtime, plan, options);
  await settled(runtime, eyes, [...eyes.places], { isJustRead: true });
  return { plan, runtime, watch: eyes, proven: new Set() };
}

export interface Proving {
  drills?: boolean;
  /** Every pair of a matrix, and not a few of them. */
  full?: boolean;
  why?: boolean;
  /** The plan with what is to be proven of it; all of it where it is not said. */
  asked?: Plan | undefined;
  /** What the places were like when the lab was proven before, where that is known. */
  before?: States | undefined;
  /** Once it is aborted, nothing further is begun; a drill that is under way is mended. */
  signal?: AbortSignal | undefined;
}

/** Takes every walk and check of a lab, and its drills where they are asked for. */
export async function prove(
  lab: Live,
  found: Findings,
  emit: Emit,
  { drills = false, full = false, why = false, asked = lab.plan, before, signal }: Proving = {},
): Promise<void> {
  await takeWalks(
    lab,
    asked.walks.map(({ name }) => name),
    found,
    emit,
    { why, before, signal },
  );
  const record = (result: CheckResult) => {
    found.checks.push(result);
    emit({ type: 'check ended', check: result });
  };
  if (!signal?.aborted) for (const result of await checkMatrices(lab, asked.matrices, { full })) record(result);
  if (!signal?.aborted) await takeChecks(lab, asked.checks, record);
  await takeDrills(lab, due(asked, drills), found, emit, { explains: drills ? 'stated' : 'none', signal });
}

/**
 * Makes checks, a few neighbours at a time: none begins before all have ended that are further ahead of it. Those that alter the lab
 * come last, each alone; what was proven before them need not be so any more.
 */
async function takeChecks(lab: Live, all: PlannedCheck[], record: (result: CheckResult) => void): Promise<void> {
  await takeTogether(
    lab,
    all.filter(({ changes }) => !changes),
    record,
  );
  for (const planned of all.filter(({ changes }) => changes)) {
    (await check(lab, planned)).forEach(record);
    lab.proven.clear();
    await settled(lab.runtime, lab.watch, [...lab.watch.places]);
  }
}

/** Nobody looks at the packets of checks, of which there may be very many: they are not captured. */
async function takeTogether(lab: Live, checks: PlannedCheck[], record: (result: CheckResult) => void): Promise<void> {
  const begun: Promise<CheckResult[]>[] = [];
  const endFirst = async () => (await begun.shift())?.forEach(record);
  await lab.watch.ignore('all');
  try {
    for (const planned of checks) {
      if (begun.length === CHECKS_AT_ONCE) await endFirst();
      const results = check(lab, planned);
      // What it rejects with is thrown when it is its turn to be awaited.
      results.catch(() => {});
      begun.push(results);
    }
    while (begun.length) await endFirst();
  } finally {
    await lab.watch.ignore();
  }
}

/** The drills that belong to a proof: all that carry a claim, and the others where they are asked for. */
export const due = ({ faults }: Plan, all: boolean): string[] =>
  faults.filter(({ claims }) => all || claims?.length).map(({ fault }) => fault);

/** Takes some walks, one after another; of one that is lost, asks the nodes concerned why. */
export async function takeWalks(
  lab: Live,
  names: string[],
  found: Findings,
  emit: Emit,
  { why = false, before, signal }: Pick<Proving, 'why' | 'before' | 'signal'> = {},
): Promise<void> {
  for (const planned of lab.plan.walks.filter(({ name }) => names.includes(name))) {
    if (signal?.aborted) return;
    const [result] = await walk(lab, [planned], { why, causes: true, before });
    found.walks.push(result!);
    if (result!.verdict === 'passed') found.firstVerifiedPacketMs ??= performance.now();
    emit({ type: 'walk ended', walk: result! });
  }
}

/** Takes some drills, one after another; none in a lab that the one before left broken, and none after an interruption. */
export async function takeDrills(
  lab: Live,
  names: string[],
  found: Findings,
  emit: Emit,
  drilling: Drilling = {},
): Promise<void> {
  let unhealed: string | undefined;
  for (const fault of lab.plan.faults.filter((each) => names.includes(each.fault))) {
    if (drilling.signal?.aborted) return;
    emit({ type: 'drill started', fault: fault.fault });
    const { result, isLeftBroken } = unhealed
      ? { result: untried(fault, `it was not tried: the lab was left broken by '${unhealed}'`), isLeftBroken: false }
      : await drill(lab, fault, drilling);
    if (isLeftBroken) unhealed = fault.fault;
    found.drills.push(result);
    emit({ type: 'drill ended', drill: result });
  }
}

/** How a walk ended, and its likeliest cause, in a sentence; why it is unknown, if it is. */
export const walkReason = (walk: WalkResult): string =>
  `${walk.name}: ${walk.reason ?? [outcomeText(walk), ...walk.causes.slice(0, 1).map(({ sentence }) => sentence)].join(': ')}`;

/** How a run ended, and why, from what was found against what was planned. */
export function verdictOf(
  plan: Plan,
  found: Findings,
  asked: { drills?: boolean; provesNothing?: boolean } = {},
): { verdict: Verdict; reason: string } {
  const stopped = found.steps.find(({ verdict }) => verdict !== 'passed');
  if (stopped) {
    const { title, verdict, failure } = stopped;
    const why =
      verdict === 'skipped' && failure
        ? `this machine lacks what '${failure.command}' needs`
        : `${failure?.node}: ${failure?.command}`;
    return { verdict, reason: `the step '${title}' ended there: ${why}` };
  }
  if (asked.provesNothing) return { verdict: 'passed', reason: '' };
  const never = neverTried(plan, found, asked.drills ?? false);
  const results = [
    ...found.walks.map((walk) => ({
      verdict: walk.verdict,
      reason: walkReason(walk),
    })),
    ...found.checks.map(({ title, node, verdict, reason }) => ({ verdict, reason: `${title} (${node}): ${reason}` })),
    ...found.drills.map(({ fault, verdict, reason }) => ({ verdict, reason: `drill '${fault}': ${reason}` })),
    ...(never.length
      ? [{ verdict: 'unknown' as const, reason: `${never.length} never ran: ${never.slice(0, 3).join(', ')}` }]
      : []),
  ];
  const verdict = worst(results.map((each) => each.verdict));
  return { verdict, reason: verdict === 'passed' ? '' : results.find((each) => each.verdict === verdict)!.reason };
}

function neverTried(plan: Plan, found: Findings, drills: boolean): string[] {
  const titles = new Set(found.checks.map(({ title }) => title));
  const checks = [...plan.checks, ...plan.matrices].map(({ title }) => title);
  return [
    ...plan.walks.map(({ name }) => name).filter((name) => !found.walks.some((walk) => walk.name === name)),
    ...checks.filter((title) => !titles.has(title)),
    ...due(plan, drills).filter((fault) => !found.drills.some((each) => each.fault === fault)),
  ];
}
