import type { Plan } from '../../plan/plan.ts';
import type { Say } from '../runtime.ts';
import { cutCables, partition } from './partition.ts';

/** What was told of where nodes are: who stands a lab up again and again, as a workshop does, is told once. */
const told = new Set<string>();

/** Which nodes are on which of some machines, and a person is told; `pinned` says so of some of them. */
export function spreadOver(
  plan: Plan,
  machines: string[],
  say: Say,
  pinned: ReadonlyMap<string, number> = new Map(),
): string[][] {
  const groups = partition(plan, machines.length, pinned);
  const cut = cutCables(plan, groups).length;
  const lines = [
    ...groups.map((group, i) => `${machines[i]}: ${group.join(', ')}`),
    `${cut} of ${plan.links.length} cables ${cut === 1 ? 'leads' : 'lead'} from one host to another`,
  ];
  if (!told.has(lines.join())) lines.forEach(say);
  told.add(lines.join());
  return groups;
}
