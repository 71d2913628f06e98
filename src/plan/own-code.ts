import { createRequire } from 'node:module';
import type { Bundle } from './bundle-lab.ts';
import { inOwnFiles } from './own-lines.ts';

/** How long code of a reader's own may take to be loaded in this process, in milliseconds. */
const LOAD_TIMEOUT_MS = 30_000;

/** How a stack names what runs from a bundle. */
const BUNDLED = 'data:text/javascript;base64,';

/** How a stack of each bundle that was loaded in this process is told in its own files. */
const loaded: ((stack: string) => string)[] = [];

/** Whether code of a reader's own was loaded in this process: what it leaves open would keep that from ending. */
export const hasOwnCode = (): boolean => loaded.length > 0;

/** Whether some of it has yet to come to its end, and is told of if it never does. */
export const isAwaited = (): boolean => refuse !== undefined;

/** What the code that is being loaded does instead of coming to its end. */
let refuse: ((error: Error) => void) | undefined;

/** Loads a bundled module in this process. Rejects with what keeps it from its end, in a stack that names its own files. */
export async function loadHere(path: string, { code, map, requires }: Bundle): Promise<object> {
  if (!hasOwnCode()) doNotLetItEnd();
  const toOwnFiles = (stack: string) => inOwnFiles(stack, map);
  loaded.push(toOwnFiles);
  (await import('../packet/index.ts')).tellStacksBy(toOwnFiles);
  if (requires) globalThis.require = createRequire(path);
  try {
    return await toItsEnd(() => import(`${BUNDLED}${code}`) as Promise<object>);
  } catch (error) {
    if (error instanceof Error) error.stack = toOwnFiles(error.stack ?? '');
    throw error;
  }
}

/** What code of a reader's own comes to, which may neither end this process nor keep it waiting for ever. */
export async function toItsEnd<T>(work: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const never = () => refuse?.(new Error('it never finishes: it waits for what nothing can bring about'));
  const late = () => refuse?.(new Error(`it takes more than ${LOAD_TIMEOUT_MS / 1000} s: it waits for something`));
  const kept = new Promise<never>((_, reject) => {
    refuse = reject;
    timer = setTimeout(late, LOAD_TIMEOUT_MS).unref();
  });
  process.once('beforeExit', never);
  try {
    return await Promise.race([(async () => work())(), kept]);
  } finally {
    process.off('beforeExit', never);
    clearTimeout(timer);
    refuse = undefined;
  }
}

/** From then on a bundle that would end this process, or throws where nobody waits for it, is refused; or told, once it is loaded. */
function doNotLetItEnd(): void {
  const end = process.exit.bind(process);
  process.exit = (code) => {
    const error = new Error(`it ends its process: process.exit(${code ?? ''})`);
    if (!error.stack?.includes(BUNDLED)) return end(code);
    refuse?.(error);
    throw error;
  };
  process.on('uncaughtException', (error: Error) => {
    if (error.stack?.includes(BUNDLED)) return refuse ? refuse(error) : tellLate(error);
    // Whoever else hears of it says so.
    if (process.listenerCount('uncaughtException') === 1) throw error;
  });
}

function tellLate({ message, stack = '' }: Error): void {
  const [line = ''] = /\/[^():\n]+:\d+:\d+/.exec(loaded.reduce((text, toOwnFiles) => toOwnFiles(text), stack)) ?? [];
  process.stderr.write(`${line}: thrown once it was loaded, and not waited for: ${message}\n`);
}
