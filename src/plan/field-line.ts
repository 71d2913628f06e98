import type { Position } from './bundle-lab.ts';

/** A file of a lab. */
interface LabFile {
  file: string;
  text: string;
}

interface Line extends Position {
  text: string;
}

/**
 * Where a problem is: of `walks['a pings b'].request[1] at b:eth0` the title of one part of a lab, the fields in that, and of a hop its
 * point.
 */
const TITLED = /^\w+(?:\['(.+)'\]|\.(.+?))((?:\.\w+|\[\d+\])*)(?:(?<=\]) at (.+))?$/;

/** Where a field stands that has a problem: the last of its path that has a line, if that is one alone; else its title's. */
export function fieldPosition(where: string, files: readonly LabFile[]): Position | undefined {
  const lines = files.flatMap(linesOf);
  const path = /^[\w.[\]]+$/.test(where) ? where.split(/[.[\]]+/).filter(Boolean) : [];
  return onlyLine(path, lines) ?? underTitle(where, lines) ?? asQuoted(where, lines);
}

const linesOf = ({ file, text }: LabFile): Line[] =>
  text.split('\n').map((line, i) => ({ file, line: i + 1, column: 1, text: line }));

/** The lines in which a field or a title is given a value. */
function linesWith(field: string, lines: readonly Line[]): Line[] {
  const name = field.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`(?<![\\w.'"])['"]?${name}['"]?\\s*:`);
  return lines.flatMap((line) => {
    const column = line.text.search(pattern);
    return column < 0 ? [] : [{ ...line, column: column + 1 }];
  });
}

function onlyLine(path: readonly string[], lines: readonly Line[]): Position | undefined {
  for (const field of path.toReversed()) {
    const found = linesWith(field, lines);
    if (found.length) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

/** Where the text stands that a problem quotes whole, as it does a cable, if that is in one place. */
function asQuoted(where: string, lines: readonly Line[]): Position | undefined {
  const [, text] = /^links\[\d+\] '(.+)'$/.exec(where) ?? [];
  const found = lines.filter((line) => text && line.text.includes(text));
  return found.length === 1 ? { ...found[0]!, column: found[0]!.text.indexOf(text!) + 1 } : undefined;
}

/** Where a field stands, or a hop in it, among the lines that are indented more than its title, which has one line; else that line. */
function underTitle(where: string, lines: readonly Line[]): Position | undefined {
  const [, quoted, plain, rest = '', point] = TITLED.exec(where) ?? [];
  const name = quoted ?? plain;
  const [title, ...others] = name ? linesWith(name, lines).filter(({ text }) => /['"]/.test(text)) : [];
  if (!title || others.length) return undefined;
  const field = onlyLine(rest.split(/[.[\]]+/).filter(Boolean), inside(title, lines));
  return (field && point ? hopLine(point, inside(field, lines)) : undefined) ?? field ?? title;
}

/** The line of the only hop that is at a point. */
function hopLine(point: string, lines: readonly Line[]): Position | undefined {
  const found = lines.filter(({ text }) => text.includes(`'${point}'`) || text.includes(`'${point} `));
  return found.length === 1 ? { ...found[0]!, column: indentOf(found[0]!) + 1 } : undefined;
}

const indentOf = ({ text }: Line) => text.search(/\S/);

/** The lines below one that are indented more. */
function inside(head: Position, lines: readonly Line[]): Line[] {
  const at = lines.findIndex(({ file, line }) => file === head.file && line === head.line);
  const after = lines.slice(at + 1);
  const end = after.findIndex(
    (each) => each.file !== head.file || (each.text.trim() && indentOf(each) <= indentOf(lines[at]!)),
  );
  return after.slice(0, end < 0 ? undefined : end);
}
