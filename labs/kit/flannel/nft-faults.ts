import { corrects, type Fault } from 'packetwalk';
import { doesNotForward } from '../faults.ts';

const network = '10.42.0.0/16';
const chain = 'ip flannel-ipv4 postrtg';
const stayedWithin = ['podB pings podC on the same node', 'master pings its own pod'];

/** A rule of flannel’s chain, known by what it asks, is changed; and the chain is put back as it was. */
const inChain = (asks: string, change: string, rule = '') => ({
  break: {
    master: `nft list chain ${chain} > /run/chain
      nft ${change} ${chain} handle $(nft -a list chain ${chain} | sed -n 's|.*${asks}.*handle ||p') ${rule}`,
  },
  fix: { master: `nft flush chain ${chain}\nnft -f /run/chain` },
});

export const faults: Record<string, Fault<'master', 'FN-01' | 'FN-02'>> = {
  'Somebody has deleted the rule by which flanneld masquerades': {
    claims: ['FN-01'],
    ...inChain('ip daddr != 224', 'delete rule'),
    walk: 'podA pings outside',
    differsAt: `master ${chain}`,
    untouched: ['podA pings podB on another node', 'outside pings podB, and master sends it on', ...stayedWithin],
    cause: 'source not translated',
    hint: 'flanneld writes its table when it starts, and never again. Run `nft list chain ip flannel-ipv4 postrtg` on master and on node1.',
  },
  'The fourth rule is that of iptables mode: what outside sends is masqueraded': {
    ...inChain('ip saddr != 10.42.0.0/24', 'replace rule', `ip saddr != ${network} ip daddr 10.42.0.0/24 return`),
    walk: 'outside pings podB, and master sends it on',
    differsAt: `master ${chain}`,
    untouched: ['podA pings podB on another node', 'podA pings outside', ...stayedWithin],
    cause: 'source translated',
    hint: 'podB sees 10.42.0.0, which is master’s flannel.1. Compare `nft list chain ip flannel-ipv4 postrtg` on master and on node1: which rule is asked last?',
  },
  'Docker has set the policy of FORWARD to DROP': {
    claims: [
      corrects(
        'FN-02',
        'In iptables mode it does: its rules in FORWARD accept. In nftables mode they accept in a chain of their own, and the packet goes on to the one whose policy drops it.',
      ),
    ],
    break: { master: 'iptables -P FORWARD DROP' },
    lostAt: 'master filter FORWARD',
    untouched: stayedWithin,
    cause: 'firewall policy',
    hint: 'Run `iptables -S FORWARD` on master, and `nft list ruleset`: which chains of the hook forward does the packet pass?',
    fix: { master: 'iptables -P FORWARD ACCEPT' },
  },
  'master does not forward': doesNotForward('master', { lostAt: 'master ip flannel-ipv4 forward', untouched: stayedWithin }),
};
