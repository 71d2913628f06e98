import type { Needs } from '../lab/needs.ts';
import { essential, frequent, optional, type Tool, tool } from '../machine/programs.ts';
import { hookedPlaces } from './hops.ts';
import type { Plan } from './plan.ts';

/** The programs that packetwalk knows. */
export const knownTools: readonly Tool[] = [...essential, ...optional, ...frequent];

type Program = NonNullable<Needs['programs']>[number];

export const commandOf = (program: Program): string => (typeof program === 'string' ? program : program.command);

/** A program that a lab states, as the table of programs has it; one that is not there is the lab's own. */
function statedTool(program: Program): Tool {
  const known = knownTools.find(({ command }) => command === commandOf(program));
  const packages = typeof program === 'string' ? {} : (program.packages ?? {});
  if (known && !Object.keys(packages).length) return known;
  return tool(commandOf(program), 'is needed by the lab', { apt: '', dnf: '', apk: '', pacman: '', ...packages });
}

/** The tools that every lab needs, those that a lab states, and those that its own commands name. */
export function toolsOf({ steps, walks, checks, faults, needs = {} }: Plan): Tool[] {
  const text = [
    ...(hookedPlaces(walks).length ? ['nft', 'conntrack'] : []),
    ...steps.flatMap(({ commands = [] }) => commands.flatMap(({ lines }) => lines)),
    ...faults.flatMap((fault) => [...fault.break, ...fault.fix].flatMap(({ lines }) => lines)),
    ...walks.map(({ send }) => send.command),
    ...checks.map(({ run }) => run),
  ].join('\n');
  const named = new Set(text.split(/[^\w.-]+/));
  const stated = (needs.programs ?? []).map(statedTool);
  const guessed = [...essential, ...optional.filter(({ command }) => named.has(command))];
  return [...guessed.filter((each) => !stated.some(({ command }) => command === each.command)), ...stated];
}
