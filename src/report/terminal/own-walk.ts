import { bold, dim } from 'yoctocolors';
import type { OwnWalk } from '../../judge/own-walk.ts';
import { isPing } from '../../plan/ping.ts';
import { ownOutcomeText, type Path, pathsOf, type Stay } from '../own-walk.ts';
import { causeLines, whyLines } from './cause.ts';
import { commandLines, outputLines } from './command.ts';
import { sign, styleOf } from './sign.ts';
import { indented, plain, wrapped } from './text.ts';

/** A packet of one's own: its path as a tree, how it ended, what its sender was told, and why. */
export function ownWalkLines(walk: OwnWalk, to: string | null, columns: number): string[] {
  const { send, verdict, reason, notes } = walk;
  const paths = pathsOf(walk);
  return [
    ...commandLines(send.from, send.command, columns).map(dim),
    '',
    ...paths.flatMap((path) => [...pathLines(path, columns), '']),
    ...headline(`${sign(verdict)} `, ownOutcomeText(walk, to), columns, styleOf(verdict)),
    ...(reason ? indented(wrapped(reason, columns - 2), 2) : []),
    ...saidLines(walk, columns),
    ...indented(causeLines(walk, columns - 2), 2),
    ...notes.flatMap((note) => indented(wrapped(note, columns - 2).map(dim), 2)),
    ...indented(whyLines(walk, columns - 2), 2),
    ...printedLines(walk, columns),
  ];
}

function headline(mark: string, text: string, columns: number, style: (text: string) => string): string[] {
  const [first = '', ...rest] = wrapped(text, columns - 2);
  return [
    `${mark}${bold(style(first))}`,
    ...indented(
      rest.map((line) => bold(style(line))),
      2,
    ),
  ];
}

function pathLines({ part, stays, loop }: Path, columns: number): string[] {
  const named = stays.flatMap(({ at }) => at.filter(({ direction }) => direction).map(({ name }) => name.length));
  const widest = Math.max(0, ...named);
  return [
    ...(part === 'request' ? [] : [dim(part)]),
    ...stays.flatMap((stay) => stayLines(stay, widest, columns)),
    ...(loop ? indented(wrapped(loop, columns - 4), 4).map((line, i) => (i ? line : `  ↻ ${line.trimStart()}`)) : []),
  ];
}

function stayLines({ place, at }: Stay, widest: number, columns: number): string[] {
  return [
    bold(place),
    ...at.flatMap(({ name, direction, text, more }, i) => {
      const isLast = i === at.length - 1;
      const head = direction ? `${name.padEnd(widest)}  ${direction.padEnd(3)}  ` : '';
      const [first = '', ...rest] = wrapped(direction ? text : `${name} ${text}`, columns - 4 - head.length);
      const beneath = [
        ...indented(rest, head.length),
        ...more.flatMap((line) => indented(wrapped(line, columns - 6), 2).map(dim)),
      ];
      return [
        `  ${isLast ? '└' : '├'} ${head}${first}`.trimEnd(),
        ...beneath.map((line) => `  ${isLast ? ' ' : '│'} ${line}`),
      ];
    }),
  ];
}

/** As timeout(1) ends. */
const TIMED_OUT = 124;

/** What the sender was told, in one line: the rest of what its command printed stands below. */
function saidLines({ said, send, command, verdict }: OwnWalk, columns: number): string[] {
  const [first = command.code === TIMED_OUT ? 'nothing, until its time was up' : 'nothing'] = said;
  if (!said.length && (verdict === 'passed' || !command.code)) return [];
  const code = command.code && !(said.length && isPing(send.command)) ? ` (exit code ${command.code})` : '';
  const room = columns - 2 - code.length;
  const line = `${send.from} was told: ${plain(first)}`;
  return indented([(line.length > room ? `${line.slice(0, room - 1)}…` : line) + code], 2);
}

/** What a command printed, where that is more than a line. */
const printedLines = ({ said, send }: OwnWalk, columns: number): string[] =>
  said.length > 1 && !isPing(send.command)
    ? indented([bold(`What ${send.from} was told`), ...indented(outputLines(said.join('\n'), columns - 4), 2)], 2)
    : [];
