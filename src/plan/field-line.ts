import type { Position } from './bundle-lab.ts';

/** A file of a lab. */
interface LabFile {
  file: string;
  text: string;
}

interface Line extends Position {
  text: string;
}

/** Where a problem is: of `setup['Bridge each pod'].ask.answer` the part of a lab, the title of one of it, and the fields in that. */
const TITLED = /^\w+(?:\['(.+)'\]|\.(.+?))((?:\.\w+(?:\[\d+\])?)*)(?: at (\S+))?$/;

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

/** Where a hop or a field stands among the lines that are indented more than its title, which has one line; else that line. */
function underTitle(where: string, lines: readonly Line[]): Position | undefined {
  const [, quoted, plain, rest = '', point] = TITLED.exec(where) ?? [];
  const name = quoted ?? plain;
  if (!name) return undefined;
  const [title, ...others] = linesWith(name, lines).filter(({ text }) => /['"]/.test(text));
  if (!title || others.length) return undefined;
  const indent = (text: string) => text.search(/\S/);
  const after = lines.slice(lines.findIndex(({ file, line }) => file === title.file && line === title.line) + 1);
  const end = after.findIndex(
    ({ file, text }) => file !== title.file || (text.trim() && indent(text) <= indent(title.text)),
  );
  const inside = after.slice(0, end < 0 ? undefined : end);
  const hops = point ? inside.filter(({ text }) => text.includes(`at('${point.replace(/ (in|out)$/, '')}'`)) : [];
  if (hops.length === 1) return { ...hops[0]!, column: hops[0]!.text.indexOf('at(') + 1 };
  return onlyLine(rest.split(/\.|\[\d+\]/).filter(Boolean), inside) ?? title;
}
