import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from './plan.ts';
import { isStanding, type Standing } from './runtime/index.ts';

/** A lab that stands: how it was planned, where it was loaded from, and where its nodes are. */
export interface StandingLab {
  name: string;
  /** What was typed to load it. */
  word: string;
  plan: Plan;
  since: string;
  standing: Standing;
}

const uid = process.getuid?.() ?? 0;
const folder = join(tmpdir(), `packetwalk-${uid}`);
const file = (name: string) => join(folder, `${name}.json`);

/** Whether a standing lab's nodes are still there. */
export const stands = ({ standing }: StandingLab): Promise<boolean> => isStanding(standing);

const isOurs = (path: string) => {
  const found = lstatSync(path);
  return found.isDirectory() && found.uid === uid;
};

/** Whether two plans stand up the same: their walks, checks and drills may differ. */
export const sameNodes = (a: Plan, b: Plan): boolean =>
  JSON.stringify([a.nodes, a.pods, a.links, a.steps]) === JSON.stringify([b.nodes, b.pods, b.links, b.steps]);

/** Notes that a lab stands, so that a later command finds it. */
export function remember(lab: StandingLab): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOurs(folder)) throw new Error(`${folder} belongs to somebody else: remove it, or set TMPDIR`);
  writeFileSync(`${file(lab.name)}.${process.pid}`, JSON.stringify(lab), { mode: 0o600 });
  renameSync(`${file(lab.name)}.${process.pid}`, file(lab.name));
}

export const forget = (name: string): void => rmSync(file(name), { force: true });

/** Every lab that is noted, those whose nodes have ended since included. */
export function remembered(): StandingLab[] {
  let files: string[] = [];
  try {
    if (isOurs(folder)) files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  return files.flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as StandingLab];
    } catch {
      rmSync(join(folder, name), { force: true });
      return [];
    }
  });
}

/** The labs that stand, in the order of their names. */
export async function standingLabs(): Promise<StandingLab[]> {
  const noted = await Promise.all(remembered().map(async (lab) => ({ lab, stands: await stands(lab) })));
  return noted.flatMap(({ lab, stands }) => (stands ? [lab] : [])).sort((a, b) => (a.name < b.name ? -1 : 1));
}
