import type { Fault } from 'packetwalk';
import type { Node } from './cluster.ts';
import { dns } from './clusterip-walks.ts';

type Faults = Record<string, Fault<Node, 'SC-01' | 'SC-07'>>;

const [remote, same, hairpin, node, asks] = [
  'podA calls nginx-test, and the endpoint is on another node',
  'podB calls nginx-test, and the endpoint is on its own bridge',
  'podC calls nginx-test, and is its own endpoint',
  'master calls nginx-test, a node as any process on it does',
  'podA asks kube-dns from one and the same port',
];

/** A rule of nat is changed, and all rules are put back as they were. */
export const inNat = (on: Node, change: string) => ({
  break: { [on]: `iptables-save -t nat > /run/nat\niptables -t nat ${change}` },
  fix: { [on]: 'iptables-restore < /run/nat' },
});

export const faults: Faults = {
  'KUBE-SERVICES on master has lost its rule for nginx-test': {
    claims: ['SC-01'],
    ...inNat(
      'master',
      '-D KUBE-SERVICES -d 10.43.6.58/32 -p tcp -m comment --comment "default/nginx-test:80-80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-7CWUT4JBGBRVUN2L',
    ),
    walk: remote,
    differsAt: 'master nat PREROUTING',
    untouched: [same, hairpin, asks],
    cause: 'destination not translated',
    hint: 'A ClusterIP leaves the node for the default gateway. Run `iptables -t nat -S KUBE-SERVICES` there and on another node.',
  },
  'The endpoint’s mark is gone: podC is called from its own address': {
    claims: ['SC-07'],
    ...inNat('node1', '-D KUBE-SEP-U2YYZT2C3O6VM4EV 1'),
    walk: hairpin,
    differsAt: 'node1 nat PREROUTING',
    untouched: [remote, same, node],
    cause: 'source not translated',
    hint: 'A packet from its own address a host takes for a forgery. Run `iptables -t nat -S KUBE-SEP-U2YYZT2C3O6VM4EV` on node1.',
  },
  'KUBE-MARK-MASQ sets 0x8000, and KUBE-POSTROUTING looks for 0x4000': {
    ...inNat('node1', '-R KUBE-MARK-MASQ 1 -j MARK --set-xmark 0x8000/0x8000'),
    walk: hairpin,
    differsAt: 'node1 filter FORWARD',
    untouched: [remote, same],
    cause: 'source not translated',
    hint: 'Two chains must agree on a bit. Run `iptables -t nat -S KUBE-MARK-MASQ` and `iptables -t nat -S KUBE-POSTROUTING` on node1.',
  },
  'KUBE-POSTROUTING on node1 no longer masquerades': {
    ...inNat('node1', '-D KUBE-POSTROUTING 3'),
    walk: hairpin,
    differsAt: 'node1 nat POSTROUTING',
    untouched: [remote, same, node],
    cause: 'source not translated',
    hint: 'It is marked, and the mark is taken off again for nothing. Run `iptables -t nat -S KUBE-POSTROUTING` on node1.',
  },
  'The port of podC has its hairpin mode off': {
    claims: ['SC-07'],
    break: { node1: 'ip link set vethC type bridge_slave hairpin off' },
    fix: { node1: 'ip link set vethC type bridge_slave hairpin on' },
    walk: hairpin,
    lostAt: 'node1 filter FORWARD',
    untouched: [remote, same, node],
    cause: 'hairpin off',
    hint: 'Only who calls himself hears nothing. Run `bridge -d link show dev vethC` on node1.',
  },
  'node1 does not show bridged frames to iptables': {
    break: { node1: 'sysctl -w net.bridge.bridge-nf-call-iptables=0' },
    fix: { node1: 'sysctl -w net.bridge.bridge-nf-call-iptables=1' },
    walk: same,
    differsAt: 'node1:vethC',
    untouched: [remote, node],
    cause: 'bridged past iptables',
    hint: 'The question is translated, the answer is bridged straight to podB, from an address that it never called. Run `sysctl net.bridge` on node1.',
  },
  'master forwards only what a rule accepts: its policy is DROP': {
    break: { master: 'iptables -P FORWARD DROP' },
    fix: { master: 'iptables -P FORWARD ACCEPT' },
    walk: remote,
    lostAt: 'master filter FORWARD',
    untouched: [same, hairpin, node],
    cause: 'firewall policy',
    hint: 'KUBE-FORWARD accepts what bears the mark, and this does not. Run `iptables -S FORWARD` on master.',
  },
  'Conntrack on master remembers an endpoint of kube-dns that is gone': {
    break: {
      master: `conntrack -D -p udp -d ${dns}
        conntrack -I -p udp -s 10.42.0.65 -d ${dns} --sport 5353 --dport 53 -r 10.42.1.99 -q 10.42.0.65 --reply-port-src 53 --reply-port-dst 5353 -t 600`,
    },
    fix: { master: `conntrack -D -p udp -d ${dns}` },
    walk: asks,
    differsAt: 'master:cni0',
    untouched: [remote, same, hairpin],
    cause: 'stale connection',
    hint: 'The rules are right, and nobody asks them. Run `conntrack -L -p udp` on master.',
    notes: 'A TCP client would call again from another port, and be asked about anew. kube-proxy deletes such entries of UDP when an endpoint goes.',
  },
};
