import type { Size } from '../workshop/shell.ts';

/** A page that watches a terminal, and can do nothing to it. */
export interface Watcher {
  said(bytes: Buffer): void;
  sized(size: Size): void;
  /** There is nothing more to watch. */
  over(): void;
  /** How many bytes wait to be sent to it. */
  waiting(): number;
}

/** Who watches a terminal. */
export interface Audience {
  count(): number;
  /** Shows the terminal to a watcher; returns what ends that. */
  add(watcher: Watcher): () => void;
  said(bytes: Buffer): void;
  resized(): void;
  /** There is nothing more to watch. */
  end(): void;
}

/** A watcher that does not keep up misses something: the attendee's programs do not wait for it. */
const MOST_WAITING = 1_000_000;
/** Begins a terminal anew (RIS, xterm's ctlseqs). */
const ANEW = Buffer.from('\x1bc');

/** Shows a terminal to those that watch: how large it is, what it printed last. `changed` is called when one comes or goes. */
export function audience(size: () => Size, kept: () => Buffer, changed: () => void): Audience {
  const all = new Map<Watcher, { misses: boolean }>();
  const show = (watcher: Watcher) => {
    watcher.sized(size());
    watcher.said(Buffer.concat([ANEW, kept()]));
  };
  return {
    count: () => all.size,
    add(watcher) {
      all.set(watcher, { misses: false });
      show(watcher);
      changed();
      return () => {
        all.delete(watcher);
        changed();
      };
    },
    said(bytes) {
      for (const [watcher, state] of all) {
        const isFull = watcher.waiting() > MOST_WAITING;
        if (!isFull && state.misses) show(watcher);
        else if (!isFull) watcher.said(bytes);
        state.misses = isFull;
      }
    },
    resized() {
      for (const watcher of all.keys()) watcher.sized(size());
    },
    end() {
      for (const watcher of [...all.keys()]) watcher.over();
      all.clear();
    },
  };
}
