import { dim } from 'yoctocolors';
import type { ExpectedHeader } from '../../packet/index.ts';
import { carried, layers } from '../layers.ts';
import { headerText } from '../notation.ts';
import { chopped, indented } from './text.ts';

type Style = (text: string, header: ExpectedHeader) => string;

interface Piece {
  header: ExpectedHeader;
  text: string;
}

/** A header stack in a lab's own notation; what a tunnel carries stands on lines of its own, further in. */
export function stackLines(
  headers: readonly ExpectedHeader[],
  columns: number,
  { style = (text) => text, write = headerText }: { style?: Style; write?: (header: ExpectedHeader) => string } = {},
): string[] {
  const parts = layers(headers);
  return parts.flatMap((layer, depth) => {
    const last = depth === parts.length - 1 ? layer.length - 1 : -1;
    const pieces = layer.map((header, i) => ({ header, text: `${write(header)}${i === last ? '' : ','}` }));
    return indented(flowed(pieces, columns - 2 * depth, style), 2 * depth);
  });
}

/** A stack in which only what the other one does not say too stands out. */
export const contrasted = (
  headers: readonly ExpectedHeader[],
  other: readonly ExpectedHeader[],
  columns: number,
  style: (text: string) => string,
) => stackLines(headers, columns, { style: (text, header) => (carried(header, other) ? dim(text) : style(text)) });

/** Headers in lines of at most `width`, broken between them; one that is wider than a line is broken within. */
function flowed(pieces: Piece[], width: number, style: Style): string[] {
  const lines: string[] = [];
  let room = -1;
  for (const { header, text } of pieces) {
    const [first = '', ...rest] = text.length > width ? beneath(text, width) : [text];
    if (first.length + 1 <= room && !rest.length) {
      lines[lines.length - 1] += ` ${style(first, header)}`;
      room -= first.length + 1;
    } else {
      lines.push(...[first, ...rest].map((line) => style(line, header)));
      room = rest.length ? -1 : width - first.length;
    }
  }
  return lines;
}

function beneath(text: string, width: number): string[] {
  const [first = '', ...rest] = chopped(text, width - 2, [', ']);
  return [first.trimEnd(), ...indented(rest, 2)];
}
