import { galleryNames, labName, labNames, loadPlan } from '../plan/load.ts';
import { BadUsage } from '../plan/usage.ts';
import { isOurs, standingLabs } from '../record/standing.ts';
import { say } from './output.ts';

const scripts = {
  bash: `_packetwalk() {
  local IFS=$'\\n'
  COMPREPLY=($(packetwalk complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _packetwalk packetwalk`,
  zsh: `#compdef packetwalk
_packetwalk() {
  local -a words_
  words_=("\${(@f)$(packetwalk complete -- "\${words[@]:1:CURRENT-1}" 2>/dev/null)}")
  compadd -a words_
}
compdef _packetwalk packetwalk`,
  fish: `complete -c packetwalk -f -a '(packetwalk complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};

/** Prints the script by which a shell completes packetwalk's commands. */
export function completion(shell: string): number {
  if (!(shell in scripts))
    throw new BadUsage(`${shell} is not known here; there is ${Object.keys(scripts).join(', ')}`);
  say(scripts[shell as keyof typeof scripts]);
  return 0;
}

const withoutLab = new Set(['claims', 'clean', 'completion', 'doctor', 'list', 'matrix', 'merge', 'status']);
const standingOnly = new Set(['down', 'walk', 'drill', 'diff', 'exec', 'shell', 'capture']);
const places = new Set(['walk', 'exec', 'shell']);

/** Prints what may come next after some words, the last of them unfinished. */
export async function complete(words: string[], commands: string[]): Promise<number> {
  const [command = '', lab] = words;
  const start = words.at(-1) ?? '';
  let next: string[] = [];
  const labs = () => [...labNames(), ...galleryNames()];
  if (words.length <= 1) next = [...commands, ...labs()];
  else if (words.at(-2) === '--lab' || words.at(-2) === '--labs') next = labs();
  else if (withoutLab.has(command)) next = [];
  else if (words.length === 2)
    next = standingOnly.has(command) ? (await standingLabs()).map(({ name }) => name) : labs();
  else if (places.has(command) && lab) {
    const stands = (await standingLabs()).filter(isOurs).find(({ name }) => name === labName(lab));
    const { nodes, pods } = stands?.plan ?? (await loadPlan(lab));
    next = [...nodes.filter(({ kind }) => kind !== 'switch'), ...pods].map(({ name }) => name);
  }
  const fitting = next.filter((word) => word.startsWith(start));
  if (fitting.length) say(...fitting);
  return 0;
}
