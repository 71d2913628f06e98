import { loadOwn } from '../plan/load-own.ts';
import { BadUsage, CannotRun } from '../plan/usage.ts';
import type { Kind, Runtime } from './runtime.ts';

/** A runtime of one's own: what it must have, and what it may leave out. */
export type OwnKind<Key = unknown> = Omit<Kind<Key>, 'clean' | 'examine' | 'kernel'> &
  Partial<Pick<Kind<Key>, 'clean' | 'examine' | 'kernel'>>;

const NEEDED = ['start', 'reenter', 'attach', 'stands', 'stop'] as const;

const WHAT = `A runtime is written: export default { name, about, ${NEEDED.join(', ')} } (docs/own-runtime.md)`;

/** The runtime that a file exports; its standing labs are found again by the file's path. Throws a BadUsage where it is none. */
export async function ownKind(path: string): Promise<Kind> {
  const own = (await loadOwn(path, WHAT)) as Partial<OwnKind> | null;
  const missing = [
    ...(['name', 'about'] as const).filter((field) => typeof own?.[field] !== 'string'),
    ...NEEDED.filter((field) => typeof own?.[field] !== 'function'),
  ];
  if (missing.length) throw new BadUsage(`${path}: its default export has no ${missing.join(', no ')}.`, WHAT);
  const kind = own as OwnKind;
  const named = (runtime: Runtime): Runtime => ({
    ...runtime,
    name: kind.name,
    stay: async () => ({ ...(await runtime.stay()), runtime: path }),
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  });
  return {
    clean: async () => [],
    examine: async () => [],
    ...kind,
    start: (plan, choice, say) => asOurs(path, async () => named(await kind.start(plan, choice, say))),
    reenter: (plan, key) => asOurs(path, async () => named(await kind.reenter(plan, key))),
  };
}

/**
 * What a file's code throws is of the classes that its own bundle has: it is told by their names. Anything else is a fault of the
 * runtime, which is named.
 */
async function asOurs<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { name, message, verdict } = error as Error & { verdict?: CannotRun['verdict'] };
    if (name === 'BadUsage') throw new BadUsage(message);
    if (name === 'CannotRun') throw new CannotRun(verdict ?? 'unknown', message);
    throw new Error(`${path}: ${message}`, { cause: error });
  }
}
