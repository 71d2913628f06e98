import type { Listening } from '../live/index.ts';
import { loadPlan } from '../plan/load.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage, exitCodes } from '../plan/usage.ts';
import type { Runtime } from '../runtime/index.ts';
import { type Chapter, chapters, type Item, itemsOf } from '../workshop/items.ts';
import {
  claimWorkshop,
  emptyProgress,
  keepProgress,
  keptProgress,
  keyOf,
  type Progress,
  progressFile,
} from '../workshop/progress.ts';
import { listLines } from '../workshop/screen.ts';
import { session } from '../workshop/session.ts';
import type { StartNodes } from '../workshop/stood.ts';
import { onInterrupt } from './interrupt.ts';
import type { ListenOptions } from './listening.ts';
import { say, typed } from './output.ts';
import { type Place, whereOf } from './runtime-options.ts';
import { startNodes } from './start-nodes.ts';
import { named } from './which-lab.ts';

export interface WorkshopOptions extends Place, ListenOptions {
  /** Whether it is on a page. */
  browser?: boolean;
  /** How many attendees it is for, where it is a class. */
  class?: string;
  /** The number of the item to begin with. */
  step?: string;
  chapter?: string;
  /** Whether what is kept of an earlier time is forgotten. */
  fresh?: boolean;
  /** Whether the items are only listed. */
  list?: boolean;
  /** Whether the whole is played, and what it promises is proven. */
  prove?: boolean;
}

/** Guides through a lab on this terminal: step by step, walk by walk, fault by fault. */
export async function workshop(word: string, options: WorkshopOptions): Promise<number> {
  const isPage = options.browser || options.class !== undefined;
  const listening = await listeningFor(options, isPage);
  const plan = await loadPlan(word);
  const where = whereOf(word, options);
  // What is no kernel is said here, and not by each lab that the workshop stands up.
  if (where.choice.kernel && !options.list) await (await import('./kernels.ts')).prepareKernels([where.choice.kernel]);
  const labs: Runtime[] = [];
  const startLab: StartNodes = async (each) => {
    const { runtime } = await startNodes(each, where);
    labs.push(runtime);
    return runtime;
  };
  if (options.prove) {
    using _ = onInterrupt(async () => void (await Promise.allSettled(labs.map((each) => each[Symbol.asyncDispose]()))));
    return await (await import('./prove-workshop.ts')).provenWorkshop(plan, startLab, askedFor(itemsOf(plan), options));
  }
  const items = itemsOf(plan);
  const asked = askedItem(items, options);
  const progress = options.fresh
    ? emptyProgress(plan.name)
    : keptProgress(plan.name, typed('workshop', word, '--fresh'));
  const first = asked ?? items.find((item) => keyOf(item) === progress.at) ?? items[0]!;
  if (options.list) {
    say(...listLines({ progress, items, item: () => first }));
    return exitCodes.passed;
  }
  if (listening) {
    const on = await import('./workshop-page.ts');
    const page = { plan, start: startLab, first, listening };
    if (options.class !== undefined) return on.teachClass(page, options.class);
    using _ = claimWorkshop(plan.name);
    return on.onPage({ ...page, progress }, word);
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new BadUsage(
      'A workshop needs a terminal: it opens a shell for you, and this is none.',
      `Type it in one, or have a page: ${typed('workshop', word, '--browser')}`,
      `Or have it proven without: ${typed('workshop', word, '--prove')}`,
    );
  using _ = claimWorkshop(plan.name);
  return play(plan, startLab, progress, first, word);
}

/** Where a page is to be served; what is said of that without one, or of one that is not to be, is refused. */
async function listeningFor(options: WorkshopOptions, isPage: boolean): Promise<Listening | undefined> {
  const given = (['port', 'listen', 'cert', 'key', 'insecure'] as const).find((name) => options[name] !== undefined);
  if (given && !isPage) throw new BadUsage(`--${given} says how a page is served: it goes with --browser or --class`);
  const other = (['prove', 'list'] as const).find((name) => options[name]);
  if (isPage && other) throw new BadUsage(`--${other} has no page: leave --browser and --class out`);
  if (options.browser && options.class !== undefined) throw new BadUsage('--browser is a class of one: leave one out');
  return isPage ? (await import('./listening.ts')).listeningOf(options) : undefined;
}

/** Whether an item is to be proven: the one that was asked for, those of a chapter, or all. */
function askedFor(items: readonly Item[], options: WorkshopOptions): (item: Item) => boolean {
  const first = askedItem(items, options);
  return ({ number, chapter }) =>
    !first || (options.step === undefined ? chapter === first.chapter : number === first.number);
}

/** The item that was asked for, by its number or its chapter; undefined where none was. */
function askedItem(items: readonly Item[], { step, chapter }: WorkshopOptions): Item | undefined {
  if (step !== undefined && chapter !== undefined)
    throw new BadUsage(`--step ${step} is in one chapter alone: leave --step or --chapter out`);
  if (chapter !== undefined) {
    const found = items.find((item) => item.chapter === named('chapter', chapter, [...chapters]));
    if (!found) throw new BadUsage(`there is nothing in the chapter ${chapter as Chapter} of this lab`);
    return found;
  }
  if (step === undefined) return undefined;
  const found = items.find(({ number }) => String(number) === step);
  if (found) return found;
  throw new BadUsage(`there is no step ${step}: they have the numbers 1 to ${items.length}`);
}

async function play(
  plan: Plan,
  startNodes: StartNodes,
  progress: Progress,
  first: Item,
  word: string,
): Promise<number> {
  const { stdin, stdout } = process;
  say(
    plan.title,
    'The shells are real: type what you would on such a machine.',
    'Besides: hint, check, solve, next, on PLACE, help. Leave: exit',
    'Please wait: the lab is stood up …',
  );
  await using shown = session(
    { plan, start: startNodes, progress, keep: keepProgress },
    {
      write: (bytes) => void stdout.write(bytes),
      size: () => ({ rows: stdout.rows || 24, columns: stdout.columns || 80 }),
    },
  );
  using _ = onInterrupt(() => shown[Symbol.asyncDispose]());
  const type = (keys: Buffer) => shown.type(keys);
  const resize = () => shown.resize();
  stdin.setRawMode(true);
  stdin.on('data', type);
  stdout.on('resize', resize);
  try {
    await shown.begin(first);
    await shown.ended;
  } finally {
    stdin.setRawMode(false);
    stdin.off('data', type).pause();
    stdout.off('resize', resize);
  }
  say('', `What you have done is kept in ${progressFile(plan.name)}`, `Go on with it: ${typed('workshop', word)}`);
  return exitCodes.passed;
}
