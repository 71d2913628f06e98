import type { Live } from '../observe/sent.ts';
import type { Plan } from '../plan/plan.ts';
import { live } from '../prove/run.ts';
import { broken } from './break.ts';
import { build } from './build.ts';
import { type Item, itemsOf, untypedBefore } from './items.ts';
import type { Context, Play, Told } from './play.ts';
import { type Entry, keyOf, type Progress } from './progress.ts';
import { see } from './see.ts';
import type { Shell } from './shell.ts';
import { differences, type Reference, reference, type StartNodes, type Stood, standUp } from './stood.ts';
import { give } from './type.ts';

/** What a game needs of whoever shows it. */
export interface Stage {
  plan: Plan;
  start: StartNodes;
  progress: Progress;
  keep(progress: Progress): void;
  columns(): number;
  /** The number of the last item to which an attendee may go; without it, that is the last of all. */
  upTo?(): number;
  /** The hidden second copy, where others share it; without it, there is one of its own. */
  reference?: Reference;
  /** Opens a shell in a lab; it ends with the lab. */
  openShell(lab: Stood, place: string): Promise<Shell>;
  /** Asks the attendee, apart from what a lab can print. */
  confirm(question: string): Promise<boolean>;
}

/** A workshop as it is played: the item that is under way, the labs, and what has come of each item. */
export interface Game extends AsyncDisposable {
  items: readonly Item[];
  progress: Progress;
  item(): Item;
  /** Whether the attendee may go to an item. */
  mayGoTo(item: Item): boolean;
  entry(item?: Item): Entry;
  play(): Play;
  /** Opens an item, in a lab that is as it is to be before; says what is to be done. */
  goTo(item: Item): Promise<string[]>;
  /** What was said is to be done. */
  text(): readonly string[];
  /** Counts the seconds of the item from now on. */
  startClock(): void;
  /** Looks whether the item is done, and notes how. */
  look(isAsked: boolean, how?: 'passed' | 'solved'): Promise<Told & { wasPassed: boolean }>;
  /** Begins the item anew, in a new lab. */
  reset(): Promise<string[]>;
  /** Notes something of the item that is under way. */
  note(change: Partial<Entry>): void;
  lab(): Stood;
  shell(place: string): Promise<Shell>;
  /** Forgets a shell that has ended; says whether it was one of the lab that stands. */
  closed(shell: Pick<Shell, 'place'>): boolean;
  /** How many steps of the plan have been taken before an item begins. */
  stepsBefore(item: Item): number;
  context: Context;
}

/** Begins a game; no lab stands yet. */
export function game({ plan, start, progress, keep, columns, openShell, upTo, reference: shared }: Stage): Game {
  const items = itemsOf(plan);
  const hidden = shared ?? reference(plan, start);
  const shells = new Map<string, Promise<Shell>>();
  let lab: Stood | undefined;
  let eyes: Promise<Live> | undefined;
  let item = items[0]!;
  let play: Play | undefined;
  let text: string[] = [];
  let since = performance.now();
  const accepted = new Set<string>();

  const context: Context = {
    plan,
    reference: hidden,
    columns,
    deviations: (toBe, now) => differences(toBe, now).filter(({ sentence }) => !accepted.has(sentence)),
    accept(found) {
      for (const { sentence } of found) accepted.add(sentence);
    },
    lab: () => lab!,
    shell(place) {
      const known = shells.get(place) ?? openShell(lab!, place);
      shells.set(place, known);
      return known;
    },
    live() {
      eyes ??= live(plan, lab!.runtime);
      return eyes;
    },
  };
  const playOf = (one: Item): Play =>
    one.chapter === 'build' ? build(context, one) : one.chapter === 'see' ? see(context, one) : broken(context, one);
  const stepsBefore = (one: Item) => (one.chapter === 'build' ? one.after - 1 : plan.steps.length);

  const standAnew = async (steps: number) => {
    shells.clear();
    accepted.clear();
    eyes = undefined;
    await lab?.[Symbol.asyncDispose]();
    lab = await standUp(plan, start);
    await lab.reach(steps);
    // What comes out as something else each time serves equally, too.
    if (items.some((each) => each.chapter === 'build' && each.see && each.after <= steps))
      context.accept(differences(await hidden.after(steps), await lab.like()));
  };
  const isAsAfter = async (steps: number) =>
    lab !== undefined && !context.deviations(await hidden.after(steps), await lab.like()).length;

  const entry = (one = item): Entry => {
    progress.items[keyOf(one)] ??= { verdict: 'open', hints: 0, tries: 0, seconds: 0 };
    return progress.items[keyOf(one)]!;
  };
  const note = (change: Partial<Entry>) => {
    const seconds = entry().seconds + (performance.now() - since) / 1000;
    since = performance.now();
    Object.assign(entry(), { seconds: Math.round(seconds * 10) / 10, ...change });
    keep(progress);
  };
  const open = async () => {
    progress.at = keyOf(item);
    since = performance.now();
    note({});
    play = playOf(item);
    text = await play.open();
    return text;
  };

  return {
    items,
    progress,
    context,
    item: () => item,
    mayGoTo: ({ number }) => number <= (upTo?.() ?? items.length),
    play: () => play!,
    lab: () => lab!,
    shell: context.shell,
    closed: ({ place }) => shells.delete(place),
    entry,
    note,
    stepsBefore,
    text: () => text,
    startClock() {
      since = performance.now();
    },
    async goTo(next) {
      // What a fault and its cure have left behind is not all to be seen in a state.
      const isWorn = play !== undefined && item.chapter === 'break';
      item = next;
      text = [];
      const steps = stepsBefore(item);
      if (isWorn || !(await isAsAfter(steps))) await standAnew(steps);
      else await give(context, untypedBefore(plan, steps));
      return open();
    },
    async reset() {
      await standAnew(stepsBefore(item));
      return open();
    },
    async look(isAsked, how = 'passed') {
      const wasPassed = entry().verdict !== 'open';
      const told = await play!.check(isAsked);
      if (told.passed && (!wasPassed || how === 'solved')) note({ verdict: how });
      if (!told.passed && told.lines.length) note({ tries: entry().tries + 1 });
      // What is broken again is not done any more; what was solved or watched stays so.
      const isBack = item.chapter !== 'see' && !told.passed && entry().verdict === 'passed' && told.lines.length > 0;
      if (isBack) note({ verdict: 'open' });
      return { ...told, wasPassed };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([lab?.[Symbol.asyncDispose](), shared ? undefined : hidden[Symbol.asyncDispose]()]);
    },
  };
}
