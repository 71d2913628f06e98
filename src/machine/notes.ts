import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const uid = process.getuid?.() ?? 0;
const folder = join(tmpdir(), `packetwalk-${uid}`);

/** Where a note lies that packetwalk keeps on this machine for its user: a JSON file, or a folder of such. */
export const notePath = (name: string): string => join(folder, name);

const isOurs = (path: string) => {
  const found = lstatSync(path);
  return found.isDirectory() && found.uid === uid;
};

/** The version of all that is noted: another one where a note of old would be misread. */
const VERSION = 2;

/** What every note says besides; a note of packetwalk 0.1 has no version. */
export interface Versioned {
  version?: number;
}

/** Whether a note is one that this version of packetwalk wrote, or could have. */
export const isOfThisVersion = ({ version }: Versioned): boolean => version === VERSION;

/** Writes a note with its version; who reads it meanwhile finds the old one or the new one, whole. */
export function writeNote(name: string, note: object): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOurs(folder)) throw new Error(`${folder} belongs to somebody else: remove it, or set TMPDIR`);
  const path = notePath(name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.${process.pid}`, JSON.stringify({ version: VERSION, ...note }), { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
}

/** The notes in a folder of notes, of whatever version, in the order of their names; one that is no JSON is removed. */
export function readNotes<T>(within: string): (Partial<T> & Versioned)[] {
  let files: string[] = [];
  try {
    if (isOurs(folder)) files = readdirSync(notePath(within)).filter((file) => file.endsWith('.json'));
  } catch {
    return [];
  }
  return files.sort().flatMap((file) => {
    const path = notePath(join(within, file));
    try {
      const note = JSON.parse(readFileSync(path, 'utf8')) as (Partial<T> & Versioned) | null;
      return note && typeof note === 'object' ? [note] : [];
    } catch {
      rmSync(path, { force: true });
      return [];
    }
  });
}
