import type { Game } from './game.ts';
import type { Item } from './items.ts';
import type { Size } from './shell.ts';

/** Where a workshop is shown. */
export interface Tty {
  write(bytes: Buffer): void;
  size(): Size;
  /** Whether it is there for as long as its page: who ends the shell has another one, and leaves nothing. */
  stays?: boolean;
  /** Is told when the workshop begins or ends to be busy, or to ask something. */
  changed?(): void;
}

/** A workshop on a terminal: keys go to the shell, and what the shell prints comes back with what the workshop says. */
export interface Session extends AsyncDisposable {
  game: Game;
  /** Opens an item and the shell for it. Rejects where its lab cannot be stood up. */
  begin(item: Item): Promise<void>;
  type(keys: Buffer): void;
  /** Says a word as if it were typed at the prompt, be there one or not. Throws a BadUsage where it has to wait for a program. */
  say(words: readonly string[]): void;
  resize(): void;
  /** While it is held, what the shells print waits. */
  hold(isHeld: boolean): void;
  isBusy(): boolean;
  /** What the attendee is asked beside the shell. */
  question(): string | undefined;
  /** Resolves once the attendee has left. */
  ended: Promise<void>;
}
