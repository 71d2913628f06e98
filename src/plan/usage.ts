import { resolve } from 'node:path';

/** Exit codes: how a command ended, for a shell. */
export const exitCodes = { passed: 0, skipped: 0, failed: 1, unknown: 2, usage: 64 } as const;

/** What was typed cannot be done; the lines say what is wrong and what to type instead. */
export class BadUsage extends Error {
  override name = 'BadUsage';
  constructor(...lines: string[]) {
    super(lines.join('\n'));
  }
}

/** This machine cannot do what was asked, through no fault of the lab: what is missing, why, and what to type. */
export class CannotRun extends Error {
  override name = 'CannotRun';
  readonly verdict: 'skipped' | 'unknown';
  constructor(verdict: 'skipped' | 'unknown', ...lines: string[]) {
    super(lines.join('\n'));
    this.verdict = verdict;
  }
}

/** A path as it was meant where the command was typed; npm runs us elsewhere. */
export const fromHere = (path: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), path);
