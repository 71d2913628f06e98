import { ip, type Lab, udp, vxlan } from '../../../src/index.ts';
import { pinging, type Stop } from './journey.ts';

/** A node's tunnel, by a card and the address that it has there, to its peer's. */
export const tunnel = (n: number, card: string, local: string, peer: string) => `
  ip link add flan type vxlan id 1 dev ${card} local ${local} dstport 8472 nolearning
  ip link set flan address 02:00:00:00:00:0${n}
  ip addr add 10.77.${n}.0/32 dev flan
  ip link set flan mtu 1450 up
  ip route add 10.77.${3 - n}.0/24 via 10.77.${3 - n}.0 dev flan onlink
  ip neigh add 10.77.${3 - n}.0 lladdr 02:00:00:00:00:0${3 - n} dev flan nud permanent
  bridge fdb add 02:00:00:00:00:0${3 - n} dev flan dst ${peer} self permanent`;

export const byWire = (n: number) => tunnel(n, 'eth1', `192.168.56.1${n}`, `192.168.56.1${3 - n}`);

const node = (n: number) => `
  ip link add br-pod up type bridge
  ip link set vpod master br-pod
  ip addr add 10.77.${n}.1/24 dev br-pod${byWire(n)}`;

const wrapped = (from: number) => [
  ip({ src: `192.168.56.1${from}`, dst: `192.168.56.1${3 - from}`, ttl: 64 }),
  udp({ dst: 8472 }),
  vxlan({ vni: 1 }),
];

const way = (from: number): Stop[] => {
  const to = 3 - from;
  return [
    [`p${from}:eth0`, 64],
    [`m${from}:vpod`, 64],
    [`m${from}:br-pod`, 64],
    [`m${from}:flan`, 63],
    [`m${from}:eth1`, 63, wrapped(from)],
    [`m${to}:eth1`, 63, wrapped(from)],
    [`m${to}:flan`, 63],
    [`m${to}:br-pod`, 62],
    [`m${to}:vpod`, 62],
    [`p${to}:eth0`, 62],
  ];
};

/** Two machines whose first card is the NAT of their host, where both have one address; their overlay uses the second. */
export const natCards: Lab = {
  title: 'Two machines behind one NAT each',
  nodes: {
    ...{ nat1: 'switch', nat2: 'switch', wire: 'switch', gw1: 'router', gw2: 'router' },
    ...{ m1: 'router', m2: 'router', p1: 'pod on m1', p2: 'pod on m2' },
  },
  links: [
    ...['m1:eth0 -- nat1', 'gw1:eth0 -- nat1', 'm2:eth0 -- nat2', 'gw2:eth0 -- nat2'],
    ...['m1:eth1 192.168.56.11/24 -- wire', 'm2:eth1 192.168.56.12/24 -- wire'],
    ...['p1:eth0 10.77.1.5/24 -- m1:vpod', 'p2:eth0 10.77.2.5/24 -- m2:vpod'],
  ] as Lab['links'],
  setup: {
    'The NAT of their hosts': {
      m1: 'ip addr add 10.0.2.15/24 dev eth0',
      m2: 'ip addr add 10.0.2.15/24 dev eth0',
      gw1: 'ip addr add 10.0.2.2/24 dev eth0',
      gw2: 'ip addr add 10.0.2.2/24 dev eth0',
    },
    'The overlay': {
      m1: node(1),
      m2: node(2),
      p1: 'ip route add default via 10.77.1.1',
      p2: 'ip route add default via 10.77.2.1',
    },
  },
  walks: {
    'p1 pings p2': pinging({ command: 'ping -c 1 10.77.2.5', src: '10.77.1.5', dst: '10.77.2.5' }, way(1), way(2)),
  },
};
