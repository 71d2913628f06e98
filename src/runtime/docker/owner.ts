import { hostname, tmpdir } from 'node:os';
import { startTicks } from '../machine/process.ts';

/** Whose something of an engine is: which process's, and whose notes of standing labs tell of it. */
export const ownerLabels = () => ({
  'packetwalk.owner': `${hostname()}/${process.getuid?.() ?? 0}/${process.pid}/${startTicks(process.pid)}`,
  'packetwalk.notes': tmpdir(),
});

/** Whether its owner was a process of this user on this machine, with the same notes, and has ended. */
export function ownerHasEnded(labels: Record<string, string>): boolean {
  const [host, uid, pid, ticks] = (labels['packetwalk.owner'] ?? '').split('/');
  if (host !== hostname() || Number(uid) !== (process.getuid?.() ?? 0)) return false;
  return labels['packetwalk.notes'] === tmpdir() && String(startTicks(Number(pid))) !== ticks;
}
