import { stripVTControlCharacters } from 'node:util';

/** However little room there is, a line takes a character. */
const NARROWEST = 1;

/** Beyond this, what stands at the right of a row would be too far from what it belongs to. */
const WIDEST_ROW = 100;

export const visible = (text: string): number => stripVTControlCharacters(text).length;

export const indented = (lines: string[], by: number): string[] => lines.map((line) => ' '.repeat(by) + line);

/** A text in lines of at most `width`, broken between words, and within `code` only where it is wider than a line. */
export const wrapped = (text: string, width: number): string[] =>
  plain(text)
    .split('\n')
    .flatMap((line) => {
      const words = line.match(/[^\s`]*`[^`]*`\S*|\S+/g) ?? [''];
      return filled(
        words.flatMap((word) => (word.length > width ? word.split(' ') : [word])),
        width,
      );
    });

function filled(words: string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(...chopped(word, width));
  }
  return lines;
}

/** The same number of lines, but of about the same length. */
function balanced(text: string, width: number): string[] {
  const lines = wrapped(text, width);
  let narrower = width;
  while (narrower > 20 && wrapped(text, narrower - 1).length === lines.length) narrower--;
  return wrapped(text, narrower);
}

/** A text in pieces of at most `width`: broken after a mark in their second half, or else anywhere. */
export function chopped(text: string, width: number, marks = [' ', ',']): string[] {
  const room = Math.max(width, NARROWEST);
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > room) {
    const ends = marks.map((mark) => rest.slice(0, room).lastIndexOf(mark) + mark.length);
    const end = Math.max(...ends) > room / 2 ? Math.max(...ends) : room;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...pieces, rest];
}

/** A text after a mark, wrapped beneath itself, with something at the right of its first line. */
export function row(
  mark: string,
  text: string,
  right: string,
  { columns, style = (line) => line }: { columns: number; style?: (line: string) => string },
): string[] {
  const left = visible(mark) + 1;
  const room = Math.min(columns, WIDEST_ROW) - left - (right ? visible(right) + 2 : 0);
  const [first = '', ...rest] = balanced(text, Math.max(room, 20));
  const gap = right ? ' '.repeat(Math.max(0, room - first.length) + 2) : '';
  return [`${mark} ${style(first)}${gap}${right}`, ...indented(rest.map(style), left)];
}

/** A text without what would move the cursor, colour the screen or ring the bell. */
export const plain = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '    ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '·')
    .trimEnd();
