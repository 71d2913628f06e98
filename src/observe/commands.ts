import { setTimeout } from 'node:timers/promises';
import { isLonePing, isPing, LONGEST_PING_WAIT_S, pingLine } from '../plan/ping.ts';
import type { Ran } from '../runtime/runtime.ts';
import { AT_ONCE, atMost } from './at-most.ts';
import type { Gathering } from './gather.ts';
import type { Errand, Live } from './sent.ts';

/** How long commands may take. */
export interface Patience {
  /** How long a plain ping waits for its answer at least, in seconds. */
  waitS: number;
  /** When the time of those whose packet is expected to be lost or dropped is up, by this process's own clock. */
  untilMs: number;
}

/** A command that is interrupted once nothing of its packet can be under way, if that is so before it ends. */
interface Command {
  ran: Promise<Ran>;
  interrupt: AbortController;
  /** From when on, by this process's own clock; infinite before it was begun, and once it has ended. */
  dueMs: number;
  isOver(): boolean;
}

/**
 * Runs the commands, as many at once as may be. One whose packet is expected to be lost or dropped is interrupted once it is, or
 * when its time is up; a plain ping that has waited for long enough once it has begun, and nothing of it can be under way.
 */
export async function runAll(
  live: Live,
  errands: readonly Errand[],
  marks: readonly string[],
  gather: Gathering,
  patience: Patience,
): Promise<Ran[]> {
  const commands = errands.map((errand, i) => begun(live, errand, marks[i]!, patience, gather, i));
  const all = Promise.all(commands.map(({ ran }) => ran));
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  all.then(done, done);
  while (!isDone) {
    const dueMs = Math.min(...commands.map((each) => each.dueMs)) - performance.now();
    if (dueMs > 0)
      await Promise.race([all, setTimeout(Math.min(dueMs, patience.waitS * 1000), undefined, { ref: false })]);
    else {
      await Promise.race([all, gather.pause()]);
      await gather.look();
      await interruptDue(live, commands, patience);
    }
  }
  return all;
}

function begun(
  { runtime }: Live,
  { send, expectsLoss = false, droppedAfter }: Errand,
  mark: string,
  { waitS }: Patience,
  gather: Gathering,
  index: number,
): Command {
  const isToBeLost = expectsLoss || droppedAfter !== undefined;
  const isPatient = !isToBeLost && isLonePing(send.command);
  const line = isPing(send.command)
    ? pingLine(send.command, mark, isPatient ? Math.max(waitS, LONGEST_PING_WAIT_S) : waitS)
    : send.command;
  const interrupt = new AbortController();
  const options = { timeoutMs: (waitS + 30) * 1000, signal: interrupt.signal };
  const command: Command = {
    interrupt,
    dueMs: isToBeLost ? 0 : Number.POSITIVE_INFINITY,
    isOver: () => gather.isOver(index),
    ran: atMost(AT_ONCE, () => {
      if (isPatient) command.dueMs = performance.now() + waitS * 1000;
      return runtime
        .script(send.from, line, options)
        .then((ran) => (interrupt.signal.aborted && ran.code !== 0 ? { ...ran, interrupted: true as const } : ran));
    }),
  };
  const ended = () => {
    command.dueMs = Number.POSITIVE_INFINITY;
  };
  command.ran.then(ended, ended);
  return command;
}

async function interruptDue({ runtime }: Live, commands: readonly Command[], { untilMs }: Patience): Promise<void> {
  for (const command of commands) {
    if (performance.now() < command.dueMs) continue;
    if (performance.now() <= untilMs && (!command.isOver() || (await runtime.backlog()))) continue;
    command.dueMs = Number.POSITIVE_INFINITY;
    command.interrupt.abort();
  }
}
