import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Passed } from '../prove/again.ts';

/** Where a command is told the file of what has passed so far, when `--watch` runs it again and again in one lab. */
export const PASSED_FILE = 'PACKETWALK_PASSED_FILE';

const file = process.env[PASSED_FILE];

/** Whether `--watch` has started this command. */
export const isWatched = file !== undefined;

/** What has passed so far in the lab that stands; nothing where nobody has kept it. */
export const passedBefore = (path = file): Passed =>
  path && existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Passed) : { parts: [] };

/** Keeps what has passed for the next time, where there will be one. */
export function keepPassed(passed: Passed): void {
  if (file) writeFileSync(file, JSON.stringify(passed));
}
