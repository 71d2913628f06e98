import { isPath } from '../plan/load.ts';
import { hint } from '../plan/nearest.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';
import { type Choice, runtimes } from '../runtime/index.ts';

/** What may be typed about where the nodes of a lab shall be. */
export interface Place {
  runtime?: string;
  machines?: string;
  hosts?: string;
}

/** The runtime that was asked for, and what else was chosen. */
export function whereOf(
  lab: string,
  { runtime = 'auto', machines, hosts }: Place,
): { runtime: string; choice: Choice } {
  const known = ['auto', ...runtimes];
  if (!known.includes(runtime))
    throw new BadUsage(`there is no runtime ${runtime}. ${hint(runtime, known)}`, `There is ${known.join(', ')}.`);
  if (machines && !['one', 'per-node'].includes(machines))
    throw new BadUsage(`--machines is one or per-node, not ${machines}`);
  if (machines && runtime !== 'vm') throw new BadUsage('--machines belongs to --runtime vm');
  if (hosts && runtime !== 'ssh') throw new BadUsage('--hosts belongs to --runtime ssh');
  return {
    runtime,
    choice: {
      lab: isPath(lab) ? fromHere(lab) : lab,
      machinePerNode: machines === 'per-node',
      ...(hosts && { hosts: fromHere(hosts) }),
    },
  };
}
