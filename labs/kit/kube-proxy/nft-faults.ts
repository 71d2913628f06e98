import type { Fault } from 'packetwalk';
import type { Node } from './cluster.ts';
import { nftName } from './names.ts';

type Faults = Record<string, Fault<Node, 'NT-01' | 'NT-02'>>;

const [remote, same, hairpin, node] = [
  'podA calls nginx-test, and the endpoint is on another node',
  'podB calls nginx-test, and the endpoint is on its own bridge',
  'podC calls nginx-test, and is its own endpoint',
  'master calls nginx-test, a node as any process on it does',
];
const [outside, here, local, balanced] = [
  'client calls master’s port 32506, and the endpoint is on another node',
  'client calls node1’s port 32506, where the endpoint is',
  'client calls node1’s port 32507, of policy Local',
  'client calls the load balancer’s address, from a range that may',
];

/** Something of the table is changed, and the table is put back as it was. */
const inTable = (on: Node, change: string) => ({
  break: { [on]: `nft list table ip kube-proxy > /run/table\nnft ${change}` },
  fix: { [on]: 'nft delete table ip kube-proxy\nnft -f /run/table' },
});

const element = (verb: 'add' | 'delete', name: string, text: string) => `${verb} element ip kube-proxy ${name} '{ ${text} }'`;

const balancedName = nftName('default/nginx-balanced', 'tcp');

export const faults: Faults = {
  'The map of services on master has lost nginx-test': {
    claims: ['NT-01'],
    ...inTable('master', element('delete', 'service-ips', '10.43.6.58 . tcp . 80')),
    walk: remote,
    differsAt: 'master ip kube-proxy nat-prerouting',
    untouched: [same, hairpin, outside],
    cause: 'firewall rule',
    hint: 'A service that is in no map has ports that are none, and those are refused. Run `nft list map ip kube-proxy service-ips` there and on another node.',
  },
  'The set of hairpins on node1 has lost podC’s endpoint': {
    ...inTable('node1', element('delete', 'hairpin-connections', '10.42.1.6 . 10.42.1.6 . tcp . 80')),
    walk: hairpin,
    differsAt: 'node1 ip kube-proxy nat-postrouting',
    untouched: [remote, same, node, here],
    cause: 'source not translated',
    hint: 'A packet from its own address a host takes for a forgery. Run `nft list set ip kube-proxy hairpin-connections` on node1.',
  },
  'The chain masquerading on master looks for the mark 0x8000': {
    ...inTable(
      'master',
      "'flush chain ip kube-proxy masquerading; add rule ip kube-proxy masquerading meta mark & 0x8000 != 0 meta mark set meta mark ^ 0x8000 masquerade fully-random'",
    ),
    walk: outside,
    differsAt: 'master ip kube-proxy nat-postrouting',
    untouched: [remote, same, here, hairpin],
    cause: 'source not translated',
    hint: 'Two chains must agree on a bit. Run `nft list chain ip kube-proxy masquerading` and `nft list chain ip kube-proxy services` on master.',
  },
  'The set nodeport-ips on master has another address': {
    claims: ['NT-02'],
    ...inTable('master', `'delete element ip kube-proxy nodeport-ips { 192.168.205.4 }; add element ip kube-proxy nodeport-ips { 10.42.0.1 }'`),
    walk: outside,
    differsAt: 'master ip kube-proxy nat-prerouting',
    untouched: [remote, here, local],
    cause: 'destination not translated',
    hint: 'The node itself refuses the call. Run `nft list set ip kube-proxy nodeport-ips` and `ip -br -4 addr` on master.',
  },
  'The chain of node1’s own endpoints leads to one that is gone': {
    ...inTable(
      'node1',
      `'flush chain ip kube-proxy local-${nftName('default/nginx-local', 'tcp')}; add rule ip kube-proxy local-${nftName('default/nginx-local', 'tcp')} meta l4proto tcp dnat to 10.42.1.99:80'`,
    ),
    walk: local,
    differsAt: 'node1 ip kube-proxy nat-prerouting',
    untouched: [remote, here, same],
    cause: 'destination translated',
    hint: 'Nobody answers for that address. Run `nft list table ip kube-proxy` on node1, and look for the chains local-….',
  },
  'The firewall of the load balancer has lost the client’s range': {
    ...inTable('master', `'flush chain ip kube-proxy firewall-${balancedName}; add rule ip kube-proxy firewall-${balancedName} drop'`),
    walk: balanced,
    lostAt: 'master ip kube-proxy filter-prerouting-pre-dnat',
    untouched: [remote, outside],
    cause: 'firewall rule',
    hint: `It is dropped before any translation. Run \`nft list chain ip kube-proxy firewall-${balancedName}\` on master.`,
  },
  'master forwards only what a rule accepts: another table’s policy is DROP': {
    break: { master: 'iptables -P FORWARD DROP' },
    fix: { master: 'iptables -P FORWARD ACCEPT' },
    walk: outside,
    lostAt: 'master ip kube-proxy filter-forward',
    untouched: [same, here],
    cause: 'firewall policy',
    hint: 'In this mode kube-proxy accepts nothing, marked or not: who drops must make the exception. Run `iptables -S FORWARD` on master.',
  },
  'The port of podC has its hairpin mode off': {
    break: { node1: 'ip link set vethC type bridge_slave hairpin off' },
    fix: { node1: 'ip link set vethC type bridge_slave hairpin on' },
    walk: hairpin,
    lostAt: 'node1 ip kube-proxy filter-forward',
    untouched: [remote, same, node],
    cause: 'hairpin off',
    hint: 'Only who calls himself hears nothing. Run `bridge -d link show dev vethC` on node1.',
  },
  'node1 does not show bridged frames to netfilter': {
    break: { node1: 'sysctl -w net.bridge.bridge-nf-call-iptables=0' },
    fix: { node1: 'sysctl -w net.bridge.bridge-nf-call-iptables=1' },
    walk: same,
    differsAt: 'node1:vethC',
    untouched: [remote, node],
    cause: 'bridged past iptables',
    hint: 'The question is translated, the answer is bridged straight to podB, from an address that it never called. Run `sysctl net.bridge` on node1.',
  },
};
