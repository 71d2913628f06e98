import type { Daemon, Until } from './words.ts';

/** What is typed for a daemon, be it the small one or the real one. */
type Lines = string | Daemon | Until | readonly (string | Daemon | Until)[];

/** Lines, or a small daemon, that do what a real one would; with `--daemons real` that is started in their place. */
export interface StandIn {
  /** The program of the real one: `flanneld`. At its node it is /run/daemons/flanneld. */
  standsFor: string;
  small: Lines;
  real: Lines;
}

/**
 * What a daemon is played by, and how the real one is started: `standsFor('flanneld', { small: daemon(…), real: daemon('flanneld',
 * '/run/daemons/flanneld --iface eth0', …) })`. What the real one does by itself has no line of its own: `real` may be left out.
 */
export const standsFor = (
  program: string,
  { small = [], real = [] }: Partial<Pick<StandIn, 'small' | 'real'>>,
): StandIn => ({
  standsFor: program,
  small,
  real,
});
