import { join } from 'node:path';
import type { Run } from '../compare/compare.ts';
import { fromHere } from '../plan/usage.ts';
import type { Document } from '../record/document.ts';
import { inTurn } from './in-turn.ts';
import { onInterrupt } from './interrupt.ts';
import type { Cell, MatrixOptions } from './runtimes.ts';
import { type Apart, apart } from './subprocess.ts';

/** Where each run is: here, in a process of its own, or where `start` has it. */
export interface Elsewhere {
  /** Starts a command of packetwalk; `what` is the run, as a person is told. */
  start(words: string[], what: string, told: (line: string) => void): Apart;
  /** What is to be done once all of them were interrupted. */
  leave?(): Promise<void>;
}

/** Verifies labs, each in a process of its own, those first that take long, and tells how each ended. */
export async function runAll(
  cells: Cell[],
  cores: number,
  options: MatrixOptions,
  length: (cell: Cell) => number = ({ work }) => work,
  { start, leave }: Elsewhere = { start: apart },
): Promise<Run[]> {
  const { progressOf } = await import('../report/runtimes/progress.ts');
  const progress = progressOf(cells.length, options.json ? process.stderr : process.stdout);
  const runs = new Map<Cell, Run>();
  const running = new Set<Apart>();
  let interrupted = false;
  using _ = onInterrupt(async () => {
    interrupted = true;
    progress.stop();
    for (const child of running) child.interrupt();
    await Promise.allSettled([...running].map(({ ended }) => ended));
    await leave?.();
  });
  const longestFirst = [...cells].sort((a, b) => length(b) - length(a));
  await inTurn(longestFirst, cores, async (each) => {
    const what = `${each.lab} on ${each.runtime}`;
    progress.begins(what);
    const child = start(verifyLine(each, options), what, progress.says);
    running.add(child);
    const run = await runOf(each, child);
    // What interrupted us ends this process once all children have ended.
    if (interrupted) await new Promise(() => {});
    running.delete(child);
    runs.set(each, run);
    progress.ended(run);
  });
  progress.stop();
  return cells.map((each) => runs.get(each)!);
}

function verifyLine({ word, lab, variant }: Cell, { drills = true, hosts, captures }: MatrixOptions): string[] {
  const file = `${lab}-${variant.name.replaceAll('/', '-')}.pcapng`;
  return [
    ...['verify', word, '--runtime', variant.runtime, ...variant.options, '--json'],
    ...(drills ? ['--drills'] : []),
    ...(hosts ? ['--hosts', hosts] : []),
    ...(captures ? ['--capture', join(fromHere(captures), file)] : []),
  ];
}

async function runOf({ lab, runtime }: Cell, child: Apart): Promise<Run> {
  const began = performance.now();
  const { code, stdout, stderr, lost } = await child.ended;
  const document = lost === undefined ? parsed<Document>(stdout) : undefined;
  const lastWords = stderr.trim().split('\n').slice(-3).join('; ');
  const silent = `it ended with ${code} and told nothing${lastWords && `: ${lastWords}`}`;
  return {
    lab,
    runtime,
    verdict: document?.verdict ?? 'unknown',
    reason: document?.reason ?? lost ?? silent,
    durationMs: performance.now() - began,
    ...(document?.kernel && { kernel: document.kernel }),
    document: document ?? null,
  };
}

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
