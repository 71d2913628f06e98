import { BadUsage } from '../plan/usage.ts';

/** What is done to a lab, one after another. */
export interface Work {
  /** Does something when it is its turn; refuses it where too much waits already. */
  add(what: string, does: () => Promise<void>): void;
  /** Does something in between, of which nothing is told. */
  aside<T>(does: () => Promise<T>): Promise<T>;
  /** Resolves once all is done that was added until now. */
  done(): Promise<unknown>;
}

/** So much may wait: whoever asks for more has not seen that something is under way. */
const MOST_WAITING = 4;

export function work(tell: (event: WorkEvent) => void): Work {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const aside = <T>(does: () => Promise<T>): Promise<T> => {
    const done = last.then(does, does);
    last = done.catch(() => {});
    return done;
  };
  return {
    aside,
    done: () => last,
    add(what, does) {
      if (waiting >= MOST_WAITING) throw new BadUsage('Too much waits to be done already: wait until it is.');
      waiting++;
      void aside(async () => {
        tell({ type: 'work began', what });
        const failure = await does().then(
          () => undefined,
          ({ message }: Error) => message,
        );
        waiting--;
        tell({ type: 'work ended', what, ...(failure !== undefined && { failure }) });
      });
    },
  };
}

type WorkEvent = { type: 'work began'; what: string } | { type: 'work ended'; what: string; failure?: string };
