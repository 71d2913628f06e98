import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Waits until the kernel has freed every namespace that ended, which it does afterwards, in a worker of its own. */
export async function quiet(limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs;
  for (let calm = 0; calm < 3 && performance.now() < end; calm = freeing() ? 0 : calm + 1) await setTimeout(10);
}

// A kernel worker bears the name of its work while it does it: `kworker/u8:3+netns`.
const freeing = () =>
  readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').includes('+netns');
    } catch {
      return false;
    }
  });
