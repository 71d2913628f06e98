import type { Command } from 'commander';

/** npm's own names for short options that were meant for us, or for a command that we run: `ping -c 1`. */
const shorts = { call: '-c', workspace: '-w' };

/**
 * npm keeps options for itself unless they come after `--`: those that were meant for us, from its environment, and the whole
 * line as it should have been typed. What an option takes npm hands on as a word, so with two such nobody knows which is whose.
 */
export function swallowed(top: Command, words: string[]): { kept: string[]; line: string } | undefined {
  if (!['lab', 'matrix'].includes(process.env.npm_lifecycle_event ?? '')) return undefined;
  // Options of `matrix` are settings of npm's own, too: `jobs`.
  const asked = top.commands.filter((command) => (command.name() === 'matrix') === (words[0] === 'matrix'));
  const longs = asked.flatMap(({ options }) =>
    options.map(({ long, flags }) => [long!, flags.split(' ')[1] ?? ''] as const),
  );
  const ours = [...new Map(longs)].map(([option, takes]) => ({
    name: option.slice(2).replaceAll('-', '_'),
    option,
    takes,
  }));
  const both = [...ours, ...Object.entries(shorts).map(([name, option]) => ({ name, option, takes: '' }))];
  const kept = both.flatMap((each) => {
    const value = process.env[`npm_config_${each.name}`];
    return value && !words.includes(each.option) ? [{ ...each, value }] : [];
  });
  if (!kept.length) return undefined;
  const parted = kept.filter(({ takes, value }) => takes && value === 'true').length;
  const own = words.slice(0, words.length - parted);
  const told = kept.map(({ option, takes, value }) => {
    if (!takes) return option;
    return `${option} ${value !== 'true' ? value : parted === 1 ? words.at(-1) : takes}`;
  });
  return { kept: kept.map(({ option }) => option), line: [...own, ...told].join(' ') };
}
