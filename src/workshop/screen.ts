import { bold, dim } from 'yoctocolors';
import { wrapped } from '../report/terminal/text.ts';
import type { Game } from './game.ts';
import type { Chapter, Item } from './items.ts';
import { type Entry, keyOf, type Progress } from './progress.ts';

const names: Record<Chapter, string> = { build: 'Build', see: 'See', break: 'Break and find out' };
/** What a chapter is called. */
export const chapterName = (chapter: Chapter): string => names[chapter];

const signs: Record<Entry['verdict'], string> = { passed: '✓', solved: '~', skipped: '-', open: ' ' };

type Shown = Pick<Game, 'progress'>;

const verdictOf = ({ items }: Progress, item: Item) => items[keyOf(item)]?.verdict ?? 'open';

const isFoundOut = (progress: Progress, item: Item) => ['passed', 'solved'].includes(verdictOf(progress, item));

/** An item's title; of a fault that is to be found out, nothing that gives it away. */
export const titleOf = ({ progress }: Shown, item: Item): string =>
  item.chapter === 'break' && !isFoundOut(progress, item) ? 'Something is broken' : item.title;

/** What the lab says besides of itself and of an item, but of a fault that is to be found out. */
export function notesOf({ progress, context }: Pick<Game, 'progress' | 'context'>, item: Item): string[] {
  const isTold = item.chapter !== 'break' || isFoundOut(progress, item);
  const { about, notes } = context.plan;
  return [about, notes, isTold ? item.notes : undefined].flatMap((text) =>
    text ? wrapped(text, context.columns()) : [],
  );
}

/** The heading of the item that is under way: how far it is, and what it is. */
export function headerLines(game: Game): string[] {
  const { progress, items } = game;
  const item = game.item();
  const isDone = (each: Item) => verdictOf(progress, each) !== 'open';
  const bar = items.map((each) => (isDone(each) ? '■' : each.number === item.number ? '▣' : '□')).join('');
  const hints = items.reduce((sum, each) => sum + (progress.items[keyOf(each)]?.hints ?? 0), 0);
  return [
    '',
    dim(`${progress.lab}   ${names[item.chapter]}   ${item.number}/${items.length} ${bar}   hints ${hints}`),
    ...wrapped(titleOf(game, item), game.context.columns()).map(bold),
    ...(item.chapter === 'build' && item.notes ? [dim('More on this: notes')] : []),
  ];
}

/** All items, and how each ended. */
export function listLines(game: Pick<Game, 'progress' | 'items' | 'item'>): string[] {
  const { progress, items } = game;
  return items
    .map((item, i) => {
      const heading = items[i - 1]?.chapter === item.chapter ? '' : `${bold(names[item.chapter])}\n`;
      const here = item.number === game.item().number ? '>' : ' ';
      const number = String(item.number).padStart(3);
      return `${heading}${here}${number} ${signs[verdictOf(progress, item)]} ${titleOf(game, item)}`;
    })
    .flatMap((text) => text.split('\n'));
}

/** How the whole ended, in three lines. */
export function summaryLines({ progress, items }: Pick<Game, 'progress' | 'items'>): string[] {
  const count = (verdict: Entry['verdict']) => items.filter((item) => verdictOf(progress, item) === verdict).length;
  const entries = items.flatMap((item) => progress.items[keyOf(item)] ?? []);
  const sum = (of: 'hints' | 'seconds') => Math.round(entries.reduce((total, entry) => total + entry[of], 0));
  const { right, of } = progress.predictions;
  const answers = entries.flatMap(({ answer }) => answer ?? []);
  const answered = answers.length
    ? ` Answered: ${answers.filter((each) => each === 'right').length} of ${answers.length}.`
    : '';
  return [
    `${bold(progress.lab)}: ${count('passed')} of ${items.length} done, ${count('solved')} solved for you, ${count('skipped')} skipped, ${count('open')} open.`,
    `Hints: ${sum('hints')}. Predicted: ${right} of ${of}.${answered} Time: ${Math.round(sum('seconds') / 60)} min.`,
  ];
}
