import { dim } from 'yoctocolors';
import type { StepResult } from '../../prove/events.ts';
import { duration } from '../duration.ts';
import { commandLines, outputLines } from './command.ts';
import { sign } from './sign.ts';
import { indented, row } from './text.ts';

export function stepLines({ title, verdict, durationMs, failure }: StepResult, columns: number): string[] {
  return [
    ...row(`  ${sign(verdict)}`, title, dim(duration(durationMs)), { columns }),
    ...(failure
      ? [
          ...indented(commandLines(failure.node, failure.command, columns - 4), 4),
          ...indented(outputLines(failure.output, columns - 6), 6),
        ]
      : []),
  ];
}
