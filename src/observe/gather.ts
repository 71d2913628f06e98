import { setTimeout } from 'node:timers/promises';
import { laterPart } from '../lab/part.ts';
import { isPing } from '../plan/ping.ts';
import type { Trace } from '../runtime/runtime.ts';
import { type Followed, follow, patterned } from './follow.ts';
import { withLater } from './later.ts';
import { stillness } from './quiet.ts';
import { withSealed } from './sealed.ts';
import type { Errand, Live } from './sent.ts';
import type { Seen } from './watch.ts';

/** All that was captured while some packets were under way. */
export interface Drained {
  seen: Seen[];
  traces: Trace[];
  dropped: string[];
}

/** The captures while some packets are under way, and what can be told of each packet meanwhile. */
export interface Gathering {
  drained: Drained;
  /** Takes what was captured since the last look; says how many frames of the packets themselves were among it. */
  look(): Promise<number>;
  /** Lets some milliseconds pass, and takes note of it where the machine is too busy to keep to that. */
  pause(): Promise<void>;
  /** The frames of one of the packets. */
  followed(index: number): Followed;
  /** Whether one of the packets has begun its way, has come to where it is to be dropped, and nothing of it can be under way any more. */
  isOver(index: number): boolean;
  /** Whether nothing of one of the packets can be under way, be it that it never began its way. */
  isQuiet(index: number): boolean;
}

/** How long a packet may take to follow from the one before it: a proxy may look up a name first. */
const LATER_MS = 1000;

/** How long who is asked may take to answer: a program may have to be started for it. */
const ANSWER_MS = 1000;

/** How often a packet is seen at least before it is over. */
const least = ({ expectsLoss, droppedAfter = 0 }: Errand): number => (expectsLoss ? 0 : droppedAfter);

/** Between two looks at what was captured. */
const LOOK_MS = 3;

/**
 * Gathers what is captured of some packets. `marks` are the patterns that plain pings carry, `before` what spoke before they were
 * sent (see `Sender`).
 */
export function gathering(
  live: Live,
  errands: readonly Errand[],
  marks: readonly string[],
  before: ReadonlySet<string>,
): Gathering {
  const drained: Drained = { seen: [], traces: [], dropped: [] };
  const began = performance.now();
  const still = errands.map(({ expectsLoss = false, send }) =>
    stillness(began, live.roundTripMs, expectsLoss, send.from),
  );
  const known = errands.map(() => 0);
  const freshMs = errands.map(() => began);
  const followed = (i: number): Followed => {
    const { send, expected, identity, isSealed, later = [] } = errands[i]!;
    const first = isPing(send.command)
      ? patterned(drained.seen, marks[i]!)
      : follow(drained.seen, { from: send.from, before, ...(expected && { expected }), ...(identity && { identity }) });
    return withLater(isSealed ? withSealed(first, drained.seen) : first, drained.seen, later, live.watch.macOf);
  };
  /** Whether a later packet may follow yet. */
  const awaitsLater = (i: number) => {
    const { later = [] } = errands[i]!;
    if (!later.length || performance.now() - freshMs[i]! > LATER_MS) return false;
    const { own } = followed(i);
    return own.length > 0 && !own.some(({ part }) => part === laterPart(later.length - 1));
  };
  /** Whether its answer, which is listed, may come yet: it was where that begins. */
  const awaitsAnswer = (i: number) => {
    const { answeredAt = [], expectsLoss } = errands[i]!;
    if (!answeredAt.length || expectsLoss || performance.now() - freshMs[i]! > ANSWER_MS) return false;
    const { own } = followed(i);
    return own.some(({ frame }) => answeredAt.includes(frame.at)) && !own.some(({ part }) => part === 'reply');
  };
  const isQuiet = (i: number) => still[i]!.isQuiet(performance.now()) && !awaitsLater(i) && !awaitsAnswer(i);
  return {
    drained,
    async look() {
      const more = await live.watch.drain();
      drained.seen = drained.seen.concat(more.seen);
      drained.traces = drained.traces.concat(more.traces);
      drained.dropped = drained.dropped.concat(more.dropped);
      const now = performance.now();
      const fresh = errands.map((_, i) => {
        const total = more.seen.length ? followed(i).own.length : known[i]!;
        const own = total - known[i]!;
        known[i] = total;
        if (own) freshMs[i] = now;
        still[i]!.heard(own, more.seen, now);
        return own;
      });
      return fresh.reduce((sum, own) => sum + own, 0);
    },
    async pause() {
      const due = performance.now() + LOOK_MS;
      await setTimeout(LOOK_MS);
      for (const each of still) each.late(performance.now() - due);
    },
    followed,
    isOver: (i) => still[i]!.hasBegun() && known[i]! >= least(errands[i]!) && isQuiet(i),
    isQuiet,
  };
}
