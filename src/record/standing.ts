import { rmSync } from 'node:fs';
import { notePath, readNotes, writeNote } from '../machine/notes.ts';
import type { Plan } from '../plan/plan.ts';
import { isStanding, type Standing } from '../runtime/index.ts';

/** A lab that stands: how it was planned, where it was loaded from, and where its nodes are. */
export interface StandingLab {
  name: string;
  /** What was typed to load it. */
  word: string;
  plan: Plan;
  since: string;
  standing: Standing;
}

/** Whether a standing lab's nodes are still there. */
export const stands = ({ standing }: StandingLab): Promise<boolean> => isStanding(standing);

/** Whether two plans stand up the same: their walks, checks and drills may differ. */
export const sameNodes = (a: Plan, b: Plan): boolean =>
  JSON.stringify([a.nodes, a.pods, a.links, a.steps]) === JSON.stringify([b.nodes, b.pods, b.links, b.steps]);

const file = (name: string) => `${name}.json`;

/** Notes that a lab stands, so that a later command finds it. */
export const remember = (lab: StandingLab): void => writeNote(file(lab.name), lab);

export const forget = (name: string): void => rmSync(notePath(file(name)), { force: true });

/** Every lab that is noted, those whose nodes have ended since included. */
export const remembered = (): StandingLab[] => readNotes<StandingLab>('.');

/** The labs that stand, in the order of their names. */
export async function standingLabs(): Promise<StandingLab[]> {
  const noted = await Promise.all(remembered().map(async (lab) => ({ lab, stands: await stands(lab) })));
  return noted.flatMap(({ lab, stands }) => (stands ? [lab] : [])).sort((a, b) => (a.name < b.name ? -1 : 1));
}
