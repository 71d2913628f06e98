import type { Needs } from '../../lab/needs.ts';
import { deviceKinds } from '../../machine/device-kinds.ts';
import { kernelParts } from '../../machine/kernel-parts.ts';
import type { Problem } from '../bad-lab.ts';
import { hint } from '../nearest.ts';
import { knownTools } from '../needs.ts';

/** What is wrong with what a lab says that it needs: names that nobody knows, and that are not explained. */
export function needsProblems({ programs = [], kernel = [] }: Needs = {}): Problem[] {
  const commands = knownTools.map(({ command }) => command);
  const parts = Object.keys(kernelParts).filter((part) => !deviceKinds.includes(part));
  return [
    ...unknown('programs', programs, commands, "a program: { command: 'NAME', packages: { apt: 'PACKAGE' } }"),
    ...unknown('kernel', kernel, parts, "a part of a kernel: { part: 'NAME', probe: 'COMMAND' }"),
  ];
}

const unknown = (field: string, stated: readonly unknown[], known: string[], own: string): Problem[] =>
  stated.flatMap((each, i) =>
    typeof each !== 'string' || known.includes(each)
      ? []
      : [
          {
            where: `needs.${field}[${i}]`,
            what: `${each} is not known. Say of your own ${own}.`,
            hint: hint(each, known),
          },
        ],
  );
