import type { Command } from 'commander';

/** Whether a CI job runs this, where a skip would be green though nothing was tried: CI is set, and not to false or 0. */
export const inCI = ({ CI = '' }: { CI?: string | undefined }): boolean =>
  !['', '0', 'false'].includes(CI.toLowerCase());

/** Adds `--strict`, which is the default in a CI job, and `--no-strict`. */
export const strictly = (one: Command, what: string): Command =>
  one
    .option('--strict', `${what}; the default where CI is set`, inCI(process.env) || undefined)
    .option('--no-strict', 'do not, even where CI is set');
