import { MOST_OF_NAME } from '../page/class/messages.ts';
import { BadUsage } from '../plan/usage.ts';

/** What somebody typed, in one line: no control characters, none that are not seen or turn the direction of writing. */
export const inOneLine = (text: string): string => text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim();

/** A name as it is shown, another one than all that are taken. Throws a BadUsage where it is none. */
export function nameAmong(taken: readonly string[], given: string): string {
  const name = inOneLine(given);
  if (!name || [...name].length > MOST_OF_NAME) throw new BadUsage(`A name has 1 to ${MOST_OF_NAME} characters.`);
  for (let i = 1; ; i++) {
    const one = i === 1 ? name : `${name} (${i})`;
    if (!taken.includes(one)) return one;
  }
}
