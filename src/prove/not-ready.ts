import type { Plan } from '../plan/plan.ts';
import { OVERDUE } from '../plan/script.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Failure } from './type-lines.ts';

/** Where a line failed that waits for something: what did not come to hold, and what was said of it last, in place of the line. */
export async function notReady(plan: Plan, runtime: Runtime, failed: Failure): Promise<Failure> {
  return (await daemonNotReady(plan, runtime, failed)) ?? conditionNotMet(plan, failed) ?? failed;
}

/** Where a daemon did not become ready: the condition that does not hold, what it says now, and the end of the log. */
async function daemonNotReady({ daemons }: Plan, runtime: Runtime, failed: Failure): Promise<Failure | undefined> {
  const { place, command } = failed;
  const daemon = daemons.find((each) => each.place === place && each.awaits.some(({ line }) => line === command));
  if (!daemon) return undefined;
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

/** Where a condition did not come to hold in time: how often it was tried, and what the last try said. */
function conditionNotMet({ waits = [] }: Plan, failed: Failure): Failure | undefined {
  const wait = waits.find(({ place, line }) => place === failed.place && line === failed.command);
  if (!wait || failed.code !== OVERDUE) return undefined;
  const [tries = '', ...said] = failed.stdout.split('\n');
  const stdout = [
    `'${wait.until}' did not come to hold within ${wait.within}: tried ${timesText(Number(tries))}. The last time it said:`,
    said.join('\n').trim() || '(nothing)',
  ].join('\n');
  return { ...failed, command: wait.run.trim(), stdout, stderr: '' };
}

export const timesText = (times: number): string => (times === 1 ? 'once' : `${times} times`);
