import type { Facts } from './facts.ts';
import { LEGACY_IN_USE } from './state/sysctls.ts';

/** Prints the rules of iptables-legacy, which nft(8) does not list, nor the kernel trace, with their counters. */
const COMMAND = 'iptables-legacy-save -c -t filter';

/** What the place of a loss is asked of rules of iptables-legacy, where it has any, and no rule of nft's refused the packet. */
export function legacyCommands({ site, now, passages }: Pick<Facts, 'site' | 'now' | 'passages'>) {
  const { place } = site;
  const hasAny = now.get(place)?.unasked.some((each) => each.includes(LEGACY_IN_USE)) ?? false;
  const isTold = passages.some(({ ending }) => ending?.verdict === 'drop' || ending?.verdict === 'reject');
  return hasAny && !isTold ? [{ place, command: COMMAND }] : [];
}

/** A rule of iptables-legacy that ended packets, or a policy. */
export interface LegacyRefusal {
  chain: string;
  verdict: 'drops' | 'rejects';
  /** As iptables-legacy prints it, without its counters; absent for a policy. */
  rule?: string;
  packets: number;
}

/** What of a place's legacy tables refused packets so far, as that was asked. */
export const legacyRefusals = ({ lookups }: Pick<Facts, 'lookups'>, place: string): LegacyRefusal[] =>
  lookups.flatMap(({ place: at, command, output }) => {
    if (at !== place || command !== COMMAND) return [];
    const rules = [
      ...output.matchAll(/\[(\d+):\d+\] (-A (\S+) (?:(?! \[\d|COMMIT).)*?-j (DROP|REJECT)\b(?:(?! \[\d| COMMIT).)*)/g),
    ];
    const policies = [...output.matchAll(/:(\S+) DROP \[(\d+):\d+\]/g)];
    return [
      ...rules.map(
        ([, packets, rule, chain, target]): LegacyRefusal => ({
          chain: chain!,
          verdict: target === 'DROP' ? 'drops' : 'rejects',
          rule: rule!.trim(),
          packets: Number(packets),
        }),
      ),
      ...policies.map(
        ([, chain, packets]): LegacyRefusal => ({ chain: chain!, verdict: 'drops', packets: Number(packets) }),
      ),
    ].filter((each) => each.packets > 0);
  });
