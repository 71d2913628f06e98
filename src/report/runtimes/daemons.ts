import type { Run } from '../../compare/compare.ts';

/** The real daemons of runs that had some, each in words, by what the run is called. */
export const daemonsOf = (runs: Run[]): { runtime: string; daemons: string }[] =>
  runs.flatMap(({ runtime, document }) =>
    document?.daemons ? [{ runtime, daemons: document.daemons.join(', ') }] : [],
  );
