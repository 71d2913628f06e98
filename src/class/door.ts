import { inTerminal, type Shapes } from '../live/fields.ts';
import { isSameToken } from '../live/guard.ts';
import type { Limits } from '../live/limits.ts';
import type { Door, Page, Rights } from '../live/speak.ts';
import { type FromPage, type SeatFacts, TERMINAL, type ToPage } from '../page/class/messages.ts';
import { closings } from '../page/live/messages.ts';
import type { Class } from './class.ts';
import type { Seat, SeatPage } from './seat.ts';
import { teacher } from './teacher.ts';

const shapes: Shapes<FromPage> = {
  hello: { token: 'text' },
  join: { name: 'text' },
  say: { words: 'texts' },
  resize: { id: 'number', rows: 'number', columns: 'number' },
  ack: { id: 'number', bytes: 'number' },
  help: { needed: 'flag' },
  watch: { seat: 'number' },
  helped: { seat: 'number' },
  open: { upTo: 'number' },
  sendAway: { seat: 'number' },
  tell: { text: 'text' },
  results: { form: 'text' },
};

/** By which somebody joins, and by which the class is looked at; who sits somewhere has another one. */
export interface ClassTokens {
  join: string;
  teacher: string;
}

/** What all attendees see of the lab. */
export type LabFacts = Pick<SeatFacts, 'title' | 'picture' | 'places' | 'points'>;

/** Lets pages into a class: those who want to join, who have joined, and who teaches. */
export const classDoor = (
  held: Class,
  lab: LabFacts,
  limits: Limits,
  tokens?: ClassTokens,
): Door<FromPage, ToPage> => ({
  limits,
  shapes,
  enter({ token }, page) {
    if (tokens && isSameToken(token, tokens.teacher)) return teacher(held, tokens.join, page);
    if (tokens && isSameToken(token, tokens.join)) return guest(held, lab, page);
    const seat = held.seatOf(token);
    if (seat?.isAway) page.close(closings.sentAway, 'sent away');
    return seat && (seat.isAway ? nobody : attendee(seat, lab, page));
  },
});

/** Who has the link of the class may take a seat, and nothing else. */
function guest(held: Class, lab: LabFacts, page: Page<FromPage, ToPage>): Rights<FromPage> {
  const free = () => held.seats.filter(({ isTaken }) => !isTaken).length;
  const tell = () => page.send({ kind: 'door', title: lab.title, free: free() });
  const left = held.hear(tell);
  tell();
  return {
    handlers: {
      join({ name }) {
        const seat = held.join(name);
        left();
        page.become(attendee(seat, lab, page, seat.token));
      },
    },
    left,
  };
}

/** Who has been sent away may do nothing; what still comes of their page is refused. */
const nobody: Rights<FromPage> = { handlers: {}, left() {} };

function attendee(seat: Seat, lab: LabFacts, page: Page<FromPage, ToPage>, token?: string): Rights<FromPage> {
  const { name, session } = seat;
  const shown: SeatPage = {
    said: page.said,
    play: page.send,
    told: (text) => page.send({ kind: 'told', text }),
    leave(why) {
      page.become(nobody);
      page.close(closings[why], why);
    },
  };
  page.send({ kind: 'seat', ...lab, ...(name && { name }), ...(token && { token }) });
  const left = seat.attach(shown);
  return {
    handlers: {
      say: ({ words }) => session.say(words),
      resize: ({ rows, columns }) => seat.resize(inTerminal(rows), inTerminal(columns)),
      ack: ({ bytes }) => seat.acked(shown, bytes),
      help: ({ needed }) => seat.help(needed),
    },
    typed: (id, keys) => id === TERMINAL && session.type(keys),
    left,
  };
}
