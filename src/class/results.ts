import type { Ended, ItemFacts } from '../page/class/messages.ts';

/** How all of a class got on. */
export interface Results {
  lab: string;
  title: string;
  /** When it began (ISO 8601). */
  began: string;
  attendees: { name: string; predictions: { right: number; of: number }; items: (ItemFacts & Ended)[] }[];
}

/** For a program. */
export const resultsJson = (results: Results): string => `${JSON.stringify(results, null, 2)}\n`;

const columns = ['number', 'chapter', 'title', 'verdict', 'seconds', 'hints', 'tries', 'answer'] as const;

/** For a spreadsheet (RFC 4180): a line for each attendee and item. */
export const resultsCsv = ({ attendees }: Results): string =>
  [
    ['name', ...columns],
    ...attendees.flatMap(({ name, items }) =>
      items.map((item) => [name, ...columns.map((column) => item[column] ?? '')]),
    ),
  ]
    .map((line) => `${line.map(cell).join()}\r\n`)
    .join('');

/** A spreadsheet takes what begins so for a formula, and would run it. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string | number): string {
  const text = typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
