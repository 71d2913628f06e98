import { check } from '../prove/check.ts';
import type { CheckResult } from '../prove/events.ts';
import type { Runtime } from '../runtime/index.ts';
import type { BuildItem } from './items.ts';

/** How long a command may take that shows whether a step was taken. */
const TIMEOUT_MS = 10_000;

/** The places where what its author says is to be seen of a step is not seen; it is waited for only where that was asked for. */
export async function unseenOf(
  runtime: Runtime,
  { title, see }: Pick<BuildItem, 'title' | 'see'>,
  waits: boolean,
): Promise<CheckResult[]> {
  if (!see) return [];
  const { within, ...seen } = see;
  const results = await check({ runtime }, { title, ...seen, ...(waits && within && { within }) }, TIMEOUT_MS);
  return results.filter(({ verdict }) => verdict !== 'passed');
}
