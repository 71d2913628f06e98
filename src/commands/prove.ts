import { claimResults } from '../claims.ts';
import type { Verdict } from '../events.ts';
import { loadPlan } from '../labs.ts';
import type { Plan } from '../plan.ts';
import { type ViewOptions, type Views, views } from '../report/views.ts';
import { type Findings, findings, live, prove, setUp, verdictOf } from '../run.ts';
import { type Runtime, reenter, start } from '../runtime/index.ts';
import { remember, standingLabs } from '../standing.ts';
import { install, installLine, missing, toolsOf } from '../tools.ts';
import { CannotRun, exitCodes } from '../usage.ts';
import { onInterrupt } from './interrupt.ts';
import { say, typed } from './say.ts';

export interface ProveOptions extends ViewOptions {
  drills?: boolean;
  keep?: boolean;
  strict?: boolean;
}

/** Stands a lab up, proves it and takes it down. */
export const verify = (word: string, options: ProveOptions) => run(word, options, { proves: true, stays: false });

/** Stands a lab up and leaves it standing. */
export const up = (word: string, options: ProveOptions) => run(word, options, { proves: false, stays: true });

/** Stands a lab up, or finds it standing, proves it and leaves it standing. */
export const proveAndStay = (word: string, options: ProveOptions) => run(word, options, { proves: true, stays: true });

interface Goal {
  proves: boolean;
  stays: boolean;
}

async function run(word: string, options: ProveOptions, goal: Goal): Promise<number> {
  const plan = await loadPlan(word);
  const before = goal.stays ? standingLabs().find(({ name }) => name === plan.name) : undefined;
  if (before && !goal.proves) {
    say(`${plan.name} stands already.`, ...whatNext(plan));
    return exitCodes.passed;
  }
  const out = await views(options);
  const found = findings();
  let runtime: Runtime | undefined;
  try {
    runtime = before ? await reenter(plan, before.standing) : await startNodes(plan);
    using _ = onInterrupt(async () => void (before ?? (await runtime?.[Symbol.asyncDispose]())));
    out.emit(started(plan, runtime));
    const ready = before !== undefined || (await setUp(plan, runtime, found, out.emit));
    if (ready && goal.proves) await prove(await live(plan, runtime), found, out.emit, options);
    const outcome =
      ready && !goal.proves ? { verdict: 'passed' as const, reason: '' } : verdictOf(plan, found, options);
    const stays = !before && (goal.stays ? ready || options.keep : options.keep);
    if (stays)
      remember({ name: plan.name, word, plan, since: new Date().toISOString(), standing: await runtime.stay() });
    const downMs = before || stays ? null : await takeDown(runtime);
    const code = await end(plan, found, out, { ...outcome, downMs, strict: options.strict ?? false });
    if ((before || stays) && out.forPeople) say('', ...whatNext(plan));
    return code;
  } catch (error) {
    if (!runtime) out.emit(started(plan, undefined));
    else if (!before) await takeDown(runtime);
    const verdict = error instanceof CannotRun ? error.verdict : 'unknown';
    const reason = (error as Error).message;
    return end(plan, found, out, { verdict, reason, downMs: null, strict: options.strict ?? false });
  }
}

const started = (plan: Plan, runtime: Runtime | undefined) => ({
  type: 'run started' as const,
  lab: plan.name,
  title: plan.title,
  runtime: runtime?.name ?? 'none',
  rootless: runtime?.rootless ?? false,
  parts: plan.steps.length + plan.walks.length,
});

async function takeDown(runtime: Runtime): Promise<number> {
  const began = performance.now();
  await runtime[Symbol.asyncDispose]();
  return performance.now() - began;
}

async function end(
  plan: Plan,
  found: Findings,
  out: Views,
  { verdict, reason, downMs, strict }: { verdict: Verdict; reason: string; downMs: number | null; strict: boolean },
): Promise<number> {
  const setUpMs = found.steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const { firstVerifiedPacketMs } = found;
  const durations = { setUpMs, firstVerifiedPacketMs, totalMs: performance.now(), downMs };
  out.emit({ type: 'run ended', verdict, reason, claims: claimResults(plan, found), durations });
  await out.finish();
  return verdict === 'skipped' && strict ? exitCodes.failed : exitCodes[verdict];
}

async function startNodes(plan: Plan): Promise<Runtime> {
  if (process.platform !== 'linux')
    throw new CannotRun(
      'skipped',
      'labs are made of Linux network namespaces. Run packetwalk on Linux, or in a Linux machine.',
    );
  const tools = toolsOf(plan);
  const absent = process.env.PACKETWALK_SET_UP ? install(tools) : missing(tools);
  if (absent.length) {
    const list = absent.map(({ command, why }) => `${command}, which ${why}`).join('; ');
    throw new CannotRun('skipped', `this machine lacks ${list}. Type: ${installLine(absent)}`);
  }
  try {
    return await start(plan);
  } catch (error) {
    throw new CannotRun(
      'unknown',
      `${(error as Error).message}. What this machine allows, and how: ${typed('doctor')}`,
    );
  }
}

function whatNext({ name, nodes, pods }: Plan): string[] {
  const node = nodes.find(({ kind }) => kind !== 'switch')?.name ?? '';
  const rows = [
    [typed('walk', name), 'walk its packets again'],
    ...(pods.length > 1
      ? [[typed('walk', name, pods[0]!.name, pods.at(-1)!.name), 'follow a packet of your own']]
      : []),
    [typed('shell', name, node), `look around on ${node}, and break something`],
    [typed('drill', name), 'let it be broken and mended'],
    [typed('down', name), 'take it down'],
  ];
  const width = Math.max(...rows.map(([line]) => line!.length));
  return [`${name} stands. What to type next:`, ...rows.map(([line, why]) => `  ${line!.padEnd(width)}   ${why}`)];
}
