import type { Typed } from '../../plan/plan.ts';
import { escaped, fenced } from '../markup.ts';

/** A text within HTML, where Markdown does not apply: what it marks as `code` is code all the same. */
export const html = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/`([^`\n]+)`/g, '<code>$1</code>');

/** Something that is shown on demand; the summary is HTML. */
export const folded = (summary: string, content: string): string =>
  `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;

/** A command as it is typed at a place; lines after its first stand beneath it. */
export function prompted(place: string, command: string): string {
  const prompt = place ? `${place}# ` : '# ';
  return command
    .split('\n')
    .map((line, i) => (i ? ' '.repeat(prompt.length) : prompt) + line)
    .join('\n');
}

export const typedLines = ({ place, lines }: Typed): string[] => lines.map((line) => prompted(place, line));

/** A block of lines, and of more than `most` the first ones. */
export function block(lines: string[], most = 60): string {
  const rows = lines.flatMap((line) => line.split('\n'));
  const more = rows.length - most;
  return fenced(
    '',
    [...rows.slice(0, more > 1 ? most : undefined), ...(more > 1 ? [`… ${more} more lines`] : [])].join('\n'),
  );
}

export const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`;

/** A row of a table. */
export const tableRow = (cells: string[]): string =>
  `| ${cells.map((cell) => escaped(cell).replaceAll('\n', '<br>').replaceAll('|', '\\|')).join(' | ')} |`;
