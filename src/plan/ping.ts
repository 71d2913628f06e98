import { randomBytes } from 'node:crypto';

const plainPing = /^\s*ping(?=\s)/;

/** Whether a command is a plain ping: the word `ping` and nothing before it. What shell text follows does not matter. */
export const isPing = (command: string): boolean => plainPing.test(command);

/** Whether a command is a plain ping and nothing else, which does not say itself how long it waits: an interrupt ends that alone. */
export const isLonePing = (command: string): boolean =>
  isPing(command) && !/[;&|<>()`\n]/.test(command) && !optionsOf(command).has('W') && !optionsOf(command).has('w');

/** Whether a command may run a ping, in whatever way it is typed: `timeout 2 ping`, `sh -c "/usr/bin/ping …"`. */
export const mentionsPing = (command: string): boolean => /(^|[^\w.-])ping[46]?(?=\s)/.test(command);

/** A pattern that no other packet carries: 8 bytes in hexadecimal, as ping's -p takes it. */
export const pattern = () => randomBytes(8).toString('hex');

/** How long a ping waits for its answer, in seconds, where a lab does not say so. */
export const PING_WAIT_S = 1;

/**
 * How long it waits at most where it is interrupted once nothing can be under way: a neighbour may answer the third question. For so
 * long it also tries to send what the kernel has no room for, before it says so.
 */
export const LONGEST_PING_WAIT_S = 3;

/** What a walk really types: a plain ping also says how long it waits, and carries a pattern by which it is followed. */
export function pingLine(
  command: string,
  pattern: string,
  waitS = isLonePing(command) ? LONGEST_PING_WAIT_S : PING_WAIT_S,
): string {
  const wait = optionsOf(command).has('W') ? '' : ` -W ${waitS}`;
  return command.replace(plainPing, (ping) => `${ping} -p ${pattern}${wait}`);
}

const NEEDED = 24;

/** Why a plain ping cannot be followed, in a sentence: its payload has room for the time of day and the pattern, once. */
export function unfollowable(command: string): string | undefined {
  if (!isPing(command)) return undefined;
  const options = optionsOf(command);
  const count = options.get('c');
  if (count === undefined ? !shellWords(command).some(isExpanded) : surely(count, (n) => n !== 1))
    return 'a walk follows one packet: ping -c 1';
  if (options.has('p')) return 'a ping is followed by a pattern of its own: leave -p out';
  if (surely(options.get('s'), (size) => size < NEEDED))
    return `a ping is followed by its bytes 16 to 23: send ${NEEDED} or more (-s ${NEEDED})`;
  return undefined;
}

const surely = (value: string | undefined, is: (number: number) => boolean) =>
  value !== undefined && /^\d+$/.test(value) && is(Number(value));

const isExpanded = (word: string) => /[$`*?[{]/.test(word);

// ping(8) of iputils: the options that take a value, as in its call of getopt(3).
const WITH_VALUE = 'TFNceiIlmMpQsStwW';

/** The options of a plain ping, each with its value, '' where it takes none; what stands behind `--` is none. */
function optionsOf(command: string): Map<string, string> {
  const found = new Map<string, string>();
  const [, ...words] = shellWords(command);
  for (let word = words.shift(); word !== undefined && word !== '--'; word = words.shift()) {
    if (!/^-./.test(word)) continue;
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      const takes = WITH_VALUE.includes(letter);
      found.set(letter, takes ? word.slice(at + 1) || (words.shift() ?? '') : '');
      if (takes) break;
    }
  }
  return found;
}

/** The words of a shell's first simple command, without their quotes; an expansion stays as it is typed. */
function shellWords(command: string): string[] {
  const [first = ''] = /^(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^;&|<>()\n])*/s.exec(command.trim()) ?? [];
  const words = first.match(/(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s])+/gs) ?? [];
  const comment = words.findIndex((word) => word.startsWith('#'));
  return (comment < 0 ? words : words.slice(0, comment)).map((word) =>
    word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs, (_, single, double, escaped) => single ?? double ?? escaped),
  );
}
