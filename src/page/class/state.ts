import type { ClassFacts, DoorFacts, PlayFacts, Row, SeatFacts, ToPage } from './messages.ts';

/** What a page knows of the class that it belongs to. */
export interface ClassState {
  door?: DoorFacts;
  seat?: SeatFacts;
  play?: PlayFacts;
  class?: ClassFacts;
  rows: Row[];
  seats: { taken: number; ready: number; of: number; upTo: number };
  /** What the teacher said last. */
  told?: string;
  /** Whose terminal is watched. */
  watching: number;
  problem?: string | undefined;
}

export const nothingYet: ClassState = { rows: [], seats: { taken: 0, ready: 0, of: 0, upTo: 0 }, watching: 0 };

/** What is known once a message has come, or something new was asked for. */
export function after(state: ClassState, message: ToPage | { kind: 'asked' }): ClassState {
  switch (message.kind) {
    case 'door':
      return { ...state, door: message };
    case 'seat':
      return { ...state, seat: message };
    case 'play':
      return { ...state, play: message };
    case 'class':
      return { ...state, class: message, watching: 0 };
    case 'row':
      return { ...state, rows: withRow(state.rows, message.row) };
    case 'seats':
      return { ...state, seats: message };
    case 'told':
      return { ...state, told: message.text };
    case 'watching':
      return { ...state, watching: message.seat };
    case 'refused':
      return { ...state, problem: message.what };
    case 'asked':
      return { ...state, problem: undefined };
    case 'results':
      return state;
  }
}

const withRow = (rows: readonly Row[], row: Row): Row[] =>
  [...rows.filter(({ seat }) => seat !== row.seat), row].sort((a, b) => a.seat - b.seat);
