import { whereText } from '../plan/hops.ts';
import type { Plan } from '../plan/plan.ts';
import type { Turn } from './act.ts';
import { answerProblems } from './ask.ts';
import type { BreakItem, BuildItem, Item, SeeItem } from './items.ts';
import { type LeftOut, leaveOut } from './leave-out.ts';
import { emptyProgress } from './progress.ts';
import { askedHop } from './see.ts';
import { session } from './session.ts';
import type { StartNodes } from './stood.ts';
import type { Session } from './tty.ts';

/** What was proven of an item. */
export interface Proven {
  item: Item;
  /** What is not as it should be, in a sentence each. */
  problems: string[];
  leftOut: LeftOut[];
  durationMs: number;
}

export interface ProveOptions {
  /** Whether each line is left out once, which takes a lab a line. */
  leavesOut?: boolean;
  /** Which items are proven; without, all. The lab is brought to where the first of them begins. */
  only?(item: Item): boolean;
  /** Is told of each item once it was played. */
  tell?(proven: Proven): void;
}

/** Types into a workshop as an attendee does, and answers what it asks with yes. */
interface Player {
  shown: Session;
  /** Types a line, and waits for what comes of it. */
  line(text: string): Promise<Turn>;
}

const SIZE = { rows: 40, columns: 100 };

function player(plan: Plan, start: StartNodes): Player {
  let turned: (turn: Turn) => void = () => {};
  const write = (bytes: Buffer) => {
    if (bytes.toString().endsWith('(y/n) ')) setImmediate(() => shown.type(Buffer.from('y')));
  };
  const progress = emptyProgress(plan.name);
  const shown = session({ plan, start, progress, keep: () => {} }, { write, size: () => SIZE }, (turn) => turned(turn));
  return {
    shown,
    line: (text) =>
      new Promise((resolve) => {
        turned = resolve;
        shown.type(Buffer.from(`${text}\n`));
      }),
  };
}

/** Plays a whole workshop through its lab's terminals: each item is not done before it is, and is done once it was solved. */
export async function proveWorkshop(plan: Plan, start: StartNodes, options: ProveOptions = {}): Promise<Proven[]> {
  const { shown, line } = player(plan, start);
  await using _ = shown;
  const { game } = shown;
  const all: Proven[] = [];
  const chosen = game.items.filter((item) => options.only?.(item) ?? true);
  await shown.begin(chosen[0]!);
  for (const item of chosen) {
    const began = performance.now();
    const leftOut =
      item.chapter === 'build' && options.leavesOut
        ? await leaveOut(item, start, game.context.reference, game.lab())
        : [];
    const problems =
      game.item() === item
        ? [...(await playItem(item, shown, line)), ...(await playAsk(item, shown, line))]
        : [`it was not reached: ${game.item().title} is open`];
    const proven = { item, problems, leftOut, durationMs: performance.now() - began };
    all.push(proven);
    options.tell?.(proven);
    if (game.item() !== item || item === chosen.at(-1)) break;
    await line(game.entry().verdict === 'open' ? 'skip' : 'next');
  }
  return all;
}

const playItem = (item: Item, shown: Session, line: Player['line']): Promise<string[]> =>
  item.chapter === 'build'
    ? playBuild(item, shown, line)
    : item.chapter === 'see'
      ? playSee(item, shown, line)
      : playBreak(item, line);

/** A question is asked once its item is done, refuses what is not its answer, and takes what is; a command shows that. */
async function playAsk({ ask }: Item, { game }: Session, line: Player['line']): Promise<string[]> {
  if (!ask) return [];
  const unproven = await answerProblems(game.lab().runtime, ask);
  const wrong = await line(`answer not ${[ask.answer].flat()[0]}`);
  const right = await line(`answer ${[ask.answer].flat()[0]}`);
  return [
    ...unproven,
    ...(wrong.passed ? ['a wrong answer was taken'] : []),
    ...(right.passed ? [] : ['its answer was refused:', ...right.lines]),
  ];
}

async function playBuild(item: BuildItem, { game }: Session, line: Player['line']): Promise<string[]> {
  const before = await line('check');
  const solved = await line('solve');
  const isLast = !game.items.some((each) => each.chapter === 'build' && each.number > item.number);
  const problems = [
    ...(before.passed ? ['it is done before anything was typed'] : []),
    ...(solved.passed ? [] : ['it is not done once its lines were typed:', ...solved.lines]),
  ];
  if (!isLast || problems.length) return problems;
  await line('reset');
  const reached = await game.context.reference.after(game.stepsBefore(item));
  const left = game.context.deviations(reached, await game.lab().like()).map(({ sentence }) => sentence);
  const again = await line('solve');
  return [
    ...left.map((each) => `after a reset it is not as at its beginning: ${each}`),
    ...(again.passed ? [] : ['it is not done once it was solved after a reset']),
  ];
}

async function playSee({ walk }: SeeItem, { game }: Session, line: Player['line']): Promise<string[]> {
  const question = askedHop(walk);
  const { right } = game.progress.predictions;
  const turn = await line(question ? `predict ${whereText(question.asked).replace(/ (in|out)$/, '')}` : 'check');
  return [
    ...(turn.passed ? [] : ['its walk does not pass:', ...turn.lines]),
    ...(question && game.progress.predictions.right === right ? ['the right answer was refused'] : []),
  ];
}

async function playBreak({ fault }: BreakItem, line: Player['line']): Promise<string[]> {
  const before = await line('check');
  const guess = await line(`predict ${whereText(fault.fails.where).replace(/ (in|out)$/, '')}`);
  const hint = await line('hint');
  const solved = await line('solve');
  return [
    ...(before.passed ? ['nothing is broken'] : []),
    ...(guess.lines[0]?.startsWith('✓') ? [] : ['where it fails was refused']),
    ...(hint.lines[0] === fault.hint ? [] : ['its first hint is another one']),
    ...(solved.passed ? [] : ['it is not mended by its fix:', ...solved.lines]),
  ];
}
