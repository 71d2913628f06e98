import { stripVTControlCharacters } from 'node:util';

const { FORCE_COLOR = '0' } = process.env;
const colours = process.stdout.isTTY || !['0', 'false'].includes(FORCE_COLOR);

/** Prints lines for a person; without colours where they would only be in the way. */
export function say(...lines: string[]): void {
  const text = `${lines.join('\n')}\n`;
  process.stdout.write(colours ? text : stripVTControlCharacters(text));
}

/** Prints a value for a program. */
export const sayJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

/** A word as a shell takes it literally; letters of any language are no signs of a shell's. */
export const shellWord = (word: string): string =>
  /^[\p{L}\p{N}_@%+=:,./…-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** How a command is typed here: `npm run lab` in a clone, `packetwalk` where it is installed. */
export function typed(...given: string[]): string {
  const words = given.map(shellWord);
  if (!process.env.PACKETWALK_SET_UP) return ['packetwalk', ...words].join(' ');
  const options = words.some((word) => word.startsWith('-'));
  return ['npm run lab', ...(options ? ['--'] : []), ...words].join(' ');
}
