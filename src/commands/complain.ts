import { CommanderError } from 'commander';
import { BadLab } from '../plan/bad-lab.ts';
import { BadUsage, CannotRun, exitCodes } from '../plan/usage.ts';

/** Says on standard error why a command ended, and returns its exit code: what nobody foresaw is unknown. */
export function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const known = error instanceof BadUsage || error instanceof BadLab || error instanceof CannotRun;
  process.stderr.write(`${(error as Error).message}\n`);
  if (!known && process.env.PACKETWALK_DEBUG) process.stderr.write(`${(error as Error).stack}\n`);
  return error instanceof BadUsage || error instanceof BadLab ? exitCodes.usage : exitCodes.unknown;
}
