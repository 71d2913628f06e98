import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** What an agent learns when a cable leads to another machine. */
const relayFile = fileURLToPath(new URL('./relay.pl', import.meta.url));

/** Where a place's interface is cabled to: the indexes of that and of its peer, which the agent holds. */
export interface CableEnd {
  place: string;
  index: number;
  own: number;
}

/** What is told of an end of a cable that an agent holds. */
export interface EndHeard {
  /** The place sent these frames. */
  relayed(frames: Buffer[]): void;
  /** The place's interface was switched on or off. */
  plugged(isOn: boolean): void;
  /** The place's interface is gone, and the end with it. */
  torn(): void;
}

/** An end of a cable that an agent holds. */
export interface HeldEnd {
  /** Hands frames to the place, in this order, unless too much waits for the agent already; says whether it did. */
  pass(frames: Buffer[]): boolean;
  /** Gives the place's interface a carrier, or takes it. */
  plug(isIn: boolean): Promise<void>;
  /** Removes the end, and with it the place's interface. */
  tear(): Promise<void>;
}

/** The ends of cables that an agent holds. */
export interface HeldEnds {
  /** Holds the end of a cable, whose number no other cable has. */
  hold(cable: string, end: CableEnd, heard: EndHeard): Promise<HeldEnd>;
  /** Resolves once the agent has told of all that came to its ends by then; with how many frames were lost at them since, by place. */
  lost(): Promise<[place: string, lost: number][]>;
}

type Ask = (op: string, ...words: (string | Buffer)[]) => Promise<Buffer[]>;

/** What may wait for an agent, in bytes, before it is handed no more frames. */
const MOST_WAITING = 16 << 20;

/** The ends of cables that an agent holds, who reads `input`; `tell` is for what it does not answer. */
export function heldEnds(
  ask: Ask,
  input: Pick<Writable, 'writableLength' | 'writableNeedDrain' | 'once'>,
  tell: (op: string, ...words: (string | Buffer)[]) => void,
): HeldEnds & { receive(kind: string, cable: string, words: Buffer[]): boolean } {
  const all = new Map<string, EndHeard>();
  let learnt: Promise<unknown> | undefined;
  const { inTurn, bytesWaiting } = queue(input);
  /** Asks behind all frames that were handed over before. */
  const askInTurn = (...words: Parameters<Ask>) =>
    new Promise<Buffer[]>((resolve) => inTurn(0, () => resolve(ask(...words))));
  return {
    /** Takes a message that is about an end; says whether it was one. */
    receive(kind, cable, words) {
      if (kind === 'relayed') all.get(cable)?.relayed(words);
      else if (kind === 'plugged') all.get(cable)?.plugged(String(words[0]) === '1');
      else if (kind === 'torn') {
        all.get(cable)?.torn();
        all.delete(cable);
      } else return false;
      return true;
    },
    async hold(cable, { place, index, own }, heard) {
      learnt ??= ask('learn', readFileSync(relayFile));
      await learnt;
      all.set(cable, heard);
      await ask('hold', cable, place, String(index), String(own));
      return {
        pass(frames) {
          if (bytesWaiting() > MOST_WAITING) return false;
          const bytes = frames.reduce((sum, { length }) => sum + length, 0);
          inTurn(bytes, () => tell('pass', cable, ...frames));
          return true;
        },
        plug: async (isIn) => void (await askInTurn('plug', cable, isIn ? '1' : '0')),
        tear: async () => void (await askInTurn('tear', cable)),
      };
    },
    async lost() {
      const told = (await askInTurn('lost')).map(String);
      return told.flatMap((place, i) => (i % 2 ? [] : [[place, Number(told[i + 1])] as [string, number]]));
    },
  };
}

/** What is handed to an agent in its order, and never more than `input` takes by itself: requests that go there at once overtake the rest. */
function queue(input: Pick<Writable, 'writableLength' | 'writableNeedDrain' | 'once'>) {
  const waiting: { bytes: number; hand(): void }[] = [];
  let queued = 0;
  let isPaused = false;
  const handOver = () => {
    while (waiting.length && !input.writableNeedDrain) {
      const { bytes, hand } = waiting.shift()!;
      queued -= bytes;
      hand();
    }
    if (!waiting.length || isPaused) return;
    isPaused = true;
    input.once('drain', () => {
      isPaused = false;
      handOver();
    });
  };
  return {
    inTurn(bytes: number, hand: () => void) {
      waiting.push({ bytes, hand });
      queued += bytes;
      handOver();
    },
    bytesWaiting: () => queued + input.writableLength,
  };
}
