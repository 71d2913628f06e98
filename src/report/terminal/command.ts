import { dim } from 'yoctocolors';
import { chopped, indented, plain } from './text.ts';

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
