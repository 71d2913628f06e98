import type { Runtime } from '../runtime/runtime.ts';

/** How long it may take to find out why packets were lost, on this machine and on one as quick; and at most, wherever it is. */
const [LEAST_MS, MOST_MS] = [1800, 20_000];

/** How many shells could start one after another in the time that is allowed: all that ten places are asked, and some to spare. */
const SHELLS = 500;

/** A shell that takes longer hangs, which tells nothing of its machine. */
const HANGS_MS = 1000;

/** Of the time, the share that is left for showing the evidence. */
const SHOWING = 0.22;

/** How much later a verdict may come for being explained, and how much of that what is gathered may take. */
export interface TimeLimit {
  wholeMs: number;
  gatheringMs: number;
}

/** The time limit where a shell takes so long from its start to its end. */
export function limitFor(shellMs: number): TimeLimit {
  return limitOf(Math.min(MOST_MS, Math.max(LEAST_MS, SHELLS * shellMs)));
}

const limitOf = (wholeMs: number): TimeLimit => ({ wholeMs, gatheringMs: wholeMs * (1 - SHOWING) });

/** The time limit where the right cause is to be named, however busy the machine is: only what hangs comes near it. */
export const patientLimit: TimeLimit = limitOf(60_000);

/**
 * The time limit for a lab. That of one on another machine follows from how quick that is now, for an emulated one takes some ten
 * times as long for all that it is asked: a shell is started twice at one of its places, and the quicker counts.
 */
export async function timeLimit(runtime: Pick<Runtime, 'script' | 'isElsewhere'>, place: string): Promise<TimeLimit> {
  if (!runtime.isElsewhere) return limitFor(0);
  const first = await shellMs(runtime, place);
  const second = first === undefined ? undefined : await shellMs(runtime, place);
  return limitFor(Math.min(first ?? 0, second ?? 0));
}

/** Undefined where it does not end. */
async function shellMs(runtime: Pick<Runtime, 'script'>, place: string): Promise<number | undefined> {
  const began = performance.now();
  try {
    const { code } = await runtime.script(place, ':', { timeoutMs: HANGS_MS });
    return code === 0 ? performance.now() - began : undefined;
  } catch {
    return undefined;
  }
}
