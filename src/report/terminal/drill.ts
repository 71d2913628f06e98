import { dim } from 'yoctocolors';
import { endedText } from '../../judge/outcome.ts';
import type { DrillResult } from '../../prove/events.ts';
import { duration } from '../duration.ts';
import { sign, styleOf } from './sign.ts';
import { indented, row, wrapped } from './text.ts';
import { walkLines } from './walk.ts';

/** A drill; of one that went otherwise than it should, the walk it broke in full. */
export function drillLines(drill: DrillResult, columns: number): string[] {
  const { fault, verdict, durationMs, hint, broken } = drill;
  const well = verdict === 'passed';
  return [
    ...row(`  ${sign(verdict)}`, fault, dim(duration(durationMs)), { columns }),
    ...indented(
      wrapped(summary(drill), columns - 4).map((line) => (well ? line : styleOf(verdict)(line))),
      4,
    ),
    ...indented(
      wrapped(hint, columns - 4).map((line) => dim(line)),
      4,
    ),
    ...(well || !broken ? [] : indented(walkLines(broken, { columns: columns - 2, hops: false }), 2)),
  ];
}

const summary = ({ verdict, expected, reason }: DrillResult): string =>
  verdict === 'passed' ? `${endedText(expected)} as it should be, and healed` : (reason ?? verdict);
