import type { HookResult } from '../../judge/result.ts';
import type { Facts } from '../facts.ts';
import { ofIptables } from '../iptables.ts';
import { changeOf } from '../since.ts';
import type { CauseKind } from './kind.ts';

const refusals = new Set(['drop', 'reject']);
const isRefusal = (verdict: string | undefined) => refusals.has(verdict ?? '');

/** The hook at which the walk ends, where the packet went on. */
function passedHook({ walk }: Facts): HookResult | undefined {
  const hop = walk?.failedAt == null ? undefined : walk.hops[walk.failedAt];
  const isListed = hop?.kind === 'hook' && isRefusal(hop.expected.ending?.verdict);
  return isListed && hop.seen?.ending && !isRefusal(hop.seen.ending.verdict) ? hop : undefined;
}

const notRefused: CauseKind = {
  name: 'not refused',
  read: ['nft(8), CHAINS, STATEMENTS', 'iptables(8)'],
  tell(facts) {
    const hop = passedHook(facts);
    if (!hop) return [];
    const { place, table, chain, expected, seen } = hop;
    const family = hop.family ?? 'ip';
    const asked = new Set(
      [chain, ...expected.chains, ...(seen?.chains ?? [])].map((each) => `${family} ${table} ${each}`),
    );
    const change = changeOf(facts, place, 'firewall rule', ({ subject }) => asked.has(subject.split(',')[0]!));
    const by = seen?.rule ? `, by the rule: ${seen.rule}` : '';
    const iptables = ofIptables({ family, table }) ? `iptables -t ${table} -vS ${chain} || ` : '';
    return [
      {
        sentence: `${place}’s ${family === 'ip' ? '' : `${family} `}${table} ${chain} lets it pass, where it should ${expected.ending?.verdict} it${by}${change ? `: ${change.sentence}` : ''}`,
        confidence: change ? 'certain' : 'likely',
        place,
        show: [{ place, command: `${iptables}nft list chain ${family} ${table} ${chain}` }],
      },
    ];
  },
};

export const passages: CauseKind[] = [notRefused];
