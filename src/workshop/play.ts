import type { Difference } from '../explain/state/compare.ts';
import type { Live } from '../observe/sent.ts';
import type { Plan } from '../plan/plan.ts';
import type { Like } from './look.ts';
import type { Shell } from './shell.ts';
import type { Reference, Stood } from './stood.ts';

/** What an item of a workshop is played with. */
export interface Context {
  plan: Plan;
  /** The attendee's lab; another one after a reset. */
  lab(): Stood;
  reference: Reference;
  /** In what the attendee's lab differs from what it is to be, but for what has been accepted. */
  deviations(toBe: Like, now: Like): Difference[];
  /** Has what differs serve equally from now on. */
  accept(differences: readonly Difference[]): void;
  /** The shell at a place, which is opened when it is first asked for. */
  shell(place: string): Promise<Shell>;
  /** Eyes on the attendee's lab, once it is set up. */
  live(): Promise<Live>;
  columns(): number;
}

/** Whether an item is done, and what is said of that. */
export interface Told {
  passed: boolean;
  lines: string[];
}

/** An item as it is played. */
export interface Play {
  /** Gets it ready, and says what is to be done; its lab is as it was before the item. */
  open(): Promise<string[]>;
  /** Looks whether it is done: thoroughly where that was asked for, else only where something may have changed. */
  check(isAsked: boolean): Promise<Told>;
  /** The hint of a level: 1 where to look, 2 what differs, 3 what to type. */
  hint(level: number): Promise<string[]>;
  /** Does it, or the part of it that belongs to a place, and says what was typed. */
  solve(place?: string): Promise<string[]>;
  /** Takes what the attendee expects; absent where nothing is asked. */
  predict?(where: string): Promise<Told & { isRight: boolean }>;
  /** Whether the lab must be as before the item when it is solved as a whole. */
  solvesFromStart?: boolean;
}
