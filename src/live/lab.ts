import { readStates } from '../explain/state/read.ts';
import { watched } from '../lab/read.ts';
import type { Live } from '../observe/sent.ts';
import type { Seen } from '../observe/watch.ts';
import { latest } from '../page/live/latest.ts';
import type { LiveEvent } from '../page/live/messages.ts';
import type { Plan, PlannedFault } from '../plan/plan.ts';
import { BadUsage } from '../plan/usage.ts';
import { breakFault, fixFault } from '../prove/drill.ts';
import {
  type Findings,
  findings,
  live,
  type Proving,
  prove,
  setUp,
  takeDrills,
  takeWalks,
  verdictOf,
} from '../prove/run.ts';
import { claimResults } from '../record/claims.ts';
import { type Document, unfinished } from '../record/document.ts';
import { eventLayouts } from '../report/html/page-data.ts';
import type { Runtime } from '../runtime/index.ts';
import { type NewsList, newsList } from './news.ts';
import { pingFrom } from './own-walk.ts';
import { type Taps, taps } from './taps.ts';
import { type Work, work } from './work.ts';

/** A lab that is open: all that can be done with it, and all that has happened. */
export interface OpenLab {
  plan: Plan;
  runtime: Runtime;
  news: NewsList;
  taps: Taps;
  /** The interfaces that can be tapped now. */
  points(): string[];
  /** All that was found out, the last of each. */
  document(): Document;
  prove(): void;
  walk(name: string): void;
  ownWalk(from: string, to: string): void;
  drill(fault: string): void;
  /** Breaks something, and does not say what. */
  breakSomething(): void;
  hint(): void;
  mend(): void;
  /** Ends what is repeated. */
  close(): void;
  /** Resolves once nothing is under way any more, and what was broken is mended. */
  restore(): Promise<unknown>;
}

export interface Opening {
  runtime: Runtime;
  why?: string;
  /** Whether it stands and is set up already. */
  isSetUp: boolean;
  /** What its places went by when it was proven, where that is known. */
  before?: NonNullable<Proving['before']>;
}

/** How often what was captured is fetched: while somebody listens, and while nobody does, so that it does not pile up. */
const [LISTENING_MS, IDLE_MS] = [100, 2000];

/** Opens a lab whose nodes are there: sets it up, proves it, and then does what it is asked to. */
export function openLab(plan: Plan, opening: Opening, tell: (event: LiveEvent) => void = () => {}): OpenLab {
  const { runtime } = opening;
  const news = newsList();
  const tapped = taps(() => fetching.now());
  const found = findings();
  let { before } = opening;
  let document = unfinished;
  let eyes: Live | undefined;
  let broken: PlannedFault | undefined;

  const emit = (event: LiveEvent) => {
    document = latest(document, event);
    const { layouts, layoutOf, event: shown } = eventLayouts(event, plan);
    news.add(shown, { layouts, layoutOf });
    tell(event);
  };
  const todo = work(emit);
  const fetching = fetchCaptured(
    todo,
    tapped,
    () => eyes,
    ({ message }) => emit({ type: 'lab lost', reason: message }),
  );

  /** Does something with a lab that is set up, and says how all of it stands then. */
  const inTurn = (what: string, does: (lab: Live, one: Findings) => Promise<void>) =>
    todo.add(what, async () => {
      if (!eyes) throw new BadUsage('The lab is not set up: its first step that failed says why.');
      // Somebody may have typed something meanwhile.
      eyes.proven.clear();
      const one = findings();
      await does(eyes, one);
      merge(found, one);
      emit({
        type: 'run ended',
        ...verdictOf(plan, found),
        claims: claimResults(plan, found),
        durations: durations(found),
      });
    });

  const begin = async () => {
    const { name: lab, title } = plan;
    const parts = plan.steps.length + plan.walks.length;
    const { why } = opening;
    emit({
      type: 'run started',
      lab,
      title,
      runtime: runtime.name,
      rootless: runtime.rootless,
      ...(runtime.kernel && { kernel: runtime.kernel }),
      parts,
      ...(why && { why }),
    });
    const isReady = opening.isSetUp || runtime.isSetUp || (await setUp(plan, runtime, found, emit));
    if (isReady) eyes = await live(plan, runtime, { record: (seen: Seen[]) => tapped.pass(seen) });
    else emit({ type: 'run ended', ...verdictOf(plan, found), claims: [], durations: durations(found) });
  };
  todo.add('set up', begin);

  const open: OpenLab = {
    plan,
    runtime,
    news,
    taps: tapped,
    points: () => eyes?.watch.points().map(({ at }) => at) ?? [],
    document: () => document,
    prove: () =>
      inTurn('prove', async (lab, one) => {
        await prove(lab, one, emit, { before });
        if (!broken && verdictOf(plan, { ...one, steps: found.steps }).verdict === 'passed')
          before = await readStates(runtime, plan, [...lab.watch.places], {
            timeoutMs: 10_000,
            atOnce: 4,
            leaveOut: ['sockets'],
          });
      }),
    walk(name) {
      known(
        'walk',
        name,
        plan.walks.map((each) => each.name),
      );
      inTurn(`walk ${name}`, (lab, one) => takeWalks(lab, [name], one, emit, { before }));
    },
    ownWalk(from, to) {
      known('node or pod to send from', from, watched(plan));
      inTurn(`walk ${from} ${to}`, async (lab) =>
        emit({ type: 'walk ended', walk: await pingFrom(lab, from, to, before) }),
      );
    },
    drill(fault) {
      known(
        'drill',
        fault,
        plan.faults.map((each) => each.fault),
      );
      inTurn(`drill ${fault}`, async (lab, one) => {
        if (broken) throw new BadUsage('Something is broken already: mend it first.');
        await takeDrills(lab, [fault], one, emit, { explains: 'all', ...(before && { before }) });
      });
    },
    breakSomething: () =>
      inTurn('break', async (lab) => {
        if (broken) throw new BadUsage('Something is broken already: mend it first.');
        const fault = plan.faults[Math.floor(Math.random() * plan.faults.length)];
        if (!fault) throw new BadUsage(`${plan.name} has no drills: there is nothing to break.`);
        broken = fault;
        const problem = await breakFault(lab, fault);
        emit({ type: 'fault broken' });
        if (problem) throw new Error(problem);
      }),
    hint() {
      if (!broken) throw new BadUsage('Nothing is broken: there is nothing to hint at.');
      emit({ type: 'fault hinted', hint: broken.hint });
    },
    mend: () =>
      inTurn('mend', async (lab) => {
        if (!broken) throw new BadUsage('Nothing is broken: there is nothing to mend.');
        const { fault } = broken;
        const problem = await fixFault(lab, broken);
        broken = undefined;
        emit({ type: 'fault mended', fault });
        // Whoever has mended it by hand is told so: there is nothing left to undo.
        if (problem) throw new Error(problem);
      }),
    close: () => fetching.end(),
    restore() {
      if (broken) open.mend();
      return todo.done();
    },
  };
  return open;
}

function known(what: string, name: string, names: string[]): void {
  if (!names.includes(name)) throw new BadUsage(`There is no ${what} '${name}' in this lab.`);
}

/** Puts what was found out anew in the place of what was before. */
function merge(found: Findings, one: Findings): void {
  const last = <T>(list: T[], more: T[], key: (each: T) => string) => [
    ...new Map([...list, ...more].map((each) => [key(each), each])).values(),
  ];
  found.walks = last(found.walks, one.walks, ({ name }) => name);
  found.checks = last(found.checks, one.checks, ({ title, node }) => `${title} ${node}`);
  found.drills = last(found.drills, one.drills, ({ fault }) => fault);
  found.firstVerifiedPacketMs ??= one.firstVerifiedPacketMs;
}

const durations = ({ steps, firstVerifiedPacketMs }: Findings) => ({
  setUpMs: steps.reduce((sum, { durationMs }) => sum + durationMs, 0),
  firstVerifiedPacketMs,
  totalMs: performance.now(),
  downMs: null,
});

/** Fetches again and again what was captured: taps are told of it, and nothing else remembers it. */
function fetchCaptured(
  todo: Work,
  tapped: Taps,
  eyes: () => Live | undefined,
  lost: (error: Error) => void,
): { now(): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const again = () => {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(fetch, tapped.areOpen() ? LISTENING_MS : IDLE_MS);
  };
  const fetch = () =>
    void todo.aside(async () => eyes()?.watch.drain()).then(again, (error: Error) => void (isOver || lost(error)));
  again();
  return {
    now: again,
    end() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
