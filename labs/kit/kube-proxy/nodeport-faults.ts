import type { Fault } from 'packetwalk';
import type { Node } from './cluster.ts';
import { inNat } from './clusterip-faults.ts';
import { chainOf } from './names.ts';

type Faults = Record<string, Fault<Node, 'SN-01' | 'SN-03'>>;

const [remote, here, elsewhere, local, balanced, pod] = [
  'client calls master’s port 32506, and the endpoint is on another node',
  'client calls node1’s port 32506, where the endpoint is',
  'client calls node2’s port 32506, too',
  'client calls node1’s port 32507, of policy Local',
  'client calls the load balancer’s address, from a range that may',
  'podA calls the ClusterIP, and is not marked',
];

export const faults: Faults = {
  'KUBE-NODEPORTS on master has lost its rule for port 32506': {
    claims: ['SN-01'],
    ...inNat('master', '-D KUBE-NODEPORTS -p tcp -m comment --comment default/nginx-test:80-80 -m tcp --dport 32506 -j KUBE-EXT-7CWUT4JBGBRVUN2L'),
    walk: remote,
    differsAt: 'master nat PREROUTING',
    untouched: [here, elsewhere, balanced],
    cause: 'destination not translated',
    hint: 'The node itself refuses the call, since nobody listens there. Run `iptables -t nat -S KUBE-NODEPORTS` on master and on node2.',
  },
  'KUBE-EXT on master does not mark: the answer takes another way': {
    claims: ['SN-01'],
    ...inNat('master', '-D KUBE-EXT-7CWUT4JBGBRVUN2L 1'),
    walk: remote,
    differsAt: 'master nat PREROUTING',
    untouched: [here, elsewhere, pod],
    cause: 'source not translated',
    hint: 'The endpoint’s node knows the client itself, and answers past master. Run `iptables -t nat -S KUBE-EXT-7CWUT4JBGBRVUN2L` on master.',
  },
  'KUBE-MARK-MASQ on node2 sets 0x8000, and KUBE-POSTROUTING looks for 0x4000': {
    ...inNat('node2', '-R KUBE-MARK-MASQ 1 -j MARK --set-xmark 0x8000/0x8000'),
    walk: elsewhere,
    differsAt: 'node2 filter FORWARD',
    untouched: [remote, here],
    cause: 'source not translated',
    hint: 'Two chains must agree on a bit. Run `iptables -t nat -S KUBE-MARK-MASQ` and `iptables -t nat -S KUBE-POSTROUTING` on node2.',
  },
  'KUBE-POSTROUTING on master no longer masquerades': {
    ...inNat('master', '-D KUBE-POSTROUTING 3'),
    walk: remote,
    differsAt: 'master nat POSTROUTING',
    untouched: [here, elsewhere, pod],
    cause: 'source not translated',
    hint: 'Look at the source address behind master. Run `iptables -t nat -S KUBE-POSTROUTING` there.',
  },
  'node1 forwards only what a rule accepts: its policy is DROP': {
    claims: ['SN-03'],
    break: { node1: 'iptables -P FORWARD DROP' },
    fix: { node1: 'iptables -P FORWARD ACCEPT' },
    walk: local,
    lostAt: 'node1 filter FORWARD',
    untouched: [here],
    cause: 'firewall policy',
    hint: 'By port 32506 the same pod answers: KUBE-FORWARD accepts what bears the mark. Run `iptables -S FORWARD` on node1.',
  },
  'The client’s range is gone from the load balancer’s': {
    ...inNat('master', `-D ${chainOf('FW', 'default/nginx-balanced', 'tcp')} 1`),
    walk: balanced,
    differsAt: 'master nat PREROUTING',
    untouched: [remote, here],
    cause: 'firewall rule',
    hint: 'A packet that no range takes is dropped in another table. Run `iptables -t nat -S` on master, and look for loadBalancerSourceRanges.',
  },
};
