import { isSameToken } from '../live/guard.ts';
import type { Limits } from '../live/limits.ts';
import { MOST_OF_SENTENCE } from '../page/class/messages.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage } from '../plan/usage.ts';
import { type Item, itemsOf } from '../workshop/items.ts';
import { emptyProgress, type Progress } from '../workshop/progress.ts';
import { reference, type StartNodes } from '../workshop/stood.ts';
import { itemFacts } from './facts.ts';
import { labs } from './labs.ts';
import { inOneLine, nameAmong } from './names.ts';
import type { Results } from './results.ts';
import { type Seat, seat } from './seat.ts';

/** A class: seats, each with a lab of its own, and what all have in common. */
export interface Class extends AsyncDisposable {
  plan: Plan;
  seats: readonly Seat[];
  /** Stands the first lab up, with its shell. Rejects where that cannot be. */
  prepareFirst(): Promise<void>;
  /** Stands the others up, one after another; who has no lab is told why, by the page. */
  prepareOthers(): Promise<void>;
  /** Gives somebody a seat. Throws a BadUsage where none is free, or the name is none. */
  join(name: string): Seat;
  seatOf(token: string): Seat | undefined;
  /** Says a sentence to all. */
  tell(text: string): void;
  /** The number of the last item to which attendees may go; who is further already stays there. */
  upTo(): number;
  /** Has all go up to an item, by its number, and not further. Throws a BadUsage where there is none. */
  open(upTo: number): void;
  /** Ends somebody's lab, and has another one stood up for whoever comes instead. */
  sendAway(one: Seat): Promise<void>;
  results(): Results;
  /** Has somebody told of each seat that stands otherwise; returns what ends that. */
  hear(listener: (seat: Seat) => void): () => void;
}

export interface ClassOptions {
  plan: Plan;
  start: StartNodes;
  seats: number;
  limits: Limits;
  /** The item that each begins with. */
  first: Item;
  /** What is known of an earlier time; it is kept by `keep`. */
  progress?: Progress;
  keep?(progress: Progress): void;
}

/** Makes a class, of which no lab stands yet. */
export function holdClass({ plan, start, seats: count, limits, first, progress, keep }: ClassOptions): Class {
  const own = labs(start);
  const hidden = reference(plan, own.start);
  const began = new Date().toISOString();
  const listeners = new Set<(seat: Seat) => void>();
  const items = itemsOf(plan);
  let upTo = items.length;
  let toldLast: string | undefined;
  const newSeat = (number: number): Seat => {
    const one: Seat = seat(number, {
      ...{ start: own.start, limits, first, reference: hidden, upTo: () => upTo },
      plan: { ...plan, name: count > 1 ? `${plan.name}-${number}` : plan.name },
      progress: progress ?? emptyProgress(plan.name),
      keep: keep ?? (() => {}),
      changed: () => listeners.forEach((listener) => void listener(one)),
    });
    return one;
  };
  const seats = Array.from({ length: count }, (_, i) => newSeat(i + 1));
  const taken = () => seats.filter(({ isTaken }) => isTaken);

  return {
    plan,
    seats,
    prepareFirst: () => seats[0]!.prepare(),
    async prepareOthers() {
      for (const other of seats.slice(1)) await other.prepare().catch(() => {});
    },
    join(given) {
      const name = nameAmong(
        taken().map((each) => each.name),
        given,
      );
      const free = seats.filter(({ isTaken }) => !isTaken);
      const one = free.find(({ isReady }) => isReady()) ?? free[0];
      if (!one) throw new BadUsage(`All ${count} seats are taken: ask whoever holds the class.`);
      one.take(name);
      return one;
    },
    seatOf: (token) => taken().filter((each) => isSameToken(token, each.token))[0],
    tell(text) {
      const sentence = inOneLine(text);
      if (!sentence || sentence.length > MOST_OF_SENTENCE)
        throw new BadUsage(`What is said to all has 1 to ${MOST_OF_SENTENCE} characters.`);
      toldLast = sentence;
      for (const each of seats) each.tell(sentence);
    },
    upTo: () => upTo,
    open(number) {
      if (number < 1 || number > items.length)
        throw new BadUsage(`There are items 1 to ${items.length}, and no ${number}.`);
      upTo = number;
      for (const each of seats) each.refresh();
    },
    async sendAway(one) {
      const other = newSeat(seats.length + 1);
      if (toldLast !== undefined) other.tell(toldLast);
      seats.push(other);
      await one.sendAway();
      await other.prepare().catch(() => {});
    },
    results: () => ({
      ...{ lab: plan.name, title: plan.title, began },
      attendees: taken().map((each) => {
        const { name, ended, predictions } = each.row();
        return {
          name,
          predictions,
          items: items.map((item, i) => ({ ...itemFacts(item), ...ended[i]! })),
        };
      }),
    }),
    hear(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(seats.map((each) => each[Symbol.asyncDispose]()));
      await own[Symbol.asyncDispose]();
    },
  };
}
