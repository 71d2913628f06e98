import type { Ran } from '../runtime.ts';
import type { Group, GroupsRan } from './agent.ts';

interface Lines extends Group {
  lines: string[];
}

const batchable =
  /^(ip (link|addr|address|route|neigh|rule|netns (add|del)|tunnel|tuntap)|bridge (fdb|link|vlan)) [^"'\\$`;&|<>(){}*?~#!]*$/;

/** A command of plain words for a program: no shell would read it otherwise, so none is started. */
const plain = /^(ip|bridge|ping|ss|tc|nft|sysctl|cat|grep|ethtool|conntrack|traceroute)( [\w./:=@%,+-]+)*$/;

/** The words by which a script is run: a shell's, unless it is one plain command. */
export const argvOf = (script: string): string[] => (plain.test(script) ? script.split(' ') : ['sh', '-c', script]);

/**
 * Lines grouped into processes: neighbouring `ip` lines share one `ip -batch` and `bridge` lines one `bridge -batch`
 * (ip(8)); any other line gets a process of its own. The effect is that of typing them one by one.
 */
export function groups(lines: string[]): Lines[] {
  const list: Lines[] = [];
  for (const line of lines) {
    const tool = batchable.test(line) && line.slice(0, line.indexOf(' '));
    const last = list.at(-1);
    if (tool && last?.argv[0] === tool && last.argv[1] === '-batch') last.lines.push(line);
    else list.push({ argv: tool ? [tool, '-batch', '-'] : argvOf(line), lines: [line] });
  }
  for (const group of list)
    if (group.argv[1] === '-batch')
      group.stdin = group.lines.map((line) => `${line.slice(group.argv[0]!.length + 1)}\n`).join('');
  return list;
}

/** Which line a run ended with, and what it said. */
export function ranLine(list: Lines[], { group, code, stdout, stderr }: GroupsRan): Ran {
  const lines = list[group]?.lines ?? [];
  const number = /Command failed -:(\d+)/.exec(stderr)?.[1];
  return {
    command: lines[Number(number) - 1] ?? lines.at(-1) ?? '',
    code,
    stdout,
    stderr: stderr.replace(/^Command failed -:\d+\n/m, ''),
  };
}
