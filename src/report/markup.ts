/** A table with a heading; nothing where there are no rows. */
export function table(heading: string, columns: string[], rows: string[][]): string {
  if (!rows.length) return '';
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [
    `### ${heading}`,
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((cells) => line(cells.map((cell) => escaped(cell).replaceAll('\n', '<br>').replaceAll('|', '\\|')))),
  ].join('\n');
}

/** A text of which nothing is markup, but for what it marks as `code` itself. */
export const escaped = (text: string): string =>
  text
    .split(/(`[^`\n]+`)/)
    .map((part, i) => (i % 2 ? part : part.replace(/[\\`*<>&[\]]/g, '\\$&')))
    .join('');

/** A block of code, behind a fence that is longer than any within. */
export function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
