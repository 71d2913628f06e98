import type { Fault } from 'packetwalk';
import { doesNotForward } from '../faults.ts';
import type { Node } from '../kube-proxy/cluster.ts';
import { inNat } from '../kube-proxy/clusterip-faults.ts';
import { chainOf } from '../kube-proxy/names.ts';
import { dnsmasq } from './steps.ts';

type Faults = Record<string, Fault<Node | 'podC', 'SC-09' | 'SH-01'>>;

const [headless, service] = [
  'podA calls web-0.nginx-headless: its name leads to the pod itself',
  'podA calls nginx-test: its name leads to the ClusterIP',
];

const dnsChain = chainOf('SVC', 'kube-system/kube-dns:dns', 'udp');

export const faults: Faults = {
  'dnsmasq has died': {
    claims: ['SH-01'],
    break: { podC: 'kill -KILL $(cat /run/dnsmasq.pid)' },
    fix: { podC: dnsmasq },
    walk: headless,
    differsAt: 'reply podC:eth0',
    cause: 'daemon ended',
    hint: 'No name, no call, though every pod is there. Run `ss -lun` in podC.',
  },
  'KUBE-SERVICES on master has lost its rule for kube-dns': {
    claims: ['SC-09'],
    ...inNat(
      'master',
      `-D KUBE-SERVICES -d 10.43.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j ${dnsChain}`,
    ),
    walk: service,
    differsAt: 'master nat PREROUTING',
    cause: 'destination not translated',
    hint: 'Questions leave the node for the default gateway. Run `iptables -t nat -S KUBE-SERVICES` there and on another node.',
  },
  'node1 drops questions to port 53': {
    break: { node1: 'iptables -I FORWARD -p udp --dport 53 -j DROP' },
    fix: { node1: 'iptables -D FORWARD -p udp --dport 53 -j DROP' },
    walk: service,
    lostAt: 'node1 filter FORWARD',
    cause: 'firewall rule',
    hint: 'A policy that lets calls pass must let questions pass, too. Run `iptables -nvL FORWARD` on node1.',
  },
  'master forwards only what a rule accepts: its policy is DROP': {
    break: { master: 'iptables -P FORWARD DROP' },
    fix: { master: 'iptables -P FORWARD ACCEPT' },
    walk: headless,
    lostAt: 'master filter FORWARD',
    cause: 'firewall policy',
    hint: 'The call is lost before it begins: its question is. Run `iptables -S FORWARD` on master.',
  },
  'master has lost its route to node1’s pods': {
    break: { master: 'ip route del 10.42.1.0/24' },
    fix: { master: 'ip route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink' },
    walk: service,
    lostAt: 'master:flannel.1',
    cause: 'wrong route',
    hint: 'The server’s address is right, and its subnet unknown. Run `ip route get 10.42.1.6` on master.',
  },
  'node1 does not forward': doesNotForward('node1', { walk: service, lostAt: 'node1 filter FORWARD' }),
};
