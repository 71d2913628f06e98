import type { Plan, Typed } from '../plan/plan.ts';
import type { Ran, Runtime } from '../runtime/runtime.ts';

/** A line that failed, and where it was typed. */
export type Failure = Ran & { place: string };

/** Types lines at all nodes at once, each node's in their order, and then at their pods; tells of one that failed, if one did. */
export async function typeAll(
  { pods }: Pick<Plan, 'pods'>,
  runtime: Runtime,
  commands: Typed[],
  timeoutMs: number,
): Promise<Failure | undefined> {
  const isPod = ({ place }: Typed) => pods.some(({ name }) => name === place);
  for (const wave of [commands.filter((each) => !isPod(each)), commands.filter(isPod)]) {
    const ran = await Promise.all(
      wave.map(async ({ place, lines }) => ({ ...(await runtime.run(place, lines, { timeoutMs })), place })),
    );
    const failed = ran.find(({ code }) => code !== 0);
    if (failed) return failed;
  }
  return undefined;
}
