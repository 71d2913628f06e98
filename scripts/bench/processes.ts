import { readdirSync, readFileSync } from 'node:fs';

/** In what the kernel tells such times (USER_HZ). */
export const TICK_MS = 10;

/** What a process and all that came from it takes, what they share counted once. */
export const memoryKb = (root: number): number =>
  familyOf(root).reduce(
    (sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0),
    0,
  );

/** How long a process, and all that came from it, have run by now; of what has ended, its parent knows (proc(5)). */
export const processorMs = (root: number): number =>
  familyOf(root)
    .flatMap((pid) => read(`/proc/${pid}/stat`).replace(/.*\) /s, '').split(' ').slice(11, 15))
    .reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);

/** A process, and all that came from it. */
export function familyOf(root: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [Number(pid), Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])] as const),
  );
  const isOurs = (pid: number | undefined): boolean => pid !== undefined && (pid === root || isOurs(parents.get(pid)));
  return [...parents.keys()].filter(isOurs);
}

/** A file of a process, empty where that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
