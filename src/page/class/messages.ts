import type { Picture } from '../data.ts';

/** What an attendee is to do, or has done: a step, a walk, a fault. */
export interface ItemFacts {
  number: number;
  /** The name of its chapter. */
  chapter: string;
  title: string;
}

/** How an attendee came through an item. */
export interface Ended {
  verdict: 'open' | 'passed' | 'skipped' | 'solved';
  hints: number;
  tries: number;
  seconds: number;
  answer?: 'right' | 'wrong';
}

/** What who has the link of a class is shown before joining. */
export interface DoorFacts {
  kind: 'door';
  title: string;
  /** How many may still join. */
  free: number;
}

/** What of an attendee's workshop does not change. */
export interface SeatFacts {
  kind: 'seat';
  title: string;
  /** Absent where there is nobody else. */
  name?: string;
  /** By which the page comes back; only told to who has just joined. */
  token?: string;
  picture: Picture;
  /** Where there are shells, and where a packet can be seen. */
  places: string[];
  points: string[];
}

/** How an attendee's workshop stands. */
export interface PlayFacts {
  kind: 'play';
  items: (ItemFacts & Pick<Ended, 'verdict'>)[];
  /** The number of the item that is under way. */
  at: number;
  /** What is to be done. */
  text: string[];
  /** What was said last, and whether that was that it is done. */
  said: { lines: string[]; passed: boolean };
  place: string;
  hints: number;
  predictions: { right: number; of: number };
  canPredict: boolean;
  /** What is asked of the item once it is done. */
  ask?: string;
  /** What is asked beside the shell, to be answered by yes or no. */
  question?: string;
  /** The number of the last item to which one may go. */
  upTo: number;
  isReady: boolean;
  isBusy: boolean;
  needsHelp: boolean;
  /** How many look at the terminal. */
  watchers: number;
  /** Why there is no lab. */
  failure?: string;
}

/** What of a class does not change. */
export interface ClassFacts {
  kind: 'class';
  title: string;
  /** By which attendees join. */
  join: string;
  items: ItemFacts[];
}

/** How an attendee is getting on. */
export interface Row {
  seat: number;
  name: string;
  /** Whether a page of theirs is open. */
  isThere: boolean;
  at: number;
  /** For each item, in their order. */
  ended: Ended[];
  predictions: { right: number; of: number };
  /** Since when they ask for help, in milliseconds since 1970. */
  helpSince?: number;
  /** Whether they were sent away: their lab is gone, and what they did is kept. */
  isAway?: true;
  failure?: string;
}

export type ToPage =
  | DoorFacts
  | SeatFacts
  | PlayFacts
  | ClassFacts
  | { kind: 'row'; row: Row }
  /** Who has joined, how many labs are there for all, how many of them stand, and the number of the last item that is open to all. */
  | { kind: 'seats'; taken: number; ready: number; of: number; upTo: number }
  /** What the teacher says to all. */
  | { kind: 'told'; text: string }
  /** Whose terminal is watched, and how large it is; 0 is nobody's. */
  | { kind: 'watching'; seat: number; rows: number; columns: number }
  | { kind: 'results'; form: string; text: string }
  | { kind: 'refused'; what: string };

export type FromPage =
  | { kind: 'hello'; token: string }
  | { kind: 'join'; name: string }
  | { kind: 'say'; words: string[] }
  | { kind: 'resize'; id: number; rows: number; columns: number }
  | { kind: 'ack'; id: number; bytes: number }
  | { kind: 'help'; needed: boolean }
  | { kind: 'watch'; seat: number }
  | { kind: 'helped'; seat: number }
  /** All may go up to that item, and not further. */
  | { kind: 'open'; upTo: number }
  | { kind: 'sendAway'; seat: number }
  | { kind: 'tell'; text: string }
  | { kind: 'results'; form: string };

/** By which id a page knows the terminal of a workshop. */
export const TERMINAL = 1;
/** How many characters a name and a sentence to all may have. */
export const [MOST_OF_NAME, MOST_OF_SENTENCE] = [40, 300];
