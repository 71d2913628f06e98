import type { Plan } from '../plan/plan.ts';
import { type Started, start } from '../runtime/index.ts';
import { onInterrupt } from './interrupt.ts';
import type { Where } from './runtime-options.ts';

/** Starts a lab's nodes, and tells what takes a while; what an interrupt finds half started comes up first, and is taken down. */
export async function startNodes(plan: Plan, { runtime, choice }: Where): Promise<Started> {
  const starting = start(plan, runtime, choice, (line) => void process.stderr.write(`${line}\n`));
  let isInterrupted = false;
  using _ = onInterrupt(async () => {
    isInterrupted = true;
    const begun = await starting.catch(() => undefined);
    await begun?.runtime[Symbol.asyncDispose]();
  });
  try {
    return await starting;
  } finally {
    // What interrupted us ends this process.
    if (isInterrupted) await new Promise(() => {});
  }
}
