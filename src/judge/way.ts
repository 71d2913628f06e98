import type { Ending, Way } from '../plan/hops.ts';

/** Why a packet's way through a hook is not as it is listed, in a sentence; undefined where it is. */
export function wayDiffers(expected: Way, seen: Way & { rule?: string }): string | undefined {
  if (expected.chains.join(' ') !== seen.chains.join(' '))
    return `it entered ${chainsText(seen.chains)}, not ${chainsText(expected.chains)}`;
  if (!expected.ending) return undefined;
  if (!seen.ending) return `it is not known how its way ended, which should be ${endingText(expected.ending)}`;
  return endsAs(expected.ending, seen.ending)
    ? undefined
    : `it ended with ${endingText(seen.ending)}${seen.rule ? ` (${seen.rule})` : ''}, not ${endingText(expected.ending)}`;
}

const chainsText = (chains: string[]) => (chains.length ? chains.join(' > ') : 'no chain');

const endingText = ({ verdict, policy, to }: Ending) => `${policy ? 'policy ' : ''}${verdict}${to ? ` to ${to}` : ''}`;

const endsAs = (expected: Ending, seen: Ending) =>
  expected.verdict === seen.verdict &&
  !!expected.policy === !!seen.policy &&
  (expected.to === undefined || expected.to === seen.to || addressOf(seen.to) === expected.to);

/** An address without its port: `10.42.1.6` of `10.42.1.6:80`, `fd00::1` of `[fd00::1]:80`. */
const addressOf = (to = ''): string | undefined =>
  /^(\d[\d.]*):\d+$/.exec(to)?.[1] ?? /^\[(.+)\](?::\d+)?$/.exec(to)?.[1];

/** Whether no rule had a say at a hook: a walk need not list it. */
export const isSilent = ({ chains, ending }: Way): boolean =>
  chains.length === 0 && ending?.policy === true && ending.verdict === 'accept';
