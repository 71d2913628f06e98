import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { BadUsage } from '../plan/usage.ts';
import { lives, type Noted, startTicks } from '../runtime/index.ts';
import type { Item } from './items.ts';

/** How an attendee came through an item; nothing of what was typed is kept. */
export interface Entry {
  verdict: 'open' | 'passed' | 'skipped' | 'solved';
  /** How many hints were asked for. */
  hints: number;
  /** How often it was looked at and was not done. */
  tries: number;
  seconds: number;
  /** How the first answer to its question was. */
  answer?: 'right' | 'wrong';
}

/** What is kept of a workshop, by the items' chapters and titles. */
export interface Progress {
  version: 1;
  lab: string;
  /** The item that is under way. */
  at?: string;
  items: Record<string, Entry>;
  predictions: { right: number; of: number };
}

const VERSION = 1;

/** What an item is kept by. */
export const keyOf = ({ chapter, title }: Pick<Item, 'chapter' | 'title'>): string => `${chapter}: ${title}`;

/** Where this user's workshops keep something (XDG Base Directory Specification). */
export const stateFile = (...names: string[]): string =>
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'packetwalk', ...names);

/** Where a lab's progress is kept. */
export const progressFile = (lab: string): string => stateFile('workshop', `${lab}.json`);

export const emptyProgress = (lab: string): Progress => ({
  version: VERSION,
  lab,
  items: {},
  predictions: { right: 0, of: 0 },
});

/** What is kept of a lab's workshop, empty where nothing is; `again` is what begins it anew. */
export function keptProgress(lab: string, again: string): Progress {
  const file = progressFile(lab);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyProgress(lab);
    throw new BadUsage(`${file} cannot be read: ${(error as Error).message}`, `Begin anew: ${again}`);
  }
  const kept = parsed(text);
  if (kept?.version === VERSION && typeof kept.items === 'object') return kept as Progress;
  const what = kept ? `is of another version (${kept.version ?? 'none'}, this is ${VERSION})` : 'is no progress';
  throw new BadUsage(`What is kept of this workshop in ${file} ${what}.`, `Begin anew: ${again}`);
}

function parsed(text: string): Partial<Progress> | undefined {
  try {
    const value = JSON.parse(text) as Partial<Progress> | null;
    return value && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps it, whole. */
export const keepProgress = (progress: Progress): void =>
  writeWhole(progressFile(progress.lab), `${JSON.stringify(progress, null, 2)}\n`);

/** Writes a file so that it is there as a whole or as it was, and makes its folder. */
function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}

/** Has this process alone play a lab's workshop until it is disposed of. Throws where another process does. */
export function claimWorkshop(lab: string): Disposable {
  const file = `${progressFile(lab)}.owner`;
  const owner = ownerIn(file);
  if (owner && lives(owner))
    throw new BadUsage(
      `A workshop of ${lab} is under way already, in process ${owner.pid}.`,
      `Go on there, or end it: kill ${owner.pid}`,
    );
  mkdirSync(dirname(file), { recursive: true });
  const own: Noted = { pid: process.pid, startTicks: startTicks(process.pid) };
  writeFileSync(file, JSON.stringify(own));
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

function ownerIn(file: string): Noted | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Noted;
  } catch {
    return undefined;
  }
}
