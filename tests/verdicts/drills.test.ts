import { expect } from 'chai';
import { at, type Fault, type Hop, icmp, ip, type Lab, send } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import { drill } from '../../src/prove/drill.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const hops = (points: [string, number][], src: string, dst: string, type: 'echo request' | 'echo reply'): Hop[] =>
  points.map(([point, ttl]) => at(point as 'p1:eth0', 'It is here', ip({ src, dst, ttl }), icmp({ type })));

const onePort: Record<string, Fault> = {
  'a port is taken off the bridge': {
    break: { node: 'ip link set veth2 nomaster' },
    lostAt: 'node:veth2',
    hint: 'bridge link',
    fix: { node: 'ip link set veth2 master br0' },
  },
  'a pod’s far end is switched off': {
    break: { node: 'ip link set veth2 down' },
    lostAt: 'node:veth2',
    hint: 'ip link',
    fix: { node: 'ip link set veth2 up' },
  },
  'nobody knows a neighbour, and the port is off': {
    cold: true,
    break: { node: 'ip link set veth2 nomaster' },
    lostAt: 'pod1:eth0',
    hint: 'bridge link',
    fix: { node: 'ip link set veth2 master br0' },
  },
};

const bridge: Lab = {
  title: 'Two pods on a bridge',
  nodes: { node: 'router', pod1: 'pod on node', pod2: 'pod on node' },
  links: ['pod1:eth0 10.1.0.2/24 -- node:veth1', 'pod2:eth0 10.1.0.3/24 -- node:veth2'],
  setup: {
    'A bridge joins them': {
      node: 'ip link add br0 up type bridge\nip link set veth1 master br0\nip link set veth2 master br0\nip addr add 10.1.0.1/24 dev br0',
    },
  },
  walks: {
    'pod1 pings pod2': {
      send: send('pod1', 'ping -c 1 10.1.0.3'),
      request: hops(
        [
          ['pod1:eth0', 64],
          ['node:veth1', 64],
          ['node:veth2', 64],
          ['pod2:eth0', 64],
        ],
        '10.1.0.2',
        '10.1.0.3',
        'echo request',
      ),
    },
  },
  faults: onePort,
};

const node = (n: number) => `
  ip route add default via 172.18.5.254
  sysctl -qw net.ipv4.conf.cali1.proxy_arp=1 net.ipv4.neigh.cali1.proxy_delay=0
  ip route add 10.88.${n}.7 dev cali1 scope link
  ip route add blackhole 10.88.${n}.0/26 proto bird
  ip route add 10.88.${3 - n}.0/26 via 172.18.5.${3 - n} dev ens3 proto bird`;
const pod = 'ip route add 169.254.1.1 dev eth0 scope link\nip route add default via 169.254.1.1 dev eth0';
const way: [string, number][] = [
  ['p1:eth0', 64],
  ['w1:cali1', 64],
  ['w1:ens3', 63],
  ['w2:ens3', 63],
  ['w2:cali1', 62],
  ['p2:eth0', 62],
];
const back = [...way].reverse().map(([point], i): [string, number] => [point, way[i]![1]]);

const routed: Lab = {
  title: 'Two nodes that route their pods',
  nodes: { wire: 'switch', w1: 'router', w2: 'router', p1: 'pod on w1', p2: 'pod on w2' },
  links: [
    'w1:ens3 172.18.5.1/24 -- wire',
    'w2:ens3 172.18.5.2/24 -- wire',
    'p1:eth0 10.88.1.7/32 -- w1:cali1',
    'p2:eth0 10.88.2.7/32 -- w2:cali1',
  ],
  setup: { Routes: { w1: node(1), w2: node(2), p1: pod, p2: pod } },
  walks: {
    'p1 sends a big one': {
      send: send('p1', 'ping -c 1 -M do -s 1472 10.88.2.7'),
      request: hops(way, '10.88.1.7', '10.88.2.7', 'echo request'),
      reply: hops(back, '10.88.2.7', '10.88.1.7', 'echo reply'),
    },
  },
  faults: {
    'the way between the nodes takes 1400 bytes only': {
      break: { w1: 'ip link set ens3 mtu 1400' },
      lostAt: 'w1:ens3',
      hint: 'ip link show ens3',
      fix: { w1: 'ip link set ens3 mtu 1500' },
    },
  },
};

/** Takes a drill and expects it to be as predicted. */
async function expectDrill(lab: Stood, name: string): Promise<void> {
  const { result } = await drill(lab, lab.plan.faults.find(({ fault }) => fault === name)!);
  const { verdict, healed, reason } = result;
  expect({ verdict, healed }, reason).to.deep.equal({ verdict: 'passed', healed: true });
}

describe('a drill', () => {
  before(function () {
    needsNamespaces(this);
  });

  for (const name of Object.keys(onePort))
    it(`is as predicted on a lab that nobody has used yet: ${name}`, async () => {
      await using lab = await stand(plan(bridge, 'test'));
      await expectDrill(lab, name);
    });

  it('is as predicted in whatever order, and again', async () => {
    await using lab = await stand(plan(bridge, 'test'));
    const names = Object.keys(onePort).reverse();
    for (const name of [...names, ...names]) await expectDrill(lab, name);
  });

  it('of a path’s MTU passes twice: what the sender remembers of it is forgotten', async () => {
    await using lab = await stand(plan(routed, 'test'));
    for (let i = 0; i < 2; i++) await expectDrill(lab, 'the way between the nodes takes 1400 bytes only');
  });

  it('that predicts a loss is not met by a packet that is there with another TTL', async () => {
    const faults = {
      'a TTL is set': {
        break: { w2: 'iptables -t mangle -A PREROUTING -d 10.88.2.7 -j TTL --ttl-set 9' },
        lostAt: 'w2:cali1',
        hint: 'iptables',
        fix: { w2: 'iptables -t mangle -F' },
      },
    } satisfies Record<string, Fault>;
    await using lab = await stand(plan({ ...routed, faults }, 'test'));
    const { result } = await drill(lab, lab.plan.faults[0]!);
    expect(result.verdict).to.equal('failed');
    expect(result.failed).to.deep.include({ outcome: 'differs' });
  });

  it('that predicts a difference is met by it', async () => {
    const faults = {
      'a TTL is set': {
        break: { w2: 'iptables -t mangle -A PREROUTING -d 10.88.2.7 -j TTL --ttl-set 9' },
        differsAt: 'w2:cali1',
        hint: 'iptables',
        fix: { w2: 'iptables -t mangle -F' },
      },
    } satisfies Record<string, Fault>;
    await using lab = await stand(plan({ ...routed, faults }, 'test'));
    await expectDrill(lab, 'a TTL is set');
  });
});
