import { dim, green } from 'yoctocolors';
import { worst } from '../../judge/result.ts';
import type { CheckResult } from '../../prove/events.ts';
import { commandLines, outputLines } from './command.ts';
import { sign, styleOf } from './sign.ts';
import { indented, row, wrapped } from './text.ts';

/** All results of one check: a line for those that passed, and each other one in full. */
export function checkLines(results: CheckResult[], columns: number): string[] {
  const { title = '', claim = '' } = results[0] ?? {};
  const verdict = worst(results.map((each) => each.verdict));
  const passed = places(results.filter((each) => each.verdict === 'passed'));
  const others = results.filter((each) => each.verdict !== 'passed');
  const beside = [claim, others.length ? '' : passed].filter(Boolean).join('  ');
  return [
    ...row(`  ${sign(verdict)}`, title, dim(beside), { columns }),
    ...others.flatMap((each) => indented(fullLines(each, columns - 4), 4)),
    ...(others.length && passed ? [`    ${green('✓')} ${dim(passed)}`] : []),
  ];
}

const NAMED = 4;

function places(results: CheckResult[]): string {
  const names = results.flatMap(({ node }) => node.split(', '));
  return names.length > NAMED ? `${names.length} nodes` : names.join(' ');
}

function fullLines(result: CheckResult, columns: number): string[] {
  const { verdict, command, output, reason = verdict } = result;
  const node = places([result]);
  if (verdict === 'skipped') return wrapped(`${node}: skipped, ${reason}`, columns).map((line) => dim(line));
  return [
    ...commandLines(node, command, columns),
    ...indented(
      wrapped(reason, columns - 2).map((line) => styleOf(verdict)(line)),
      2,
    ),
    ...indented(outputLines(output, columns - 2), 2),
  ];
}
