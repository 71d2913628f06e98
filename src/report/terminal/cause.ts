import { bold } from 'yoctocolors';
import type { WalkResult } from '../../judge/result.ts';
import { causeTexts, type Explained, whyTexts } from '../causes.ts';
import { outputLines } from './command.ts';
import { indented, wrapped } from './text.ts';

/** Why a packet was lost, in a sentence; how to mend it; what to read. */
export const causeLines = (walk: Explained, columns: number): string[] =>
  causeTexts(walk).flatMap(({ word, text }) => {
    const [first = '', ...rest] = wrapped(`${word}: ${text}`, columns);
    const head = `${bold(`${word}:`)}${first.slice(word.length + 1)}`;
    return [head, ...indented(rest, 2)];
  });

/** What shows that it was that: commands with their output, what else was captured. */
export function whyLines(walk: Pick<WalkResult, 'causes' | 'evidence'>, columns: number): string[] {
  const texts = whyTexts(walk);
  if (!texts.length) return [];
  return [
    bold('Why'),
    ...indented(
      texts.flatMap((each) => evidenceLines(each, columns - 2)),
      2,
    ),
  ];
}

/** A sentence, or a command with what it printed beneath. */
function evidenceLines(evidence: string, columns: number): string[] {
  const [first = '', ...output] = evidence.split('\n');
  if (!output.length) return wrapped(first, columns);
  return [...wrapped(first, columns), ...indented(outputLines(output.join('\n'), columns - 2, 30), 2)];
}
