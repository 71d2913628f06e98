import { essential, optional, type Tool } from '../machine/programs.ts';
import type { Plan } from './plan.ts';
import { hookedPlaces } from './plan.ts';

/** The tools that a lab's own commands name, and those that every lab needs. */
export function toolsOf({ steps, walks, checks, faults }: Plan): Tool[] {
  const text = [
    ...(hookedPlaces(walks).length ? ['nft', 'conntrack'] : []),
    ...steps.flatMap(({ commands = [] }) => commands.flatMap(({ lines }) => lines)),
    ...faults.flatMap((fault) => [...fault.break, ...fault.fix].flatMap(({ lines }) => lines)),
    ...walks.map(({ send }) => send.command),
    ...checks.map(({ run }) => run),
  ].join('\n');
  const named = new Set(text.split(/[^\w.-]+/));
  return [...essential, ...optional.filter(({ command }) => named.has(command))];
}
