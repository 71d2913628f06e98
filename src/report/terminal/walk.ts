import type { HopResult, WalkResult } from '../../judge/result.ts';
import { bold, dim, green, red, yellow } from 'yoctocolors';
import { type Fate, fates, outcome } from '../../judge/outcome.ts';
import { partOf } from '../../lab/part.ts';
import { duration } from '../duration.ts';
import { commandLines, outputLines } from './command.ts';
import { sign, styleOf } from './sign.ts';
import { contrasted, stackLines } from './stack.ts';
import { indented, row, wrapped } from './text.ts';

/** A walk hop by hop; a delivered one in one line where its hops are not asked for. */
export function walkLines(walk: WalkResult, { columns, hops }: { columns: number; hops: boolean }): string[] {
  const full = hops || walk.verdict !== 'passed';
  return [
    ...headingLines(walk, columns),
    ...(full ? [...typedLines(walk, columns), ...journeyLines(walk, columns)] : []),
    ...unexpectedLines(walk, columns),
    ...whyLines(walk, columns),
  ];
}

function headingLines(walk: WalkResult, columns: number): string[] {
  const right = `${styleOf(walk.verdict)(outcome(walk))}  ${dim(duration(walk.durationMs).padStart(7))}`;
  return [
    ...row(`  ${sign(walk.verdict)}`, walk.name, right, { columns, style: bold }),
    ...(walk.reason ? indented(wrapped(walk.reason, columns - 4), 4) : []),
  ];
}

function typedLines({ send, claims }: WalkResult, columns: number): string[] {
  const [first = '', ...rest] = commandLines(send.from, send.command, columns - 4);
  const gap = Math.max(2, Math.min(columns, 100) - 4 - first.length - claims.join(' ').length);
  return indented([first + (claims.length ? ' '.repeat(gap) + claims.join(' ') : ''), ...rest].map(dim), 4);
}

function journeyLines(walk: WalkResult, columns: number): string[] {
  const widest = Math.max(0, ...walk.hops.map(({ at }) => at.length));
  const fate = fates(walk);
  return walk.hops.flatMap((hop, i) => {
    const part = partOf(hop);
    const turns = i > 0 && part !== partOf(walk.hops[i - 1]!);
    const before = turns ? undefined : walk.hops.findLast(({ at }, j) => j < i && isPoint(at))?.seen;
    return [
      ...(turns ? [`    ${dim(part)}`] : []),
      ...indented(hopLines(hop, fate[i]!, { before, widest, columns: columns - 4 }), 4),
    ];
  });
}

const marks: Record<Fate, string> = {
  passed: green('✓'),
  differs: red('✗'),
  missing: red('✗'),
  'not reached': dim('·'),
  unknown: yellow('?'),
};

/** Whether it is an interface, and no hook. */
const isPoint = (at: string) => at.includes(':');

/** What a node went by, each command with what it prints. */
const reasonLines = ({ at, why = [] }: HopResult, columns: number): string[] =>
  why.flatMap(({ command, output }) => [
    ...commandLines(at.slice(0, at.indexOf(':')), command, columns).map(dim),
    ...indented(
      output
        .split('\n')
        .flatMap((line) => wrapped(line.trim(), columns - 2))
        .slice(0, 6),
      2,
    ),
  ]);

function hopLines(
  hop: HopResult,
  fate: Fate,
  { before, widest, columns }: { before: string[] | undefined; widest: number; columns: number },
): string[] {
  const { at, because, expected, seen, difference, translation } = hop;
  const place = at.padEnd(widest);
  if (fate === 'not reached') return [`${marks[fate]} ${dim(`${place}  not reached`)}`];
  const title = row(`${marks[fate]} ${place} `, because, '', { columns });
  if (fate === 'passed')
    return [
      ...title,
      ...indented(
        isPoint(at)
          ? contrasted(seen, before ?? seen, columns - 4, (text) => text)
          : seen.flatMap((each) => wrapped(each, columns - 4)),
        4,
      ),
      ...indented(reasonLines(hop, columns - 4), 4),
      ...(translation ? indented(wrapped(`conntrack: ${translation}`, columns - 4).map(dim), 4) : []),
    ];
  if (fate === 'unknown') return [...title, dim('    nothing was seen, and that proves nothing')];
  return [
    ...title,
    ...indented(diffLines(expected, seen, columns - 6), 4),
    ...(difference ? indented(wrapped(difference, columns - 4), 4) : []),
  ];
}

/** What was expected against what was seen, each behind its mark. */
function diffLines(expected: string[], seen: string[], columns: number): string[] {
  const marked = (mark: string, lines: string[]) => lines.map((line, i) => `${i ? ' ' : mark} ${line}`);
  return [
    ...marked(red('-'), contrasted(expected, seen, columns, red)),
    ...marked(green('+'), seen.length ? contrasted(seen, expected, columns, green) : [green('nothing')]),
  ];
}

const unexpectedLines = ({ unexpected }: WalkResult, columns: number): string[] =>
  unexpected.flatMap(({ at, seen, ...part }) => [
    ...row(`    ${red('✗')}`, `${whose[partOf(part)]}seen at ${at}, where it should not be:`, '', { columns }),
    ...indented(isPoint(at) ? stackLines(seen, columns - 8) : seen, 8),
  ]);

const whose = { request: '', reply: 'the reply was ', end: 'the end was ' };

function whyLines({ evidence }: WalkResult, columns: number): string[] {
  if (!evidence.length) return [];
  return [
    `    ${bold('Why')}`,
    ...indented(
      evidence.flatMap((each) => evidenceLines(each, columns - 6)),
      6,
    ),
  ];
}

/** A sentence, or a command with what it printed beneath. */
function evidenceLines(evidence: string, columns: number): string[] {
  const [first = '', ...output] = evidence.split('\n');
  if (!output.length) return wrapped(first, columns);
  return [...wrapped(first, columns), ...indented(outputLines(output.join('\n'), columns - 2, 30), 2)];
}
