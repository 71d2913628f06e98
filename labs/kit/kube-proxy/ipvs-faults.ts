import type { Fault } from 'packetwalk';
import type { Node } from './cluster.ts';
import { inNat } from './clusterip-faults.ts';

type Faults = Record<string, Fault<Node, 'SI-01' | 'SI-05'>>;

const [remote, same, hairpin] = [
  'podA calls nginx-test, and the endpoint is on another node',
  'podB calls nginx-test, and the endpoint is on its own bridge',
  'podC calls nginx-test, and is its own endpoint',
];
const [outside, local] = [
  'client calls master’s port 32506, and the endpoint is on another node',
  'client calls node1’s port 32507, of policy Local',
];

/** An entry of a set goes, and comes back. */
const withoutEntry = (on: Node, entry: string) => ({ break: { [on]: `ipset del ${entry}` }, fix: { [on]: `ipset add ${entry}` } });

export const faults: Faults = {
  'kube-ipvs0 on master has lost nginx-test’s address': {
    claims: ['SI-01'],
    break: { master: 'ip addr del 10.43.6.58/32 dev kube-ipvs0' },
    fix: { master: 'ip addr add 10.43.6.58/32 dev kube-ipvs0' },
    walk: remote,
    differsAt: 'master nat PREROUTING',
    untouched: [same, outside],
    cause: 'address missing',
    hint: 'It is routed past IPVS, by the default route. Run `ip route get 10.43.6.58` on master.',
  },
  'On master nobody is behind port 32506': {
    claims: ['SI-05'],
    break: { master: 'ipvsadm -d -t 192.168.205.4:32506 -r 10.42.1.6:80' },
    fix: { master: 'ipvsadm -a -t 192.168.205.4:32506 -r 10.42.1.6:80 -m' },
    walk: outside,
    lostAt: 'master filter OUTPUT',
    untouched: [remote, local],
    cause: 'no real server',
    hint: 'The node itself refuses the call. Run `ipvsadm -Ln` there, and on a node whose port answers.',
  },
  'The set KUBE-CLUSTER-IP on master has lost nginx-test': {
    ...withoutEntry('master', 'KUBE-CLUSTER-IP 10.43.6.58,tcp:80'),
    walk: remote,
    differsAt: 'master nat PREROUTING',
    untouched: [same, outside],
    cause: 'firewall rule',
    hint: 'IPVS has the service, and never sees the call. Run `ipset list KUBE-CLUSTER-IP` and `iptables -S KUBE-IPVS-FILTER` on master.',
  },
  'The set KUBE-LOOP-BACK on node1 has lost podC’s endpoint': {
    ...withoutEntry('node1', 'KUBE-LOOP-BACK 10.42.1.6,tcp:80,10.42.1.6'),
    walk: hairpin,
    differsAt: 'node1 nat POSTROUTING',
    untouched: [remote, same],
    cause: 'source not translated',
    hint: 'A packet from its own address a host takes for a forgery. Run `ipset list KUBE-LOOP-BACK` on node1.',
  },
  'KUBE-MARK-MASQ on master sets 0x8000, and KUBE-POSTROUTING looks for 0x4000': {
    claims: ['SI-05'],
    ...inNat('master', '-R KUBE-MARK-MASQ 1 -j MARK --set-xmark 0x8000/0x8000'),
    walk: outside,
    differsAt: 'master nat POSTROUTING',
    untouched: [remote, local],
    cause: 'source not translated',
    hint: 'Two chains must agree on a bit. Run `iptables -t nat -S KUBE-MARK-MASQ` and `iptables -t nat -S KUBE-POSTROUTING` on master.',
  },
  'master takes in only what a rule accepts: its policy of INPUT is DROP': {
    break: { master: 'iptables -A INPUT -p udp --dport 8472 -j ACCEPT\niptables -P INPUT DROP' },
    fix: { master: 'iptables -P INPUT ACCEPT\niptables -D INPUT -p udp --dport 8472 -j ACCEPT' },
    walk: remote,
    lostAt: 'master filter INPUT',
    untouched: [same, local],
    cause: 'firewall policy',
    hint: 'In this mode a service’s packets are the node’s own guests: who guards INPUT must let them in. Run `iptables -S INPUT` on master.',
  },
  'node1 does not show bridged frames to iptables': {
    break: { node1: 'sysctl -w net.bridge.bridge-nf-call-iptables=0' },
    fix: { node1: 'sysctl -w net.bridge.bridge-nf-call-iptables=1' },
    walk: same,
    differsAt: 'reply node1:vethB out',
    untouched: [remote, outside],
    cause: 'bridged past iptables',
    hint: 'The answer is bridged straight to podB, past IPVS, from an address that it never called. Run `sysctl net.bridge` on node1.',
  },
};
