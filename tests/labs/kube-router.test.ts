import { readdressed } from '../../labs/kit/kube-router/services.ts';
import lab from '../../labs/kube-router.ts';
import type { Lab } from '../../src/lab/words.ts';
import { noneInVainOnVm, type UndoneMutation } from './in-vain-on-vm.ts';

const [n42, n32, n49, n67, n75] = [
  'ip-172-20-42-25',
  'ip-172-20-32-100',
  'ip-172-20-49-17',
  'ip-172-20-67-180',
  'ip-172-20-75-91',
] as const;

/** Something removed, and put back. */
const removed = (
  place: string,
  verb: [away: string, back: string],
  rest: string,
  noticing: string[],
): UndoneMutation => [place, `${verb[0]} ${rest}`, `${verb[1]} ${rest}`, noticing];

/** A rule of iptables, and its end. */
const rule = (place: string, rest: string, noticing: string[]) =>
  removed(place, ['iptables -I', 'iptables -D'], rest, noticing);

const anyRoute = 'Each node has these routes and no others';
const clusterIp = (from: string, where: string) => `${from} calls redis-master’s ClusterIP, ${where}`;
const dummyAddress = '100.66.80.152/32 brd 100.66.80.152 scope link dev kube-dummy-if';

const mutations: UndoneMutation[] = [
  [
    n42,
    'ip route replace 100.96.1.0/24 via 172.20.49.17 dev eth0 proto 17',
    'ip route replace 100.96.1.0/24 dev tun-172207591 proto 17 scope global',
    [
      '`ip route` reads as in the document',
      anyRoute,
      'frontend pings redis-slave2 in the other subnet',
      'ip-172-20-42-25 pings redis-slave2 in the other subnet',
    ],
  ],
  [
    n42,
    'ip route replace 100.96.4.0/24 via 172.20.49.17 dev eth0 proto 17',
    'ip route replace 100.96.4.0/24 via 172.20.32.100 dev eth0 proto 17',
    [
      'frontend pings redis-master in the same subnet',
      'ip-172-20-42-25 pings redis-master in the same subnet',
      clusterIp('frontend', 'a node of its subnet has it'),
    ],
  ],
  removed(n42, ['ip rule del', 'ip rule add'], 'pref 32764 from 100.96.2.0/24 lookup 77', [
    '`ip rule list` reads as in the document',
    'To a node of the other subnet, a pod goes through the tunnel',
    'client calls a node of the other subnet',
  ]),
  removed(n75, ['ip rule del', 'ip rule add'], 'pref 32764 from 100.96.1.0/24 lookup 77', [
    'redis-slave2 pings ip-172-20-42-25 in the other subnet',
  ]),
  removed(n42, ['ip route del', 'ip route add'], '172.20.75.91 dev tun-172207591 table 77', [
    '`ip route list table 77` reads as in the document',
    'For those nodes themselves pods have table 77',
  ]),
  removed(n42, ['ip route add', 'ip route del'], '172.20.75.91 via 172.20.49.17 dev eth0', [
    'and the node itself goes straight to the router',
    'ip-172-20-42-25 pings ip-172-20-75-91 past the tunnels',
  ]),
  [
    n42,
    `ip addr del ${dummyAddress}`,
    readdressed,
    ['`ip addr show kube-dummy-if` reads as in the document', 'Each ClusterIP is an address of each node'],
  ],
  [
    n42,
    'sysctl -w net.ipv4.conf.all.arp_ignore=0',
    'sysctl -w net.ipv4.conf.all.arp_ignore=1',
    ['No node answers by ARP for a ClusterIP, which all have; each does for its own address'],
  ],
  [
    n32,
    'ip route replace local 100.66.80.152 dev kube-dummy-if table local proto kernel scope host src 172.20.32.100',
    'ip route replace local 100.66.80.152 dev kube-dummy-if table local proto kernel scope host src 100.66.80.152',
    ['The kernel’s own route has a node call a ClusterIP as that ClusterIP, and its own pod sees it so'],
  ],
  removed(n75, ['ip addr del', 'ip addr add'], dummyAddress, [clusterIp('redis-slave2', 'the other subnet has it')]),
  [
    n42,
    'ip link set tun-172207591 mtu 8981',
    'ip link set tun-172207591 mtu 8961',
    [
      '`ip link show tun-…` reads as in the document; only its queue’s length was 1 then',
      'Each node has a tunnel to each one of the other subnet, from address to address',
    ],
  ],
  [
    n67,
    'ip link set tun-172204225 down',
    'ip link set tun-172204225 up\nip route add 172.20.42.25 dev tun-172204225 table 77\nip route add 100.96.2.0/24 dev tun-172204225 proto 17 scope global',
    ['From the other subnet it does as well'],
  ],
  removed('router', ['ip route add', 'ip route del'], '100.96.1.0/24 via 172.20.75.91', [
    'The router knows the networks on its cables, and no pod',
  ]),
  rule('router', 'FORWARD -p 4 -m length --length 1501:65535 -j DROP', [
    'A pod’s 1500 bytes cross in one piece: 1520 fit into jumbo frames',
  ]),
  [
    n42,
    'ip link set eth0 mtu 1500',
    'ip link set eth0 mtu 9001',
    [
      'Every node has its address in its subnet, and an MTU of 9001',
      'This kernel takes 20 bytes off the MTU for a tunnel: the other 20 are kube-router’s',
    ],
  ],
  [
    n49,
    'ip link set kube-bridge address 0a:58:64:60:00:02',
    'ip link set kube-bridge address 0a:58:64:60:00:01',
    ['kube-bridge holds the first address of the pods, and its MAC spells it'],
  ],
  [
    n42,
    'gobgp global rib del 100.96.2.0/24',
    'gobgp global rib add 100.96.2.0/24 nexthop 172.20.42.25 origin igp',
    ['GoBGP has learned the way to each other node’s pods', anyRoute],
  ],
  [
    n67,
    'ipvsadm -d -t 100.65.21.151:6379 -r 100.96.1.2:6379',
    'ipvsadm -a -t 100.65.21.151:6379 -r 100.96.1.2:6379 -m',
    [
      'IPVS has a virtual server for each port of each service, and its endpoints behind it',
      'Two calls in a row reach both endpoints of redis-slave',
    ],
  ],
  [
    n49,
    'ipvsadm -d -u 100.64.0.10:53 -r 100.96.3.2:53',
    'ipvsadm -a -u 100.64.0.10:53 -r 100.96.3.2:53 -m',
    ['Every service answers by its ClusterIP: a pod is seen as itself'],
  ],
  rule(n42, 'INPUT -p tcp --dport 6379 -j REJECT --reject-with tcp-reset', [
    'A call from pod to pod makes no entry in IPVS, one by ClusterIP does',
  ]),
  rule(n67, 'OUTPUT -p tcp --dport 6379 -j REJECT --reject-with tcp-reset', [
    'A node calls by ClusterIP, too, and is seen by its own address',
  ]),
  rule(n67, 'INPUT -p tcp --dport 31497 -j REJECT --reject-with tcp-reset', [
    'frontend answers on every node’s port; only its own node shows it who called',
  ]),
  [
    n32,
    'ipvsadm -d -t 172.20.32.100:31497 -r 100.96.2.2:80',
    'ipvsadm -a -t 172.20.32.100:31497 -r 100.96.2.2:80 -m',
    ['client calls another node, in whose subnet frontend is'],
  ],
  [
    n32,
    'ip link set veth-slave1 nomaster',
    'ip link set veth-slave1 master kube-bridge',
    ['redis-master pings redis-slave1 on the same node', clusterIp('redis-slave1', 'and its own node has it')],
  ],
  [
    n42,
    'iptables -t nat -I POSTROUTING -s 100.96.2.2 -p icmp -j SNAT --to-source 172.20.42.25; conntrack -F',
    'iptables -t nat -D POSTROUTING -s 100.96.2.2 -p icmp -j SNAT --to-source 172.20.42.25; conntrack -F',
    [
      'All pods reach all pods without NAT',
      'All nodes reach all pods, and back, without NAT',
      'The address a pod has is the one that all others see',
    ],
  ],
  [
    n42,
    'ip link set veth-frontend nomaster',
    'ip link set veth-frontend master kube-bridge',
    ['ip-172-20-42-25 pings its own pod', 'frontend pings a host outside', 'client calls the node that has frontend'],
  ],
  [
    n49,
    'kill -KILL $(cat /run/gobgpd.pid); for each in gobgpd kube-router; do while kill -0 $(cat /run/$each.pid); do sleep 0.1; done; done',
    '',
    ['Each node has a session with each other one', 'gobgpd still runs', 'kube-router still runs'],
  ],
  ...(
    ['kubernetes', 'kube-dns', 'kube-dns-udp', 'redis-master', 'redis-slave1', 'redis-slave2', 'frontend'] as const
  ).map(
    (name): UndoneMutation => [
      name === 'kubernetes' ? n49 : name.replace('-udp', ''),
      `kill -KILL $(cat /run/${name}.pid); while kill -0 $(cat /run/${name}.pid); do :; done`,
      '',
      [`${name} still runs`],
    ],
  ),
];

noneInVainOnVm('kube-router', lab as Lab, mutations);
