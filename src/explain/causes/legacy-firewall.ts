import type { Facts } from '../facts.ts';
import { type LegacyRefusal, legacyRefusals } from '../legacy-tables.ts';
import { isOwn, packetThere } from '../packet-there.ts';
import { refused } from './firewall.ts';
import type { CauseKind, Told } from './kind.ts';

/** The base chain that a packet passes last at the place where it was lost. */
function baseChain(facts: Facts): 'INPUT' | 'FORWARD' | 'OUTPUT' {
  const { site } = facts;
  if (site.last?.direction !== 'in') return 'OUTPUT';
  const packet = packetThere(facts);
  return packet && isOwn(facts, site.place, packet.dst) ? 'INPUT' : 'FORWARD';
}

const isOther = (chain: string, base: string) => ['INPUT', 'FORWARD', 'OUTPUT'].includes(chain) && chain !== base;

function told(facts: Facts, { chain, verdict, rule, packets }: LegacyRefusal): Told {
  const { place } = facts.site;
  const undo = rule ? rule.replace(/^-A/, '-D') : `-P ${chain} ACCEPT`;
  return {
    sentence: rule
      ? `${place}’s ${chain} of iptables-legacy ${verdict} it, by the rule: ${rule} (${packets} packets so far)`
      : `${place}’s ${chain} of iptables-legacy has policy DROP, and none of its rules let the packet pass`,
    confidence: 'likely',
    place,
    show: [{ place, command: `iptables-legacy -vS ${chain}` }],
    // All went well when the lab was proven: what refuses now was not there.
    ...(facts.isProven && { fix: { place, command: `iptables-legacy ${undo}` } }),
  };
}

const legacy = (name: 'firewall rule' | 'firewall policy'): CauseKind => ({
  name,
  read: ['iptables(8)', 'xtables-legacy(8)'],
  tell(facts) {
    if (refused(facts)) return [];
    const base = baseChain(facts);
    return legacyRefusals(facts, facts.site.place)
      .filter(({ chain, rule }) => !isOther(chain, base) && (rule !== undefined) === (name === 'firewall rule'))
      .slice(0, 1)
      .map((each) => told(facts, each));
  },
});

/** Rules that only iptables-legacy shows. */
export const legacyFirewall: CauseKind[] = [legacy('firewall rule'), legacy('firewall policy')];
