import { clues } from '../explain/asked.ts';
import { outcomeText } from '../judge/outcome.ts';
import { type Verdict, type WalkResult, worst } from '../judge/result.ts';
import type { Live } from '../observe/sent.ts';
import { type WatchOptions, watch } from '../observe/watch.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { OVERDUE } from '../plan/script.ts';
import type { Ran, Runtime } from '../runtime/runtime.ts';
import { absentOn, blame } from './blame.ts';
import { check } from './check.ts';
import { drill, untried } from './drill.ts';
import type { CheckResult, DrillResult, Emit, StepResult } from './events.ts';
import { checkMatrices } from './reachability.ts';
import { type Interfaces, interfacesOf, notSettled, settled } from './settle.ts';
import { type Failure, typeAll } from './type-lines.ts';
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
  const known = interfacesOf(runtime, plan);
  for (const step of plan.steps) {
    emit({ type: 'step started', title: step.title });
    const began = performance.now();
    const { failure, unsettled } = await takeStep(plan, runtime, known, step, timeoutMs);
    const blamed = failure && blame(failure, absentOn(runtime));
    const result: StepResult = {
      title: step.title,
      verdict: blamed?.verdict ?? 'passed',
      durationMs: performance.now() - began,
      ...(failure && {
        failure: { node: failure.place, command: failure.command, output: outputOf(failure, blamed?.hint) },
      }),
      ...(unsettled?.length && { note: notSettled(unsettled) }),
    };
    found.steps.push(result);
    emit({ type: 'step ended', step: result });
    if (failure) return false;
  }
  return true;
}

const KILLED = 137;

const outputOf = ({ code, stdout, stderr }: Ran, hint?: string) =>
  [`${stdout}${stderr}${code === KILLED ? '\nit was killed: it did not end in time' : ''}`.trim(), hint]
    .filter(Boolean)
    .join('\n');

async function takeStep(
  plan: Plan,
  runtime: Runtime,
  known: Interfaces,
  { cables, commands = [] }: Step,
  timeoutMs: number,
): Promise<{ failure?: Failure; unsettled?: string[] }> {
  if (cables) {
    const ran = await runtime.cable(cables);
    if (ran.code) return { failure: { ...ran, place: 'between the nodes' } };
  }
  const failed = await typeAll(plan, runtime, commands, timeoutMs);
  if (failed) return { failure: await notReady(plan, runtime, failed) };
  const places = commands.map(({ place }) => place);
  return { unsettled: await settled(runtime, known, places) };
}

/** Where a daemon did not become ready: the condition that does not hold, what it says now, and the end of the log. */
async function notReady({ daemons }: Plan, runtime: Runtime, failed: Failure): Promise<Failure> {
  const { place, command } = failed;
  const daemon = daemons.find((each) => each.place === place && each.awaits.some(({ line }) => line === command));
  if (!daemon) return failed;
  const { condition, tries } = daemon.awaits.find(({ line }) => line === command)!;
  const script = async (line: string) => (await runtime.script(place, `${line} 2>&1`, { timeoutMs: 10_000 })).stdout;
  const [now, log] = await Promise.all([script(tries), script(`tail -n 8 ${daemon.log}`)]);
  const why = failed.code === OVERDUE ? 'did not come to hold' : 'was not reached: the daemon has ended';
  const stdout = [
    `${daemon.name}: '${condition}' ${why}.`,
    `It is when this succeeds: ${tries}`,
    now.trim() || '(it says nothing)',
    `The end of ${daemon.log}:`,
    log.trim() || '(it is empty)',
  ].join('\n');
  return { ...failed, command: daemon.start, stdout, stderr: '' };
}

/** Opens the eyes of a lab that is set up, and waits until all of it is settled. */
export async function live(plan: Plan, runtime: Runtime, options?: WatchOptions): Promise<Live> {
  const eyes = await watch(runtime, plan, options);
  await settled(runtime, eyes, [...eyes.places]);
  return { plan, runtime, watch: eyes, proven: new Set() };
}

/** Takes every walk and check of a lab, and its drills where they are asked for. */
export async function prove(
  lab: Live,
  found: Findings,
  emit: Emit,
  { drills = false, full = false, why = false } = {},
): Promise<void> {
  await takeWalks(
    lab,
    lab.plan.walks.map(({ name }) => name),
    found,
    emit,
    { why },
  );
  const record = (result: CheckResult) => {
    found.checks.push(result);
    emit({ type: 'check ended', check: result });
  };
  for (const result of await checkMatrices(lab, lab.plan.matrices, { full })) record(result);
  for (let i = 0; i < lab.plan.checks.length; i += CHECKS_AT_ONCE)
    for (const results of await Promise.all(
      lab.plan.checks.slice(i, i + CHECKS_AT_ONCE).map((each) => check(lab, each)),
    ))
      results.forEach(record);
  await takeDrills(lab, due(lab.plan, drills), found, emit);
}

/** The drills that belong to a proof: all that carry a claim, and the others where they are asked for. */
const due = ({ faults }: Plan, all: boolean) =>
  faults.filter(({ claims }) => all || claims?.length).map(({ fault }) => fault);

/** Takes some walks, one after another; of one that is lost, asks the nodes concerned why. */
export async function takeWalks(
  lab: Live,
  names: string[],
  found: Findings,
  emit: Emit,
  { why = false } = {},
): Promise<void> {
  for (const planned of lab.plan.walks.filter(({ name }) => names.includes(name))) {
    const [result] = await walk(lab, [planned], { why });
    if (result!.verdict === 'failed') result!.evidence.push(...(await answers(lab, result!)));
    found.walks.push(result!);
    if (result!.verdict === 'passed') found.firstVerifiedPacketMs ??= performance.now();
    emit({ type: 'walk ended', walk: result! });
  }
}

/** Takes some drills, one after another; none in a lab that the one before left broken. */
export async function takeDrills(lab: Live, names: string[], found: Findings, emit: Emit): Promise<void> {
  let unhealed: string | undefined;
  for (const fault of lab.plan.faults.filter((each) => names.includes(each.fault))) {
    emit({ type: 'drill started', fault: fault.fault });
    const { result, isLeftBroken } = unhealed
      ? { result: untried(fault, `it was not tried: the lab was left broken by '${unhealed}'`), isLeftBroken: false }
      : await drill(lab, fault);
    if (isLeftBroken) unhealed = fault.fault;
    found.drills.push(result);
    emit({ type: 'drill ended', drill: result });
  }
}

async function answers({ plan, runtime }: Live, lost: WalkResult): Promise<string[]> {
  return Promise.all(
    clues(lost, plan).map(async ({ node, command }) => {
      const { stdout, stderr } = await runtime.script(node, command, { timeoutMs: 5000 });
      return `${node}# ${command}\n${`${stdout}${stderr}`.trim() || '(nothing)'}`;
    }),
  );
}

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
      reason: `${walk.name}: ${walk.reason ?? outcomeText(walk)}`,
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
