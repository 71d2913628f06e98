import { at, icmp, ip, type Lab, send, udp, vxlan } from '../../src/index.ts';
import { cases } from './case.ts';

const [asks, answers] = [
  [ip({ src: '10.7.0.1', dst: '10.7.0.2' }), icmp({ type: 'echo request' })],
  [ip({ src: '10.7.0.2', dst: '10.7.0.1' }), icmp({ type: 'echo reply' })],
];

const there = ['m1:e0', 'r:e1', 'r:e2', 'm2:e0'] as const;
const outer = (dst: string, inner: typeof asks) => [ip({ dst }), udp({ dst: 4789 }), vxlan({ vni: 42 }), ...inner];

const device = (local: string, address: string, peer: string) => [
  `ip link add vx type vxlan id 42 dstport 4789 local ${local}`,
  `bridge fdb append 00:00:00:00:00:00 dev vx dst ${peer}`,
  `ip addr add ${address} dev vx`,
  'ip link set vx mtu 1450 up',
];

/** Two hosts that ask for each other by ARP through a VXLAN tunnel, as those of a swarm do. */
const lab: Lab = {
  title: 'Neighbours in a tunnel',
  nodes: { m1: 'host', r: 'router', m2: 'host' },
  links: ['m1:e0 192.168.1.1/24 -- r:e1 192.168.1.254/24', 'm2:e0 192.168.2.1/24 -- r:e2 192.168.2.254/24'],
  setup: {
    Routes: { m1: 'ip route add default via 192.168.1.254', m2: 'ip route add default via 192.168.2.254' },
    Tunnel: {
      m1: device('192.168.1.1', '10.7.0.1/24', '192.168.2.1'),
      m2: device('192.168.2.1', '10.7.0.2/24', '192.168.1.1'),
    },
  },
  walks: {
    'm1 pings m2': {
      send: send('m1', 'ping -c 1 10.7.0.2'),
      request: [
        at('m1:vx', 'It leaves', asks),
        ...there.map((point) => at(point, 'It is wrapped', outer('192.168.2.1', asks))),
        at('m2:vx', 'It arrives', asks),
      ],
      reply: [
        at('m2:vx', 'It leaves', answers),
        ...there.toReversed().map((point) => at(point, 'It is wrapped', outer('192.168.1.1', answers))),
        at('m1:vx', 'It arrives', answers),
      ],
    },
  },
};

const drop = (chain: string) => `iptables -I ${chain} -p udp --dport 4789 -j DROP`;

cases('an ARP request in a tunnel', lab, {
  'that a firewall drops where it would be unwrapped': {
    breaks: { m2: drop('INPUT') },
    mends: { m2: 'iptables -F INPUT' },
    cold: true,
    ends: 'failed: lost at m1:vx',
    cause: 'firewall rule',
    says: ['m1:vx’s ARP request for 10.7.0.2 is lost', 'm2’s filter INPUT drops it', '--dport 4789 -j DROP'],
    isMendedAsTold: true,
  },
  'that a firewall keeps from leaving': {
    breaks: { m1: drop('OUTPUT') },
    mends: { m1: 'iptables -F OUTPUT' },
    cold: true,
    ends: 'failed: lost at m1:vx',
    cause: 'firewall rule',
    says: ['m1’s filter OUTPUT keeps what vx sends from leaving', 'udp dport 4789'],
    isMendedAsTold: true,
  },
  'whose sender is taken for one of the receiver’s own addresses': {
    breaks: {
      m2: 'ip rule add pref 9 to 192.168.1.1 lookup 88\nip route add local default dev lo table 88',
    },
    mends: { m2: 'ip rule del pref 9 || true\nip route flush table 88' },
    cold: true,
    ends: 'failed: lost at m1:vx',
    cause: 'martian source',
    says: ['m2 takes 192.168.1.1, which it comes from, for one of its own'],
    isMendedAsTold: true,
  },
});
