import { constants } from 'node:os';
import type { Plan, Typed } from '../plan/plan.ts';
import { READY_S, secondsOf } from '../plan/script.ts';
import type { Ran, Runtime } from '../runtime/runtime.ts';

/** A line that failed, and where it was typed. */
export type Failure = Ran & { place: string };

/** What a line that failed said; how it ended, where it said nothing. */
export function saidBy({ code, stdout, stderr }: Pick<Ran, 'code' | 'stdout' | 'stderr'>): string {
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - SIGNALLED)?.[0];
  return (
    `${stdout}${stderr}`.trim() || `it ${signal ? `was ended by ${signal}` : `ended with ${code}`}, and said nothing`
  );
}

/** A shell's exit code where a signal ended a command: this, and the signal's number (sh(1)). */
const SIGNALLED = 128;

/**
 * Types lines at all nodes at once, each node's in their order, and then at their pods; tells of one that failed, if one did. What is
 * waited for has its time beside that of the lines.
 */
export async function typeAll(
  { pods, waits = [], daemons }: Pick<Plan, 'pods' | 'waits' | 'daemons'>,
  runtime: Runtime,
  commands: Typed[],
  timeoutMs: number,
): Promise<Failure | undefined> {
  const isPod = ({ place }: Typed) => pods.some(({ name }) => name === place);
  for (const wave of [commands.filter((each) => !isPod(each)), commands.filter(isPod)]) {
    const ran = await Promise.all(
      wave.map(async ({ place, lines }) => {
        const waiting = waits.filter((each) => each.place === place && lines.includes(each.line));
        const starting = daemons.filter((each) => each.place === place).flatMap(({ awaits }) => awaits);
        const readyMs = 1000 * READY_S * starting.filter(({ line }) => lines.includes(line)).length;
        const allowedMs = waiting.reduce((sum, { within }) => sum + 1000 * secondsOf(within), timeoutMs + readyMs);
        return { ...(await runtime.run(place, lines, { timeoutMs: allowedMs })), place };
      }),
    );
    const failed = ran.find(({ code }) => code !== 0);
    if (failed) return failed;
  }
  return undefined;
}
