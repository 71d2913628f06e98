import { galleryNames, labName, labNames } from '../plan/load.ts';
import { hint } from '../plan/nearest.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage } from '../plan/usage.ts';
import { type AnyStandingLab, isOurs, type StandingLab, standingLabs } from '../record/standing.ts';
import { typed } from './output.ts';

/** The lab of this name that stands, and that this version of packetwalk stood up. */
export async function standing(word: string): Promise<StandingLab> {
  const lab = await standingOfAnyVersion(word);
  if (!isOurs(lab)) throw strange(lab.name, word);
  if (!lab.plan.protocolsFile) return lab;
  const { withOwnProtocols } = await import('../plan/own-protocols.ts');
  return { ...lab, plan: await withOwnProtocols(lab.plan) };
}

/** That a lab of another version can be taken down, and no more. */
export const strange = (name: string, word = name): BadUsage =>
  new BadUsage(
    `${name} stands, but it was stood up by another version of packetwalk: take it down and up again.`,
    `Type: ${typed('down', name)}`,
    `Then: ${typed('up', word)}`,
  );

/** The lab of this name that stands, whatever version stood it up: it can be taken down. */
export async function standingOfAnyVersion(word: string): Promise<AnyStandingLab> {
  const name = labName(word);
  const all = await standingLabs();
  const found = all.find((lab) => lab.name === name);
  if (found) return found;
  const known = [...new Set([...labNames(), ...galleryNames().map(labName), ...all.map((lab) => lab.name)])];
  if (!known.includes(name) && name === word) throw new BadUsage(`there is no lab ${name}. ${hint(name, known)}`);
  const others = all.length ? ` These do: ${all.map((lab) => lab.name).join(', ')}.` : '';
  throw new BadUsage(`${name} does not stand.${others}`, `Stand it up: ${typed('up', word)}`);
}

/** The place of this name in a lab: a node or a pod. */
export function place({ nodes, pods }: Plan, name: string): string {
  const names = [...nodes, ...pods].map((each) => each.name);
  if (names.includes(name)) return name;
  throw new BadUsage(`there is no node or pod ${name}. ${hint(name, names)}`);
}

/** The one of some names that was meant, by its number from 1, its whole text, or the only one that contains it. */
export function named(what: string, word: string, names: string[]): string {
  const within = names.filter((name) => name.toLowerCase().includes(word.toLowerCase()));
  const found =
    names.find((name) => name === word) ?? names[Number(word) - 1] ?? (within.length === 1 ? within[0] : undefined);
  if (found) return found;
  const list = (within.length ? within : names).map((name) => `  ${names.indexOf(name) + 1}  ${name}`);
  throw new BadUsage(
    within.length ? `'${word}' is in several ${what}s:` : `there is no ${what} '${word}'. There is:`,
    ...list,
  );
}

/** The command that takes one walk of a standing lab, by its number. */
export const oneWalk = ({ name, walks }: Pick<Plan, 'name' | 'walks'>, walk: string): string =>
  typed('walk', name, String(walks.findIndex((each) => each.name === walk) + 1));
