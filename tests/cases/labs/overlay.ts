import { ip, type Lab, udp, vxlan } from '../../../src/index.ts';
import { pinging, type Stop } from './journey.ts';

const node = (n: number) => `
  ip link add br-pod up type bridge
  ip link set vpod master br-pod
  ip link set vpoe master br-pod
  ip addr add 10.77.${n}.1/24 dev br-pod
  ip link add flan type vxlan id 1 dev eth1 local 192.168.56.1${n} dstport 8472 nolearning
  ip link set flan address 02:00:00:00:00:0${n}
  ip addr add 10.77.${n}.0/32 dev flan
  ip link set flan mtu 1450 up
  ip route add 10.77.${3 - n}.0/24 via 10.77.${3 - n}.0 dev flan onlink
  ip neigh add 10.77.${3 - n}.0 lladdr 02:00:00:00:00:0${3 - n} dev flan nud permanent
  bridge fdb add 02:00:00:00:00:0${3 - n} dev flan dst 192.168.56.1${3 - n} self permanent`;

const pod = (n: number) => `ip link set eth0 mtu 1450\nip route add default via 10.77.${n}.1`;

const wrapped = (from: number) => [
  ip({ src: `192.168.56.1${from}`, dst: `192.168.56.1${3 - from}`, ttl: 64 }),
  udp({ dst: 8472 }),
  vxlan({ vni: 1 }),
];

/** From a pod's card to the other node's pod's, by both bridges and the tunnel. */
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

const ping = (options = '') =>
  pinging({ command: `ping -c 1 ${options}10.77.2.5`, src: '10.77.1.5', dst: '10.77.2.5' }, way(1), way(2));

/** Two nodes, a pod bridge each, and a VXLAN between them, laid by hand. */
export const overlay: Lab = {
  title: 'Two nodes and a tunnel',
  nodes: {
    ...{ wire: 'switch', m1: 'router', m2: 'router' },
    ...{ p1: 'pod on m1', q1: 'pod on m1', p2: 'pod on m2', q2: 'pod on m2' },
  },
  links: [
    'm1:eth1 192.168.56.11/24 -- wire',
    'm2:eth1 192.168.56.12/24 -- wire',
    'p1:eth0 10.77.1.5/24 -- m1:vpod',
    'q1:eth0 10.77.1.6/24 -- m1:vpoe',
    'p2:eth0 10.77.2.5/24 -- m2:vpod',
    'q2:eth0 10.77.2.6/24 -- m2:vpoe',
  ],
  setup: { 'The overlay': { m1: node(1), m2: node(2), p1: pod(1), q1: pod(1), p2: pod(2), q2: pod(2) } },
  walks: {
    'p1 pings p2': ping(),
    'p1 sends a big one': ping('-M do -s 1422 '),
    'p1 pings its own node': pinging({ command: 'ping -c 1 10.77.1.1', src: '10.77.1.5', dst: '10.77.1.1' }, [
      ['p1:eth0', 64],
      ['m1:vpod', 64],
      ['m1:br-pod', 64],
    ]),
  },
};
