import { blocksIn } from './firewall-lines.ts';
import type { PlaceState } from './place-state.ts';

const handle = / # handle (\d+)$/;

/** A rule set and the handles of its rules, as `nft -s -a list ruleset` prints them. */
export function rulesetIn(printed: string): Pick<PlaceState, 'ruleset' | 'handles'> {
  const rules = printed.replaceAll(/\{ # handle \d+$/gm, '{').trimEnd();
  const handles = blocksIn(rules).flatMap(({ path, lines }) => {
    const own = lines.flatMap((line) => handle.exec(line)?.[1] ?? []);
    return own.map((number, i) => [`${path.replace(/^chain /, '')} ${i + 1}`, number] as const);
  });
  return { ruleset: rules.replaceAll(new RegExp(handle, 'gm'), ''), handles: Object.fromEntries(handles) };
}
