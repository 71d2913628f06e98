import { randomBytes } from 'node:crypto';

export const isPing = (command: string) => /^ping\s/.test(command);

/** A pattern that no other packet carries: 8 bytes in hexadecimal, as ping's -p takes it. */
export const pattern = () => randomBytes(8).toString('hex');

/** What a walk really types: a ping also says how long it waits, and carries a pattern by which it is followed. */
export const pingLine = (command: string, pattern: string, waitS: number) =>
  command.replace(/^ping/, `ping -p ${pattern}${/\s-W/.test(command) ? '' : ` -W ${waitS}`}`);

const NEEDED = 24;

/** Why a ping cannot be followed, in a sentence: its payload has room for the time of day and the pattern, once. */
export function unfollowable(command: string): string | undefined {
  const option = (letter: string) => new RegExp(`\\s-[a-zA-Z]*${letter}\\s*(\\S+)`).exec(command)?.[1];
  if (option('c') !== '1') return 'a walk follows one packet: ping -c 1';
  if (option('p')) return 'a ping is followed by a pattern of its own: leave -p out';
  if (Number(option('s') ?? NEEDED) < NEEDED)
    return `a ping is followed by its bytes 16 to 23: send ${NEEDED} or more (-s ${NEEDED})`;
  return undefined;
}
