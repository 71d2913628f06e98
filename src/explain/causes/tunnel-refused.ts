import type { Facts } from '../facts.ts';
import { type Refusal, refusalOf, ruledPacket } from '../layer2/frame-rules.ts';
import { deletingIfNew, permitting } from '../rule-mends.ts';
import type { CauseKind, Told } from './kind.ts';
import { type Handed, handed } from './tunnel-begin.ts';
import { outerHeaders } from './tunnels-out.ts';

/** What the place's own rules refuse of what its tunnel device sends: of a rule, one that names addresses or ports. */
function refusalOfOuter({ state, vtep, ...here }: Handed): Refusal | undefined {
  if (!vtep) return undefined;
  const frame = ruledPacket(outerHeaders({ state, vtep, ...here }, vtep.address));
  return [frame.family, 'inet' as const]
    .flatMap((family) =>
      ['output', 'postrouting'].flatMap((hook) => refusalOf(state.ruleset, family, hook, frame) ?? []),
    )
    .find(({ rule }) => !rule || /\b(saddr|daddr|dport)\b/.test(rule.text));
}

const tell =
  (name: 'firewall rule' | 'firewall policy') =>
  (facts: Facts): Told[] => {
    const here = handed(facts);
    if (!here || facts.passages.length) return [];
    const refusal = refusalOfOuter(here);
    if (!refusal || (name === 'firewall rule') !== (refusal.rule !== undefined)) return [];
    const { place, state, link } = here;
    const { family, table, chain, rule, text } = refusal;
    const command = rule ? deletingIfNew(facts, place, rule) : permitting(state, refusal);
    const base = `${family === 'ip' ? '' : `${family} `}${table} ${chain}`;
    return [
      {
        sentence: `${place}’s ${base} keeps what ${link.name} sends from leaving${rule ? `, by the rule: ${text}` : `: ${text}`}`,
        confidence: 'likely',
        place,
        show: [{ place, command: `nft list chain ${family} ${table} ${rule?.chain ?? chain}` }],
        ...(command && { fix: { place, command } }),
        explains: ['neighbour unanswered'],
      },
    ];
  };

/** A tunnel’s own packet that never left, and was not traced there: it waits for a neighbour, who is asked for through the tunnel. */
export const tunnelRefused: CauseKind[] = [
  { name: 'firewall rule', read: ['nft(8), STATEMENTS', 'iptables-extensions(8)'], tell: tell('firewall rule') },
  { name: 'firewall policy', read: ['nft(8), CHAINS', 'iptables(8), -P'], tell: tell('firewall policy') },
];
