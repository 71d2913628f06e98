import { basename } from 'node:path';
import type { Verdict } from '../judge/result.ts';
import { deviceKinds } from '../machine/device-kinds.ts';
import { installLine } from '../machine/install.ts';
import { find } from '../machine/programs.ts';
import { hint, nearest } from '../plan/nearest.ts';
import { knownTools } from '../plan/needs.ts';
import type { Ran, Runtime } from '../runtime/runtime.ts';

/** Whether a program that packetwalk knows is not installed where a command was typed. */
export type Absent = (command: string) => boolean;

/** What a failed command says of the lab, and what helps its author. */
export interface Blame {
  verdict: Verdict;
  hint?: string;
}

/** The exit code of a shell that did not find a program. */
export const NOT_FOUND = 127;

/** What is installed here tells of nodes that run this machine's programs; of others the failed command alone does. */
export const absentOn =
  ({ runsOwnPrograms = false }: Pick<Runtime, 'runsOwnPrograms'>): Absent =>
  (command) =>
    !runsOwnPrograms || !find(command);

/** A failed command has failed, unless it needs a device kind or a program that is known, and known to be missing. */
export function blame({ command, code, stderr }: Ran, absent: Absent, stated: readonly string[] = []): Blame {
  if (/Unknown device type/i.test(stderr)) return blameForKind(command, [...deviceKinds, ...stated]);
  if (/IPv6 is disabled on this device/.test(stderr)) return { verdict: 'failed', hint: IPV6_IS_OFF };
  if (code !== NOT_FOUND) return { verdict: 'failed' };
  const program = missingProgram(stderr, code);
  return program ? blameForProgram(program, absent) : { verdict: 'failed' };
}

const IPV6_IS_OFF = 'Places start with IPv6 off. Type before: sysctl -w net.ipv6.conf.all.disable_ipv6=0';

function blameForKind(command: string, kinds: readonly string[]): Blame {
  const named = [...command.matchAll(/\btype\s+(\S+)/g)].map(([, word = '']) => word.replace(/[;'")]+$/, ''));
  const strange = named.filter((kind) => !kinds.includes(kind));
  if (named.length && !strange.length) return { verdict: 'skipped' };
  const misspelt = strange.find((kind) => /^\w+$/.test(kind));
  if (!misspelt) return { verdict: 'failed' };
  return {
    verdict: 'failed',
    hint: [
      `${misspelt} is no kind of device.`,
      hint(misspelt, kinds),
      ...(nearest(misspelt, kinds) ? [] : [`A new one is stated: needs: { devices: ['${misspelt}'] }`]),
    ].join(' '),
  };
}

/** What is to be said where a program was not found: a known one is missing, any other is misspelt. */
export function blameForProgram(path: string, absent: Absent): Blame {
  const name = basename(path);
  const tool = knownTools.find(({ command }) => command === name);
  if (tool && path === name) {
    if (!absent(name)) return { verdict: 'failed', hint: `${name} is installed, but not where it was looked for.` };
    return { verdict: 'unknown', hint: `${name} is not installed there. Type: ${installLine([tool])}` };
  }
  const meant = nearest(
    name,
    knownTools.map(({ command }) => command),
  );
  return { verdict: 'failed', hint: `There is no program ${path}.${meant ? ` Did you mean ${meant}?` : ''}` };
}

// What shells, `ip netns exec`, nsenter, timeout and env say, though the script may go on and end well.
const sayings = [
  /^(?:sh|bash|dash|ash): (?:(?:line )?\d+: )?(\S+): (?:command )?not found$/m,
  /^exec of "(.*)" failed: No such file/m,
  /^\w+: failed to (?:execute|run command) ['"‘]?([^'"’\s:]+)['"’]?: No such file/m,
  /^env: ['‘](.*)['’]: No such file/m,
];

// What the agent says, which starts a plain command itself: a program that misses a file may say the same.
const plain = /^(\S+): No such file or directory$/m;

/** The program that a command did not find, if that is what it says. */
export const missingProgram = (stderr: string, code: number): string | undefined =>
  [...sayings, ...(code === NOT_FOUND ? [plain] : [])].map((saying) => saying.exec(stderr)?.[1]).find(Boolean);
