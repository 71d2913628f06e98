import { foundDaemons } from '../machine/daemons/find.ts';
import { hint } from '../plan/nearest.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage, CannotRun } from '../plan/usage.ts';

/**
 * A plan whose real daemons are found on this machine. Throws a BadUsage where a path is given for one that the lab does not run, and
 * a CannotRun where it runs none, or one is missing.
 */
export function withFoundDaemons(plan: Plan, given: ReadonlyMap<string, string>): Plan {
  if (!plan.real) return plan;
  const names = plan.real.map(({ name }) => name);
  if (!names.length)
    throw new CannotRun('skipped', `nothing in ${plan.name} stands for a real daemon: it runs without --daemons real.`);
  for (const name of given.keys())
    if (!names.includes(name)) throw new BadUsage(`${plan.name} runs no ${name}. ${hint(name, names)}`);
  return { ...plan, real: foundDaemons(plan.real, given) };
}
