import { bold, dim, green, red, yellow } from 'yoctocolors';
import { outcomeText } from '../../judge/outcome.ts';
import type { Fate, HopResult, WalkResult } from '../../judge/result.ts';
import type { ExpectedHeader } from '../../packet/index.ts';
import { duration } from '../duration.ts';
import { type Content, commandText, expectedOf, hopText, partText, seenOf, waysText } from '../notation.ts';
import { wrongPlaces } from '../strays.ts';
import { causeLines, whyLines } from './cause.ts';
import { commandLines } from './command.ts';
import { sign, styleOf } from './sign.ts';
import { contrasted } from './stack.ts';
import { indented, row, wrapped } from './text.ts';
import { treeLines } from './walk-tree.ts';

/**
 * How a walk that passed is shown: in a line, as a tree with what became of the packet at each hop, or with all that is stated and
 * worth attention at each. One that did not pass is always shown like that.
 */
export type Detail = 'line' | 'tree' | 'headers';

/** A walk, hop by hop. */
export function walkLines(walk: WalkResult, { columns, detail }: { columns: number; detail: Detail }): string[] {
  const full = detail !== 'line' || walk.verdict !== 'passed';
  const isTree = detail === 'tree' && walk.verdict === 'passed';
  const journey = isTree ? indented(treeLines(walk, columns - 4), 4) : journeyLines(walk, columns);
  return [
    ...headingLines(walk, columns),
    ...indented(causeLines(walk, columns - 4), 4),
    ...(full ? [...typedLines(walk, columns), ...journey] : []),
    ...strayLines(walk, columns),
    ...(full ? noteLines(walk, columns) : []),
    ...indented(whyLines(walk, columns - 4), 4),
  ];
}

/** A walk that failed for the cause that another one, shown before it, failed for; `inFull` is the command that shows it. */
export const sameCauseLines = (walk: WalkResult, first: WalkResult, inFull: string, columns: number): string[] => [
  ...headingLines(walk, columns),
  ...indented(wrapped(`Same cause as ${first.name}. In full: ${inFull}`, columns - 4), 4),
];

function headingLines(walk: WalkResult, columns: number): string[] {
  const right = `${styleOf(walk.verdict)(outcomeText(walk))}  ${dim(duration(walk.durationMs).padStart(7))}`;
  return [
    ...row(`  ${sign(walk.verdict)}`, walk.name, right, { columns, style: bold }),
    ...(walk.reason ? indented(wrapped(walk.reason, columns - 4), 4) : []),
  ];
}

function typedLines(walk: WalkResult, columns: number): string[] {
  const { send, claims } = walk;
  const [first = '', ...rest] = commandLines(send.from, send.command, columns - 4);
  const gap = Math.max(2, Math.min(columns, 100) - 4 - first.length - claims.join(' ').length);
  const typed = [first + (claims.length ? ' '.repeat(gap) + claims.join(' ') : ''), ...rest];
  return indented([...typed, ...waysText(walk)].map(dim), 4);
}

function journeyLines(walk: WalkResult, columns: number): string[] {
  const places = walk.hops.map((hop) => hopText(hop, walk));
  const widest = Math.max(0, ...places.map(({ length }) => length));
  return walk.hops.flatMap((hop, i) => {
    const turns = i > 0 && hop.part !== walk.hops[i - 1]!.part;
    const before = turns ? undefined : walk.hops.findLast(({ kind }, j) => j < i && kind === 'point');
    const place = places[i]!.padEnd(widest);
    if (turns && isNotReached(walk, hop))
      return [`    ${marks['not reached']} ${dim(`${partText(hop.part, walk).padEnd(widest)}  not reached`)}`];
    if (hop.part !== 'request' && isNotReached(walk, hop)) return [];
    return [
      ...(turns ? [`    ${dim(partText(hop.part, walk))}`] : []),
      ...indented(hopLines(hop, { place, before: before && seenOf(before), columns: columns - 4 }), 4),
    ];
  });
}

/** Whether nothing at all was seen of a hop's part, for what comes before it was lost. */
const isNotReached = ({ hops }: WalkResult, { part }: HopResult): boolean =>
  hops.every((each) => each.part !== part || each.fate === 'not reached');

const marks: Record<Fate, string> = {
  passed: green('✓'),
  differs: red('✗'),
  'out of order': red('✗'),
  missing: red('✗'),
  lost: red('✗'),
  'not reached': dim('·'),
  unknown: yellow('?'),
};

const unmarked = (text: string) => text;

function hopLines(
  hop: HopResult,
  { place, before, columns }: { place: string; before: Content | null | undefined; columns: number },
): string[] {
  const { because, fate, difference } = hop;
  if (fate === 'not reached') return [`${marks[fate]} ${dim(`${place}  not reached`)}`];
  const title = row(`${marks[fate]} ${place} `, because, '', { columns });
  const seen = seenOf(hop);
  const width = columns - 4;
  const beneath = (lines: string[]) => indented(lines, 4);
  if (fate === 'passed')
    return [
      ...title,
      ...beneath(seen ? contentLines(seen, before ?? seen, width, unmarked) : []),
      ...beneath(decisionLines(hop, width)),
      ...(hop.kind === 'hook' && hop.translation
        ? beneath(wrapped(`conntrack: ${hop.translation}`, width).map(dim))
        : []),
    ];
  if (fate === 'unknown')
    return [
      ...title,
      ...beneath(seen ? contentLines(seen, seen, width, unmarked) : [dim('nothing was seen, and that proves nothing')]),
    ];
  return [
    ...title,
    ...beneath(diffLines(expectedOf(hop), seen, columns - 6)),
    ...(difference ? beneath(wrapped(difference, width)) : []),
  ];
}

/** What a node went by, each command with what it prints. */
const decisionLines = ({ place, why = [] }: HopResult, columns: number): string[] =>
  why.flatMap(({ command, output }) => [
    ...commandLines(place, command, columns).map(dim),
    ...indented(
      output
        .split('\n')
        .flatMap((line) => wrapped(line.trim(), columns - 2))
        .slice(0, 6),
      2,
    ),
  ]);

/** What was listed or seen, in which only what `other` does not say too stands out. */
function contentLines(content: Content, other: Content, columns: number, style: (text: string) => string): string[] {
  if ('headers' in content) return contrasted(content.headers, headersOf(other), columns, style);
  const rule = content.rule ? indented(wrapped(content.rule, columns - 2), 2).map(dim) : [];
  return [...wrapped(content.way, columns).map(style), ...rule];
}

const headersOf = (content: Content): ExpectedHeader[] => ('headers' in content ? content.headers : []);

/** What was expected against what was seen, each behind its mark. */
function diffLines(expected: Content, seen: Content | null, columns: number): string[] {
  const marked = (mark: string, lines: string[]) => lines.map((line, i) => `${i ? ' ' : mark} ${line}`);
  return [
    ...marked(red('-'), contentLines(expected, seen ?? { headers: [] }, columns, red)),
    ...marked(green('+'), seen ? contentLines(seen, expected, columns, green) : [green('nothing')]),
  ];
}

const strayLines = (walk: WalkResult, columns: number): string[] =>
  wrongPlaces(walk).flatMap((text) => row(`    ${red('✗')}`, text, '', { columns }));

const noteLines = ({ command, notes }: WalkResult, columns: number): string[] =>
  [...commandText(command), ...notes].flatMap((note) => indented(wrapped(note, columns - 4).map(dim), 4));
