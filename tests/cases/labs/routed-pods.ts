import type { Lab } from '../../../src/index.ts';
import { pinging, type Stop } from './journey.ts';

const node = (n: number) => `
  ip route add default via 172.18.5.254
  sysctl -qw net.ipv4.conf.cali1.proxy_arp=1
  sysctl -qw net.ipv4.neigh.cali1.proxy_delay=0
  ip route add 10.88.${n}.7 dev cali1 scope link
  ip route add blackhole 10.88.${n}.0/26 proto bird
  ip route add 10.88.${3 - n}.0/26 via 172.18.5.${3 - n} dev ens3 proto bird`;

const pod = 'ip route add 169.254.1.1 dev eth0 scope link\nip route add default via 169.254.1.1 dev eth0';

const way = (from: number): Stop[] => [
  [`p${from}:eth0`, 64],
  [`w${from}:cali1`, 64],
  [`w${from}:ens3`, 63],
  [`w${3 - from}:ens3`, 63],
  [`w${3 - from}:cali1`, 62],
  [`p${3 - from}:eth0`, 62],
];

const ping = (options = '') =>
  pinging({ command: `ping -c 1 ${options}10.88.2.7`, src: '10.88.1.7', dst: '10.88.2.7' }, way(1), way(2));

/** Calico's way by hand: a route a pod, proxy ARP at the node's end, a blackhole behind each node's block. */
export const routedPods: Lab = {
  title: 'Two nodes that route their pods',
  nodes: { wire: 'switch', w1: 'router', w2: 'router', p1: 'pod on w1', p2: 'pod on w2' },
  links: [
    'w1:ens3 172.18.5.1/24 -- wire',
    'w2:ens3 172.18.5.2/24 -- wire',
    'p1:eth0 10.88.1.7/32 -- w1:cali1',
    'p2:eth0 10.88.2.7/32 -- w2:cali1',
  ],
  setup: { Routes: { w1: node(1), w2: node(2), p1: pod, p2: pod } },
  walks: { 'p1 pings p2': ping(), 'p1 sends a big one': ping('-M do -s 1472 ') },
};
