import type { Verdict } from '../judge/result.ts';
import { loadPlan } from '../plan/load.ts';
import type { Plan } from '../plan/plan.ts';
import type { DaemonVersion } from '../plan/real-daemons.ts';
import { BadUsage, CannotRun, exitCodes } from '../plan/usage.ts';
import { notPassed, passedSoFar } from '../prove/again.ts';
import { type Findings, findings, live, prove, setUp, verdictOf } from '../prove/run.ts';
import { type Baseline, statesThen } from '../record/baseline.ts';
import { claimResults } from '../record/claims.ts';
import { type LabProof, proofOf } from '../record/ledger.ts';
import { keepProof } from '../record/proofs.ts';
import { isOurs, remember, type StandingLab, sameNodes, standingLabs } from '../record/standing.ts';
import { type ViewOptions, type Views, views } from '../report/views.ts';
import { type Runtime, reenter, type Started, stop } from '../runtime/index.ts';
import { mended, onInterrupt } from './interrupt.ts';
import { keepStates } from './keep-states.ts';
import { say, sayJson, typed } from './output.ts';
import { askedVersions, daemonText, withFoundDaemons } from './real-daemons.ts';
import { type DaemonOptions, daemonsOf, type Place, refuseToStand, type Where, whereOf } from './runtime-options.ts';
import { type SizeOptions, sizeOf } from './size.ts';
import { startNodes } from './start-nodes.ts';
import { isWatched, keepPassed, passedBefore } from './watched.ts';
import { oneWalk, strange } from './which-lab.ts';

export interface ProveOptions extends ViewOptions, Place, SizeOptions, DaemonOptions {
  drills?: boolean;
  /** Whether every pair of a matrix is tried, however many there are. */
  full?: boolean;
  /** Whether each hop shows what the node went by. */
  why?: boolean;
  keep?: boolean;
  strict?: boolean;
  /** Path of the file to write what was captured to. */
  capture?: string;
}

/** Stands a lab up, proves it and takes it down. */
export const verify = async (word: string, options: ProveOptions) =>
  daemonsOf(options).daemons === 'both'
    ? (await import('./both-daemons.ts')).verifyBoth(word, options)
    : run(word, options, { proves: true, stays: false });

/** Stands a lab up and leaves it standing. */
export const up = (word: string, options: ProveOptions) => run(word, options, { proves: false, stays: true });

/** Stands a lab up, or finds it standing, proves it and leaves it standing. */
export const proveAndStay = (word: string, options: ProveOptions) => run(word, options, { proves: true, stays: true });

interface Goal {
  proves: boolean;
  stays: boolean;
}

async function run(word: string, options: ProveOptions, goal: Goal): Promise<number> {
  const { daemons, given } = daemonsOf(options);
  if (daemons === 'both') throw new BadUsage('--daemons both belongs to verify, which stands a lab up twice.');
  let plan = await loadPlan(word, sizeOf(options), daemons);
  for (const warning of plan.warnings) process.stderr.write(`Warning: ${warning}\n`);
  const where = whereOf(word, options);
  if (goal.stays || options.keep) refuseToStand(word, where);
  const before = (await standingLabs()).find(({ name }) => name === plan.name);
  if (before && (goal.stays || options.keep)) {
    if (!isOurs(before)) throw strange(plan.name, word);
    refuseAnother(before, plan, goal, where);
  }
  const standing = goal.stays && before && isOurs(before) ? before : undefined;
  if (standing && !goal.proves) {
    if (options.json) sayJson({ lab: plan.name, stands: true, since: standing.since });
    else say(`${plan.name} stands already.`, ...whatNext(plan));
    return exitCodes.passed;
  }
  const asked = isWatched && standing ? notPassed(plan, passedBefore(), options.drills) : plan;
  // Of a lab that is only stood up, its steps are all there is to see.
  const inFull = (walk: string) =>
    goal.stays || options.keep ? oneWalk(plan, walk) : typed('verify', word, '--verbose');
  const out = await views(goal.proves ? options : { verbose: true, ...options }, plan, inFull);
  using recording = options.capture ? (await import('./recording.ts')).recording(options.capture) : undefined;
  const found = findings();
  let runtime: Runtime | undefined;
  try {
    if (!standing) plan = withFoundDaemons(plan, given);
    const begun: Started = standing ? { runtime: await reenter(plan, standing.standing) } : await nodesOf(plan, where);
    runtime = begun.runtime;
    const nodes = runtime;
    const interrupted = new AbortController();
    let proving: Promise<void> | undefined;
    using _ = standing
      ? onInterrupt(() => mended(interrupted, proving ?? Promise.resolve()), 'mending')
      : onInterrupt(() => nodes[Symbol.asyncDispose]());
    out.emit(started(plan, begun, await askedVersions(plan, runtime)));
    const ready = standing !== undefined || runtime.isSetUp || (await setUp(plan, runtime, found, out.emit));
    if (ready && goal.proves) {
      const before = standing && statesThen(standing);
      const eyes = await live(plan, runtime, recording);
      proving = prove(eyes, found, out.emit, { ...options, asked, before, signal: interrupted.signal });
      await proving;
      // What interrupted us ends this process.
      if (interrupted.signal.aborted) await new Promise(() => {});
    }
    const outcome = verdictOf(asked, found, { ...options, provesNothing: ready && !goal.proves });
    if (outcome.verdict === 'failed') await stillThere(plan, runtime);
    const stays = !standing && (ready ? goal.stays || options.keep : options.keep);
    const after = goal.proves ? ('proof' as const) : ('set-up' as const);
    if (standing && outcome.verdict === 'passed') await keepStates(standing, runtime, after);
    const down = stays ? null : takeDown(runtime);
    if (ready && goal.proves && isWatched)
      keepPassed(passedSoFar(plan, standing ? passedBefore() : { parts: [] }, found));
    if (ready && goal.proves && !plan.size && !plan.real && asked === plan)
      keep(proofOf(plan, found, { at: new Date().toISOString(), runtime: runtime.name }));
    if (stays) await leaveStanding(plan, word, runtime, ready ? after : undefined);
    const downMs = await down;
    const code = await end(asked, found, out, { ...outcome, downMs: standing ? null : downMs, strict: options.strict });
    if ((standing || stays) && out.forPeople && !isWatched) say('', ...whatNext(plan));
    return code;
  } catch (error) {
    if (error instanceof BadUsage && !runtime) throw error;
    if (runtime) await takeDown(runtime);
    else out.emit(started(plan));
    if (process.env.PACKETWALK_DEBUG) process.stderr.write(`${(error as Error).stack}\n`);
    const verdict = error instanceof CannotRun ? error.verdict : 'unknown';
    return end(plan, found, out, { verdict, reason: (error as Error).message, downMs: null, strict: options.strict });
  }
}

/** One lab of a name stands at a time, and what is proven in it is what it was stood up from. */
function refuseAnother(before: StandingLab, plan: Plan, goal: Goal, { runtime, choice: { kernel } }: Where): void {
  const down = `Take it down first: ${typed('down', plan.name)}`;
  if (!goal.stays) throw new BadUsage(`${plan.name} stands already, and a second could not be kept.`, down);
  if (runtime !== 'auto' && runtime !== before.standing.runtime)
    throw new BadUsage(`${plan.name} stands on ${before.standing.runtime}, not on ${runtime}.`, down);
  if (kernel && kernel !== before.standing.askedKernel)
    throw new BadUsage(`${plan.name} stands, and not by --kernel ${kernel}: ${before.standing.where}.`, down);
  if (Boolean(before.plan.real) !== Boolean(plan.real))
    throw new BadUsage(`${plan.name} stands with ${before.plan.real ? 'real' : 'small'} daemons.`, down);
  if (!sameNodes(before.plan, plan))
    throw new BadUsage(`${plan.name} stands, but from another file or an older one.`, down);
}

const started = (plan: Plan, { runtime, why }: Partial<Started> = {}, versions: DaemonVersion[] = []) => ({
  type: 'run started' as const,
  lab: plan.name,
  title: plan.title,
  runtime: runtime?.name ?? 'none',
  rootless: runtime?.rootless ?? false,
  ...(runtime?.kernel && { kernel: runtime.kernel }),
  ...(why && { why }),
  ...(versions.length && { daemons: versions.map(daemonText), daemonVersions: versions }),
  parts: plan.steps.length + plan.walks.length,
});

/** Rejects where a node is lost: what failed there says nothing of the lab. */
const stillThere = (plan: Plan, runtime: Runtime) =>
  runtime.interfaces(plan.nodes.map(({ name }) => name).filter((name) => runtime.has(name)));

/** That a proof cannot be kept changes nothing of what was proven. */
function keep(proof: LabProof): void {
  try {
    keepProof(proof);
  } catch (error) {
    process.stderr.write(`What was proven is not kept for the command claims: ${(error as Error).message}\n`);
  }
}

/** Leaves a lab's nodes when this process ends; of one that is set up, what its places go by is kept. */
async function leaveStanding(
  plan: Plan,
  word: string,
  runtime: Runtime,
  after: Baseline['after'] | undefined,
): Promise<void> {
  const since = new Date().toISOString();
  if (after) await keepStates({ name: plan.name, plan, since }, runtime, after);
  const standing = await runtime.stay();
  try {
    remember({ name: plan.name, word, plan, since, standing });
  } catch (error) {
    await stop(standing);
    throw error;
  }
}

async function takeDown(runtime: Runtime): Promise<number> {
  const began = performance.now();
  await runtime[Symbol.asyncDispose]();
  return performance.now() - began;
}

async function end(
  plan: Plan,
  found: Findings,
  out: Views,
  {
    verdict,
    reason,
    downMs,
    strict,
  }: { verdict: Verdict; reason: string; downMs: number | null; strict: boolean | undefined },
): Promise<number> {
  const setUpMs = found.steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const { firstVerifiedPacketMs } = found;
  const durations = { setUpMs, firstVerifiedPacketMs, totalMs: performance.now(), downMs };
  out.emit({ type: 'run ended', verdict, reason, claims: claimResults(plan, found), durations });
  const isTold = await out.finish();
  const code = verdict === 'skipped' && strict ? exitCodes.failed : exitCodes[verdict];
  return code === exitCodes.passed && !isTold ? exitCodes.unknown : code;
}

async function nodesOf(plan: Plan, where: Where): Promise<Started> {
  try {
    return await startNodes(plan, where);
  } catch (error) {
    if (error instanceof CannotRun || error instanceof BadUsage) throw error;
    const what = `What this machine allows, and how: ${typed('doctor')}`;
    throw new CannotRun('unknown', `${(error as Error).message}. ${what}`);
  }
}

function whatNext({ name, nodes, pods }: Plan): string[] {
  const node = nodes.find(({ kind }) => kind !== 'switch')?.name ?? '';
  const rows = [
    [typed('walk', name), 'walk its packets again; with a number, one of them hop by hop'],
    ...(pods.length > 1
      ? [[typed('walk', name, pods[0]!.name, pods.at(-1)!.name), 'follow a packet of your own']]
      : []),
    [typed('shell', name, node), `look around on ${node}, and break something`],
    [typed('diff', name), 'see what is no longer as it was'],
    [typed('drill', name), 'let it be broken and mended'],
    [typed('down', name), 'take it down'],
  ];
  const width = Math.max(...rows.map(([line]) => line!.length));
  return [`${name} stands. What to type next:`, ...rows.map(([line, why]) => `  ${line!.padEnd(width)}   ${why}`)];
}
