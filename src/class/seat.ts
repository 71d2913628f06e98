import { stripVTControlCharacters } from 'node:util';
import { newToken } from '../live/guard.ts';
import type { Limits } from '../live/limits.ts';
import { spread } from '../live/spread.ts';
import { type PlayFacts, type Row, TERMINAL } from '../page/class/messages.ts';
import type { Stage } from '../workshop/game.ts';
import type { Item } from '../workshop/items.ts';
import { session } from '../workshop/session.ts';
import type { Session } from '../workshop/tty.ts';
import { type Audience, audience } from './audience.ts';
import { playFacts, rowOf } from './facts.ts';
import { labs } from './labs.ts';

/** A page that shows an attendee's workshop. */
export interface SeatPage {
  said(id: number, bytes: Buffer): void;
  play(facts: PlayFacts): void;
  told(text: string): void;
  /** It is shown in too many others, or its attendee was sent away. */
  leave(why: 'over' | 'sentAway'): void;
}

/** A place in a class: a workshop that one attendee has alone. */
export interface Seat extends AsyncDisposable {
  number: number;
  token: string;
  name: string;
  isTaken: boolean;
  isAway: boolean;
  isReady(): boolean;
  /** Stands its lab up, with a shell in it. */
  prepare(): Promise<void>;
  /** Somebody sits down. */
  take(name: string): void;
  session: Session;
  watchers: Audience;
  attach(page: SeatPage): () => void;
  acked(page: SeatPage, bytes: number): void;
  resize(rows: number, columns: number): void;
  help(isNeeded: boolean): void;
  tell(text: string): void;
  /** Tells its pages how it stands: something that is not its own is another. */
  refresh(): void;
  /** Ends its lab and its shells, and tells its pages; how its attendee got on stays. */
  sendAway(): Promise<void>;
  row(): Row;
}

/** What a seat is made of. */
export interface SeatStage
  extends Pick<Stage, 'plan' | 'start' | 'progress' | 'keep' | 'reference'>,
    Required<Pick<Stage, 'upTo'>> {
  limits: Limits;
  first: Item;
  /** Is told whenever it stands otherwise. */
  changed(): void;
}

/** So many pages may show one workshop. */
const MOST_PAGES = 3;
/** So many lines of what was said are shown beside the terminal. */
const MOST_LINES = 60;

export function seat(number: number, stage: SeatStage): Seat {
  const { limits, first, changed } = stage;
  const own = labs(stage.start);
  const pages = new Set<SeatPage>();
  let size = { rows: 24, columns: 80 };
  let said: PlayFacts['said'] = { lines: [], passed: false };
  let lastAt = 0;
  let place = '';
  let isReady = false;
  let failure: string | undefined;
  let helpSince: number | undefined;
  let toldLast: string | undefined;

  const tell = soon(() => {
    for (const page of pages) page.play(facts());
    changed();
  });
  const shown = spread<SeatPage>(
    limits,
    (page, bytes) => page.said(TERMINAL, bytes),
    (isHeld) => play.hold(isHeld),
  );
  const watchers = audience(() => size, shown.kept, tell);
  const play = session(
    { ...stage, start: own.start },
    {
      write(bytes) {
        shown.said(bytes);
        watchers.said(bytes);
      },
      size: () => size,
      stays: true,
      changed: tell,
    },
    (turn) => {
      const at = play.game.item().number;
      // What is to be done is shown by itself.
      const lines = at === lastAt ? turn.lines.map(stripVTControlCharacters).filter((line) => line.trim()) : [];
      if (at !== lastAt || turn.word || lines.length) said = { lines: lines.slice(-MOST_LINES), passed: turn.passed };
      lastAt = at;
      place = turn.place ?? place;
      tell();
    },
  );
  const facts = () =>
    playFacts(play, {
      ...{ said, place, upTo: stage.upTo(), isReady, needsHelp: helpSince !== undefined, watchers: watchers.count() },
      ...(failure !== undefined && { failure }),
    });

  const end = async () => {
    await play[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  };

  const self: Seat = {
    ...{ number, token: newToken(), name: '', isTaken: false, isAway: false, session: play, watchers },
    isReady: () => isReady,
    async prepare() {
      try {
        await play.begin(first);
        isReady = !self.isAway;
      } catch (error) {
        failure = (error as Error).message;
        throw error;
      } finally {
        tell();
      }
    },
    take(name) {
      Object.assign(self, { name, isTaken: true });
      play.game.startClock();
      tell();
    },
    attach(page) {
      const [oldest] = pages;
      if (oldest && pages.size >= MOST_PAGES) oldest.leave('over');
      pages.add(page);
      page.play(facts());
      if (toldLast !== undefined) page.told(toldLast);
      shown.show(page);
      changed();
      return () => {
        pages.delete(page);
        shown.hide(page);
        changed();
      };
    },
    acked: (page, bytes) => shown.acked(page, bytes),
    resize(rows, columns) {
      size = { rows, columns };
      play.resize();
      watchers.resized();
    },
    help(isNeeded) {
      helpSince = isNeeded ? (helpSince ?? Date.now()) : undefined;
      tell();
    },
    tell(text) {
      toldLast = text;
      for (const page of pages) page.told(text);
    },
    refresh: tell,
    async sendAway() {
      self.isAway = true;
      isReady = false;
      helpSince = undefined;
      for (const page of [...pages]) page.leave('sentAway');
      watchers.end();
      changed();
      await end();
    },
    row: () => ({
      ...rowOf(play.game, { seat: number, name: self.name, isThere: pages.size > 0 }),
      ...(helpSince !== undefined && { helpSince }),
      ...(self.isAway && { isAway: true }),
      ...(failure !== undefined && !isReady && { failure }),
    }),
    [Symbol.asyncDispose]: end,
  };
  return self;
}

/** Does something once for however often it was asked for in a moment. */
function soon(does: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      does();
    });
  };
}
