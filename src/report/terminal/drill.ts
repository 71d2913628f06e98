import { dim } from 'yoctocolors';
import { endedText } from '../../judge/outcome.ts';
import type { DrillResult } from '../../prove/events.ts';
import { duration } from '../duration.ts';
import { sign, styleOf } from './sign.ts';
import { indented, row, wrapped } from './text.ts';
import { walkLines } from './walk.ts';

/** A drill; of one that went otherwise than it should, the walk it broke in full. `isBrief`: one that went well in a line or two. */
export function drillLines(drill: DrillResult, columns: number, isBrief = false): string[] {
  const { fault, verdict, durationMs, hint, broken, expected } = drill;
  const well = verdict === 'passed';
  if (well && isBrief)
    return row(`  ${sign(verdict)}`, fault, `${endedText(expected)}  ${dim(duration(durationMs).padStart(7))}`, {
      columns,
    });
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
    ...(well ? indented(foundLines(broken, columns - 4), 4) : []),
    ...(well || !broken ? [] : indented(walkLines(broken, { columns: columns - 2, detail: 'line' }), 2)),
  ];
}

/** What was found to be the cause, where it was asked for: the hint says where a person would look. */
function foundLines(broken: DrillResult['broken'], columns: number): string[] {
  const [first] = broken?.causes ?? [];
  return first ? wrapped(`Cause: ${first.sentence}`, columns) : [];
}

const summary = ({ verdict, expected, reason }: DrillResult): string =>
  verdict === 'passed' ? `${endedText(expected)} as it should be, and healed` : (reason ?? verdict);
