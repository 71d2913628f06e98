import { readFileSync } from 'node:fs';

/**
 * When a process started, by which a reused id is told apart: in clock ticks since boot (proc(5), stat field 22); NaN when
 * there is no such process. Where there is no /proc, 0 for any process that is alive.
 */
export function startTicks(pid: number): number {
  try {
    if (process.platform !== 'linux') return process.kill(pid, 0) ? 0 : Number.NaN;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // What has ended may be listed until its parent asks after it.
    return 'ZX'.includes(fields[0]!) ? Number.NaN : Number(fields[19]);
  } catch {
    return Number.NaN;
  }
}

/** A process that was noted, told apart from a later one with its number. */
export interface Noted {
  pid: number;
  startTicks: number;
}

/** Whether a process that was noted is still there. */
export const lives = ({ pid, startTicks: started }: Noted): boolean => startTicks(pid) === started;

/** Kills processes that were noted, and waits until they are gone. */
export async function kill(noted: Noted[]): Promise<void> {
  const living = noted.filter(lives);
  for (const { pid } of living) process.kill(pid, 'SIGKILL');
  for (const each of living) while (lives(each)) await new Promise((resolve) => setTimeout(resolve, 1));
}
