import type { Plan } from '../../src/plan/plan.ts';
import { findings, live, setUp } from '../../src/prove/run.ts';
import { start } from '../../src/runtime/index.ts';
import type { Stood } from '../stand.ts';

/** Stands a lab up in a virtual machine, whose kernel has what this machine's own may lack. */
export async function inMachine(plan: Plan): Promise<Stood> {
  const { runtime } = await start(plan, 'vm', {}, () => {});
  const found = findings();
  if (!(await setUp(plan, runtime, found, () => {}))) throw new Error(JSON.stringify(found.steps.at(-1)));
  return { ...(await live(plan, runtime)), found, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
}
