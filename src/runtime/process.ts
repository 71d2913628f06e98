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
