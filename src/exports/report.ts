/** `packetwalk/report`: what a report of one's own is made of, and the views that packetwalk has of a run. */
import { stripVTControlCharacters } from 'node:util';
import type { WalkResult } from '../judge/result.ts';
import type { CheckResult, DrillResult } from '../prove/events.ts';
import { checkLines } from '../report/terminal/check.ts';
import { drillLines } from '../report/terminal/drill.ts';
import { walkLines } from '../report/terminal/walk.ts';

export type * from '../judge/result.ts';
export type * from '../prove/events.ts';
export { type Document, document, extended, unfinished } from '../record/document.ts';
export { junit } from '../report/junit.ts';
export { markdown } from '../report/markdown.ts';
export type { OwnReport } from '../report/own.ts';
export type { Report } from '../report/report.ts';
export { type TerminalOptions, terminal } from '../report/terminal.ts';

/** How wide a text is, where no terminal says it. */
const COLUMNS = 100;

const textOf = (lines: string[]) => lines.map((line) => stripVTControlCharacters(line).trimEnd()).join('\n');

/** A walk as the terminal shows it, without colours: one that passed in a line, any other hop by hop, with its cause. */
export const walkText = (walk: WalkResult, columns = COLUMNS): string =>
  textOf(walkLines(walk, { columns, detail: 'line' }));

/** What came of a check at all its places, as the terminal shows it, without colours. */
export const checkText = (results: CheckResult[], columns = COLUMNS): string => textOf(checkLines(results, columns));

/** A drill as the terminal shows it, without colours: of one that went otherwise than it should, the walk in full. */
export const drillText = (drill: DrillResult, columns = COLUMNS): string => textOf(drillLines(drill, columns));
