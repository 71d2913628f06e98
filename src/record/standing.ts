import { rmSync } from 'node:fs';
import { isOfThisVersion, notePath, readNotes, type Versioned, writeNote } from '../machine/notes.ts';
import type { Plan } from '../plan/plan.ts';
import { isStanding, type Standing } from '../runtime/index.ts';

/** A lab that stands, of which no more is known than it takes to take it down: another version may have stood it up. */
export interface AnyStandingLab extends Versioned {
  name: string;
  standing: Standing;
  since?: string;
  plan?: { nodes?: { name: string }[]; pods?: { name: string }[] };
}

/** A lab that stands: how it was planned, where it was loaded from, and where its nodes are. */
export interface StandingLab extends AnyStandingLab {
  /** What was typed to load it. */
  word: string;
  plan: Plan;
  since: string;
}

/** Whether this version of packetwalk stood a lab up, so that its plan is known. */
export const isOurs = (lab: AnyStandingLab): lab is StandingLab => isOfThisVersion(lab);

/** Whether a standing lab's nodes are still there. */
export const stands = ({ standing }: AnyStandingLab): Promise<boolean> => isStanding(standing);

/** Whether two plans stand up the same: their walks, checks and drills may differ. */
export const sameNodes = (a: Plan, b: Plan): boolean =>
  JSON.stringify([a.nodes, a.pods, a.links, a.steps]) === JSON.stringify([b.nodes, b.pods, b.links, b.steps]);

const file = (name: string) => `${name}.json`;

/** Notes that a lab stands, so that a later command finds it. */
export const remember = (lab: StandingLab): void => writeNote(file(lab.name), lab);

/** The folder of the notes on what standing labs' places went by, and a lab's own in it. */
export const baselineFolder = 'baselines';
export const baselineFile = (name: string): string => `${baselineFolder}/${file(name)}`;

/** Forgets that a lab stands, and what its places were like. */
export function forget(name: string): void {
  for (const note of [file(name), baselineFile(name)]) rmSync(notePath(note), { force: true });
}

/** Every lab that is noted, by whatever version, those whose nodes have ended since included. */
export const remembered = (): AnyStandingLab[] =>
  readNotes<AnyStandingLab>('.').flatMap((note) =>
    typeof note.name === 'string' && typeof note.standing?.runtime === 'string' ? [note as AnyStandingLab] : [],
  );

/** The labs that stand, whatever version stood them up, in the order of their names. */
export async function standingLabs(): Promise<AnyStandingLab[]> {
  const noted = await Promise.all(remembered().map(async (lab) => ({ lab, stands: await stands(lab) })));
  return noted.flatMap(({ lab, stands }) => (stands ? [lab] : [])).sort((a, b) => (a.name < b.name ? -1 : 1));
}
