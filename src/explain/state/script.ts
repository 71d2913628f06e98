import type { Question } from './questions.ts';

/** Begins what is said of a question, on both streams; no program prints it. */
const MARK = '\u001e';

/** A script that asks questions one after another. */
export const scriptOf = (asked: readonly Question[]): string =>
  [
    `m() { printf '\\036%s\\n' "$1"; printf '\\036%s\\n' "$1" >&2; }`,
    ...asked.flatMap(({ line }, i) => [`m ${i}`, line, `printf '\\036=%s\\n' "$?"`]),
    'exit 0',
  ].join('\n');

/** What was said to a question; without a code where the program was still running when the script ended. */
export interface Said {
  question: Question;
  stdout: string;
  stderr: string;
  code?: number;
}

/** What was said to those questions of a script that were asked before it ended. */
export function saidTo(asked: readonly Question[], { stdout, stderr }: { stdout: string; stderr: string }): Said[] {
  const [printed, errors] = [sections(stdout), sections(stderr)];
  return asked.flatMap((question, i) => {
    const section = printed.get(String(i));
    if (section === undefined) return [];
    const [answer = '', code] = section.split(`${MARK}=`);
    const error = errors.get(String(i))?.trim() ?? '';
    return [{ question, stdout: answer, stderr: error, ...(code !== undefined && { code: Number(code) }) }];
  });
}

/** The text after each mark with a number, by that number. */
const sections = (text: string): Map<string, string> =>
  new Map(
    text.split(new RegExp(`${MARK}(?!=)`)).flatMap((section) => {
      const end = section.indexOf('\n');
      return end > 0 ? [[section.slice(0, end), section.slice(end + 1)] as const] : [];
    }),
  );
