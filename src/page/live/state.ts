import { unfinished } from '../../record/document.ts';
import type { PageData, PageRun } from '../data.ts';
import { latest } from './latest.ts';
import type { LabMessage, LiveEvent, News, TappedPacket, TerminalFacts, ToPage } from './messages.ts';

/** What a page knows of the lab that it shows. */
export interface LiveState {
  lab?: LabMessage;
  run: PageRun;
  /** The number of the last event that was told, by which a page that comes back goes on. */
  last: number;
  /** What is being done, if something is, and the last thing that could not be done. */
  work: string | undefined;
  problem: string | undefined;
  /** Whether something is broken unseen, and what was said of it. */
  broken: boolean;
  hint: string | undefined;
  mended: string | undefined;
  /** Why the lab is not there any more. */
  lost: string | undefined;
  terminals: TerminalFacts[];
  points: string[];
  packets: TappedPacket[];
  missed: number;
}

export const nothingYet: LiveState = {
  run: { document: unfinished, layouts: [], layoutOf: {} },
  last: 0,
  work: undefined,
  problem: undefined,
  broken: false,
  hint: undefined,
  mended: undefined,
  lost: undefined,
  terminals: [],
  points: [],
  packets: [],
  missed: 0,
};

/** Of what passed a tap, so much is shown. */
const MOST_PACKETS = 300;

/** What is known once a message has come. */
export function after(state: LiveState, message: ToPage): LiveState {
  switch (message.kind) {
    case 'lab':
      return withLab(message.opening === state.lab?.opening ? state : nothingYet, message);
    case 'news':
      return { ...withEvent(withFrames(state, message), message.event), last: Math.max(state.last, message.number) };
    case 'terminals':
      return { ...state, terminals: message.list };
    case 'points':
      return { ...state, points: message.points };
    case 'packets': {
      const packets = [...state.packets, ...message.list].slice(-MOST_PACKETS);
      return { ...state, packets, missed: state.missed + message.missed };
    }
    case 'refused':
      return { ...state, problem: message.what };
    case 'report':
      return state;
  }
}

const withLab = (state: LiveState, lab: LabMessage): LiveState => ({
  ...state,
  lab,
  points: lab.points,
  run: { ...state.run, lab: lab.facts, picture: lab.picture },
});

/** The layouts of more frames, behind those that are known. */
function withFrames(state: LiveState, { layouts, layoutOf }: News): LiveState {
  if (!layouts.length) return state;
  const { run } = state;
  const moved = Object.entries(layoutOf).map(([frame, index]) => [frame, index + run.layouts.length] as const);
  return {
    ...state,
    run: {
      ...run,
      layouts: [...run.layouts, ...layouts],
      layoutOf: { ...run.layoutOf, ...Object.fromEntries(moved) },
    },
  };
}

function withEvent(state: LiveState, event: LiveEvent): LiveState {
  switch (event.type) {
    case 'work began':
      return { ...state, work: event.what, problem: undefined };
    case 'work ended':
      return { ...state, work: undefined, problem: event.failure };
    case 'fault broken':
      return { ...state, broken: true, hint: undefined, mended: undefined };
    case 'fault hinted':
      return { ...state, broken: true, hint: event.hint };
    case 'fault mended':
      return { ...state, broken: false, hint: undefined, mended: event.fault };
    case 'lab lost':
      return { ...state, lost: event.reason };
    default:
      return { ...state, run: { ...state.run, document: latest(state.run.document, event) } };
  }
}

/** The same as the views of a report are given it. */
export const pageOf = ({ run, lab }: LiveState): PageData => ({
  title: run.document.title || lab?.title || '',
  verdict: run.document.verdict,
  reason: run.document.reason,
  runs: [run],
  silent: [],
  comparisons: [],
  ledger: [],
  made: lab?.made ?? {},
});
