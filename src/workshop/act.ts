import { bold, dim, green, red } from 'yoctocolors';
import { watched } from '../lab/read.ts';
import { BadUsage } from '../plan/usage.ts';
import { wrapped } from '../report/terminal/text.ts';
import { answerLines, askLines, isRight } from './ask.ts';
import type { Game, Stage } from './game.ts';
import { headerLines, listLines, notesOf, summaryLines, titleOf } from './screen.ts';
import { words } from './shell.ts';

/** What came of a line that was typed, or of a word. */
export interface Turn {
  lines: string[];
  passed: boolean;
  /** Where the attendee's shell is to be from now on. */
  place?: string;
}

/** Opens an item: its heading, and what is to be done. */
export async function opened(game: Game, text: () => Promise<string[]>): Promise<Turn> {
  const lines = await text();
  return { lines: [...headerLines(game), ...lines], passed: false, place: firstPlace(game) };
}

/** Where an item is begun: the first place at which something is typed for it, or its packet's sender. */
function firstPlace(game: Game): string {
  const item = game.item();
  if (item.chapter === 'build') return item.commands[0]!.place;
  if (item.chapter === 'see') return item.walk.send.from;
  return game.context.plan.walks.find(({ name }) => name === item.fault.walk)!.send.from;
}

/** Looks whether the item is done. */
export async function looked(game: Game, isAsked: boolean, how?: 'solved'): Promise<Turn> {
  const { passed, lines, wasPassed } = await game.look(isAsked, how);
  const found = isAsked || !passed ? lines.map((line, i) => (passed || i ? line : `${red('✗')} ${line}`)) : [];
  if (passed) return { passed, lines: wasPassed && !isAsked ? [] : [...lines, ...done(game)] };
  return {
    passed,
    lines: wasPassed && found.length ? [`${red('✗')} It was done, and is no longer.`, ...found] : found,
  };
}

/** That the item is done, and what to type next. */
function done(game: Game): string[] {
  const isLast = !nextOf(game);
  const { chapter, notes, ask } = game.item();
  return [
    `${green('✓')} ${bold(titleOf(game, game.item()))}`,
    ...(chapter !== 'build' && notes ? wrapped(notes, game.context.columns()) : []),
    ...(isLast ? summaryLines(game) : []),
    ...(ask ? askLines(ask) : isLast ? [] : [dim(mayGoOn(game) ? 'Go on: next' : NOT_YET)]),
  ];
}

/** Where a shell can be had. */
const placesOf = (game: Game) => watched(game.context.plan).filter((name) => game.lab().runtime.has(name));

/** Why nothing can be typed for an attendee at one place alone; nothing where it can. */
function notSolvedAt(game: Game, place: string): string | undefined {
  const item = game.item();
  if (item.chapter !== 'build') return 'Here, all is done at once: solve';
  const places = item.commands.map((each) => each.place);
  return places.includes(place) ? undefined : `Type \`solve PLACE\`, of these: ${[...new Set(places)].join(', ')}`;
}

const nextOf = (game: Game) => game.items.find(({ number }) => number > game.item().number);

/** Whether there is an item to go on to, or nothing more to do. */
const mayGoOn = (game: Game): boolean => {
  const next = nextOf(game);
  return !next || game.mayGoTo(next);
};

const NOT_YET = 'What comes next is not open yet: whoever holds the class opens it.';

/** What can be typed besides commands, a word a line. */
const wordLines = (): string[] => [
  ...Object.entries(words).map(([word, does]) => `${bold(word.padEnd(8))} ${does}`),
  `${bold('exit'.padEnd(8))} leave; what you have done is kept`,
];

type Act = (game: Game, stage: Stage, args: string[]) => Promise<Turn>;

const said = (...lines: string[]): Turn => ({ lines, passed: false });

const acts: Record<string, Act> = {
  check: (game) => looked(game, true),
  async hint(game) {
    const level = Math.min(game.entry().hints + 1, 3);
    game.note({ hints: game.entry().hints + 1 });
    const lines = await game.play().hint(level);
    const more = level < 3 ? 'More: hint' : 'Or have it done: solve';
    return said(...lines, dim(more));
  },
  async solve(game, stage, [place]) {
    const wrong = place && notSolvedAt(game, place);
    if (wrong) return said(wrong);
    const what = place ? `Have the lines of ${place} typed?` : 'Have it done for you?';
    if (!(await stage.confirm(what))) return said('Nothing was typed.');
    if (!place && game.play().solvesFromStart) await game.reset();
    const lines = await game.play().solve(place);
    const turn = await looked(game, true, place ? undefined : 'solved');
    return { ...turn, lines: [...lines, ...turn.lines] };
  },
  async skip(game) {
    if (game.entry().verdict === 'open' && mayGoOn(game)) game.note({ verdict: 'skipped' });
    return goNext(game);
  },
  async reset(game, stage) {
    if (!(await stage.confirm('Begin this one anew, in a new lab?'))) return said('Nothing was changed.');
    if (game.entry().verdict !== 'open') game.note({ verdict: 'open' });
    return opened(game, () => game.reset());
  },
  async next(game) {
    if (game.entry().verdict === 'open') return said('It is not done yet. Go on without: skip');
    return goNext(game);
  },
  help: async () => said(...wordLines()),
  list: async (game) => said(...listLines(game)),
  async notes(game) {
    const lines = notesOf(game, game.item());
    return said(...(lines.length ? lines : ['Nothing more is said of it.']));
  },
  async answer(game, _, args) {
    const { ask } = game.item();
    if (!ask) return said('Nothing is asked here.');
    if (game.entry().verdict === 'open') return said('The question comes once this is done.');
    const text = args.join(' ');
    if (!text) return said(...askLines(ask));
    const passed = isRight(ask, text);
    if (!game.entry().answer) game.note({ answer: passed ? 'right' : 'wrong' });
    return { passed, lines: answerLines(ask, text) };
  },
  async on(game, _, [place]) {
    const names = placesOf(game);
    if (!place || !names.includes(place)) return said(`Type \`on PLACE\`, of these: ${names.join(', ')}`);
    return { lines: [], passed: false, place };
  },
  async predict(game, _, args) {
    const where = args.join(' ');
    const { predict } = game.play();
    if (!predict) return said('There is nothing to predict here.');
    const names = placesOf(game);
    if (!names.includes(where.split(/[: ]/)[0]!))
      return said(`Type \`predict PLACE:INTERFACE\`, with one of these places: ${names.join(', ')}`);
    const { isRight, passed, lines } = await predict(where);
    const { predictions } = game.progress;
    predictions.of++;
    if (isRight) predictions.right++;
    game.note(passed && game.entry().verdict === 'open' ? { verdict: 'passed' } : {});
    return { passed, lines: [...lines, ...(passed ? done(game) : [])] };
  },
  async break(game) {
    const left = game.items.filter((item) => item.chapter === 'break' && game.entry(item).verdict === 'open');
    if (!left.length) return said('Every fault of this lab has been found out.');
    const open = left.filter(game.mayGoTo);
    const chosen = open[Math.floor(Math.random() * open.length)];
    return chosen ? opened(game, () => game.goTo(chosen)) : said(NOT_YET);
  },
};

async function goNext(game: Game): Promise<Turn> {
  const next = nextOf(game);
  if (!next) return said(...summaryLines(game));
  return game.mayGoTo(next) ? opened(game, () => game.goTo(next)) : said(NOT_YET);
}

/** Does what a word says; one that is none is named, with those that are. */
export async function act(game: Game, stage: Stage, [word = '', ...args]: string[]): Promise<Turn> {
  const does = Object.hasOwn(acts, word) ? acts[word] : undefined;
  if (!does) return said(`There is no word ${word}. There are: ${Object.keys(words).join(', ')}`);
  try {
    return await does(game, stage, args);
  } catch (error) {
    if (error instanceof BadUsage) return said(error.message);
    throw error;
  }
}
