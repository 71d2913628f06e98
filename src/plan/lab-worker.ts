// The thread in which a lab's file is loaded (load-file.ts): whatever that does to its process, it does to this thread.
import { createRequire } from 'node:module';
import { isMainThread, parentPort } from 'node:worker_threads';
import { tellStacksBy } from '../packet/index.ts';
import { BadLab, type Problem } from './bad-lab.ts';
import { inOwnFiles } from './own-lines.ts';
import { type LabModule, planModule, type Size } from './plan-module.ts';
import type { Daemons } from './real-daemons.ts';
import { bringsProtocols } from './registry.ts';
import { BadUsage } from './usage.ts';

/** What the thread is asked: a lab's module, bundled, the lab's name, and the size that it is to have. */
export interface LabAsked {
  code: string;
  map: string;
  /** The path from which it requires, if it does. */
  requireFrom?: string | undefined;
  name: string;
  size?: Partial<Size> | undefined;
  daemons?: Daemons | undefined;
}

/** What it tells: the plan as JSON, or why there is none. */
export type LabTold =
  | { plan: string; bringsProtocols: boolean }
  | { problems: Problem[] }
  | { usage: string }
  | { what: string; stack?: string | undefined };

/** What it tells before it works out the plan. */
export interface LabIsLoaded {
  isLoaded: true;
}

/** Whether the lab's file has been loaded to its end: what it does later is not of the lab. */
let isLoaded = false;

/** How a stack of the lab's module is told in the lab's own files. */
let toOwnFiles = (stack: string): string => stack;

async function told({ code, map, requireFrom, name, size, daemons }: LabAsked): Promise<LabTold> {
  toOwnFiles = (stack) => inOwnFiles(stack, map);
  tellStacksBy(toOwnFiles);
  try {
    if (requireFrom) globalThis.require = createRequire(requireFrom);
    const module = (await import(`data:text/javascript;base64,${code}`)) as LabModule;
    // A promise that is rejected by now, and that nobody awaits, is told of in between.
    await new Promise(setImmediate);
    isLoaded = true;
    if (!('default' in module))
      return { what: 'does not load: it has no default export: write `export default lab({ … })`' };
    parentPort?.postMessage({ isLoaded } satisfies LabIsLoaded);
    const plan = planModule(module, name, size, daemons);
    return { plan: JSON.stringify(plan), bringsProtocols: bringsProtocols(plan) };
  } catch (error) {
    if (error instanceof BadLab) return { problems: error.problems };
    if (error instanceof BadUsage) return { usage: error.message };
    return thrown(error);
  }
}

const thrown = (error: unknown): LabTold =>
  error instanceof Error
    ? { what: `does not load: ${error.message}`, stack: toOwnFiles(error.stack ?? '') }
    : { what: `does not load: it throws ${String(error)}` };

const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => void stream.write('', () => resolve()));

async function tell(what: LabTold): Promise<void> {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  parentPort?.postMessage(what);
}

if (!isMainThread && parentPort) {
  const end = process.exit.bind(process);
  process.exit = (code) => {
    if (isLoaded) return undefined as never;
    const { stack } = new Error();
    const what = `ends its process: process.exit(${code ?? ''}). A lab is a value, and its file is loaded to its end`;
    parentPort?.postMessage({ what, stack: toOwnFiles(stack ?? '') } satisfies LabTold);
    return end(code);
  };
  process.on('uncaughtException', (error) => {
    if (!isLoaded) void tell(thrown(error));
  });
  parentPort.once('message', (asked: LabAsked) => void told(asked).then(tell));
}
