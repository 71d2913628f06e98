import { stripVTControlCharacters } from 'node:util';
import { dim } from 'yoctocolors';
import { chopped, indented } from './text.ts';

/** A command as it was typed at a node: `master# ip route`. */
export function commandLines(node: string, command: string, columns: number): string[] {
  const prompt = `${node}# `;
  const lines = command.split('\n').flatMap((line) => chopped(line.trim(), columns - prompt.length));
  return lines.map((line, i) => (i ? ' '.repeat(prompt.length) : prompt) + line);
}

/** What a command printed, behind a bar, and how many lines more than `limit` there are. */
export function outputLines(output: string, columns: number, limit = 12): string[] {
  const rows = jsonRows(output) ?? (plain(output) || '(nothing)').split('\n');
  const lines = rows.flatMap((line) => beneath(chopped(line.trimEnd(), columns - 4)));
  const more = lines.length - limit;
  const shown = more > 1 ? [...lines.slice(0, limit), `… ${more} more lines`] : lines;
  return shown.map((line) => dim(`│ ${line.trimEnd()}`));
}

const beneath = ([first = '', ...rest]: string[]) => [first, ...indented(rest, 2)];

/** Of a JSON list, as `ip -j` prints it, a row for each element. */
function jsonRows(output: string): string[] | undefined {
  if (!output.startsWith('[')) return undefined;
  try {
    return (JSON.parse(output) as unknown[]).map((element) => JSON.stringify(element));
  } catch {
    return undefined;
  }
}

/** A text without what would move the cursor, colour the screen or ring the bell. */
const plain = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '    ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '·')
    .trimEnd();
