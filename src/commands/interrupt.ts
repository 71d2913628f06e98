import { hasOwnCode, isAwaited } from '../plan/own-code.ts';
import { exitCodes } from '../plan/usage.ts';

const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** What is to be cleaned up before this process may end, and what a person is told of it. */
const cleaning = new Map<() => PromiseLike<void>, string>();

let isEnding = false;

const allClean = () => Promise.allSettled([...cleaning.keys()].map((cleanUp) => cleanUp()));

function interrupted(signal: NodeJS.Signals): void {
  isEnding = true;
  listen(false);
  process.stderr.write(`\n${signal}: ${[...new Set(cleaning.values())].join(', ')} …\n`);
  void allClean().finally(() => process.exit(128 + numbers[signal as keyof typeof numbers]));
}

/** What comes once more, while this process cleans up, ends it at once. */
function listen(isWanted: boolean): void {
  for (const signal of Object.keys(numbers)) {
    process.off(signal, interrupted);
    if (isWanted && !isEnding) process.on(signal, interrupted);
  }
}

/** Until it is disposed of, Ctrl-C and its like first clean up, with all else that is to be, and then end this process, with a shell's exit code. */
export function onInterrupt(cleanUp: () => PromiseLike<void>, doing = 'taking down'): Disposable {
  cleaning.set(cleanUp, doing);
  listen(true);
  return {
    [Symbol.dispose]: () => {
      cleaning.delete(cleanUp);
      if (!cleaning.size) listen(false);
    },
  };
}

let isUnread = false;

/**
 * What was to be printed could not be: mostly since who reads along has left, as `head` does. Then there is nobody to complain to, and
 * this process cleans up and ends. Of such a pipe every further write fails, too.
 */
export function unwritten({ code }: NodeJS.ErrnoException): void {
  if (code !== 'EPIPE') process.exit(2);
  if (isUnread) return;
  isUnread = true;
  void allClean().finally(() => process.exit(141));
}

/** In a lab that goes on standing: has nothing further begin, and the drill that is under way mended. */
export async function mended(stop: AbortController, taken: Promise<unknown>): Promise<void> {
  stop.abort();
  await taken.catch(() => {});
}

/** Resolves with the first signal that asks this process to end; the next one ends it at once. */
export const toldToStop = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
  });

/** A command has begun: it ends by `endWith`, when who reads along leaves, or with a sentence where nothing is left to be done. */
export function begin(): void {
  process.stdout.on('error', unwritten);
  process.on('beforeExit', endsInVain);
}

function endsInVain(): void {
  if (isAwaited()) return;
  process.stderr.write('This ended before it was done: it waits for what nothing can bring about.\n');
  process.exit(exitCodes.unknown);
}

/** Ends this process with an exit code: at once where code of a reader's own may have left something open. */
export async function endWith(code: number): Promise<void> {
  process.off('beforeExit', endsInVain);
  process.exitCode = code;
  if (!hasOwnCode()) return;
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit(code);
}

const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => void stream.write('', () => resolve()));
