import type { Page, Rights } from '../live/speak.ts';
import { type FromPage, TERMINAL, type ToPage } from '../page/class/messages.ts';
import { BadUsage } from '../plan/usage.ts';
import { itemsOf } from '../workshop/items.ts';
import type { Class } from './class.ts';
import { itemFacts } from './facts.ts';
import { resultsCsv, resultsJson } from './results.ts';
import type { Seat } from './seat.ts';

/** Who teaches sees how all get on, says how far they may go, looks at a terminal and types into none, and sends somebody away. */
export function teacher(held: Class, join: string, page: Page<FromPage, ToPage>): Rights<FromPage> {
  let endWatch = () => {};
  const row = (seat: Seat) => {
    const { seats } = held;
    const count = (is: (seat: Seat) => boolean) => seats.filter(is).length;
    if (seat.isTaken) page.send({ kind: 'row', row: seat.row() });
    const [taken, ready] = [count(({ isTaken, isAway }) => isTaken && !isAway), count(({ isReady }) => isReady())];
    page.send({ kind: 'seats', taken, ready, of: count(({ isAway }) => !isAway), upTo: held.upTo() });
  };
  const taken = (number: number): Seat => {
    const seat = held.seats.find((each) => each.isTaken && !each.isAway && each.number === number);
    if (!seat) throw new BadUsage(`Nobody sits at ${number}.`);
    return seat;
  };
  const watchNobody = () => {
    endWatch();
    endWatch = () => {};
    page.send({ kind: 'watching', seat: 0, rows: 0, columns: 0 });
  };
  const { title } = held.plan;
  page.send({ kind: 'class', title, join, items: itemsOf(held.plan).map(itemFacts) });
  for (const seat of held.seats) row(seat);
  const endRows = held.hear(row);
  return {
    handlers: {
      watch({ seat: number }) {
        if (!number) return watchNobody();
        const seat = taken(number);
        endWatch();
        endWatch = seat.watchers.add({
          said: (bytes) => page.said(TERMINAL, bytes),
          sized: (size) => page.send({ kind: 'watching', seat: number, ...size }),
          waiting: page.waiting,
          over: watchNobody,
        });
      },
      helped: ({ seat }) => taken(seat).help(false),
      tell: ({ text }) => held.tell(text),
      open: ({ upTo }) => held.open(upTo),
      sendAway: ({ seat }) => held.sendAway(taken(seat)),
      results({ form }) {
        const forms: Record<string, typeof resultsCsv> = { csv: resultsCsv, json: resultsJson };
        const told = Object.hasOwn(forms, form) ? forms[form] : undefined;
        if (!told) throw new BadUsage(`Results are csv or json, and not ${form}.`);
        page.send({ kind: 'results', form, text: told(held.results()) });
      },
    },
    left() {
      endWatch();
      endRows();
    },
  };
}
