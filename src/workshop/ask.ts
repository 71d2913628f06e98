import { dim, green, red } from 'yoctocolors';
import { mismatch } from '../judge/output.ts';
import type { Ask } from '../lab/taught.ts';
import type { Runtime } from '../runtime/index.ts';

const answersOf = ({ answer }: Ask): string[] => [answer].flat();

/** As people write the same thing: in capitals or not, quoted, with a full stop. */
const plain = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/^["'“`]|["'”`.!]+$/g, '');

export const isRight = (ask: Ask, said: string): boolean =>
  answersOf(ask).some((answer) => plain(answer) === plain(said));

/** A question, and how it is answered. */
export const askLines = ({ question }: Ask): string[] => [question, dim('Type `answer …`, or go on: next')];

const shown = ({ shownBy: { from, command } }: Ask) => `${from}# ${command}`;

/** What is said of an answer: of a wrong one where to look. */
export const answerLines = (ask: Ask, said: string): string[] =>
  isRight(ask, said)
    ? [`${green('✓')} Yes: ${answersOf(ask)[0]}. This shows it:`, shown(ask), dim('Go on: next')]
    : [`${red('✗')} No. Look here:`, shown(ask), dim('Try again: answer … Or go on: next')];

/** What keeps a question's answer from being proven: what its command prints is not the answer. */
export async function answerProblems(runtime: Pick<Runtime, 'script'>, ask: Ask): Promise<string[]> {
  const { from, command } = ask.shownBy;
  const { code, stdout, stderr } = await runtime.script(from, command, { timeoutMs: 30_000 });
  const wrong = mismatch({ lines: answersOf(ask).slice(0, 1) }, `${stdout}${stderr}`, code);
  return wrong ? [`the answer to “${ask.question}” is not shown by ${shown(ask)}: ${wrong}`] : [];
}
