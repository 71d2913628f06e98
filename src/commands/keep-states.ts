import { type ReadOptions, readStates } from '../explain/state/read.ts';
import { type Baseline, keepBaseline } from '../record/baseline.ts';
import type { StandingLab } from '../record/standing.ts';
import type { Runtime } from '../runtime/index.ts';

/**
 * How a lab's places are asked for what is kept or compared. Sockets come and go, and are no part of it. An emulated machine is
 * some ten times as slow as a real one, and has two processors: what many of its places are asked at once takes each too long.
 */
export const asking = ({ isElsewhere }: Pick<Runtime, 'isElsewhere'>): ReadOptions => ({
  timeoutMs: 10_000,
  atOnce: isElsewhere ? 4 : 16,
  leaveOut: ['sockets'],
});

/** Keeps what the places of a lab go by. That it cannot be kept changes nothing of what was proven. */
export async function keepStates(
  { name, plan, since }: Pick<StandingLab, 'name' | 'plan' | 'since'>,
  runtime: Runtime,
  after: Baseline['after'],
): Promise<void> {
  try {
    const places = [...plan.nodes, ...plan.pods].map((each) => each.name);
    const states = await readStates(runtime, plan, places, asking(runtime));
    keepBaseline({ name, since, at: new Date().toISOString(), after, states: [...states] });
  } catch (error) {
    process.stderr.write(`What ${name} is like is not kept for the command diff: ${(error as Error).message}\n`);
  }
}
