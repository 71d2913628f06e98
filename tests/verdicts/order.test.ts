import { expect } from 'chai';
import { at, type Hop, icmp, ip, send, through } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import { ends, judged, type Standing } from './verdict.ts';

const echo = (src: string, dst: string, ttl = 64) => [ip({ src, dst, ttl }), icmp({ type: 'echo request' })];
const answer = (src: string, dst: string, ttl = 64) => [ip({ src, dst, ttl }), icmp({ type: 'echo reply' })];

const pods: Standing = {
  title: 'Two pods on a bridge, plugged by commands as a CNI plugin does it',
  nodes: { n: 'host', p1: 'pod on n', p2: 'pod on n' },
  links: [],
  setup: {
    'Bridge both pods': {
      n: [1, 2]
        .map((i) => `ip link add veth${i} type veth peer name eth0 netns p${i}`)
        .concat([
          'ip link add br0 up type bridge',
          'ip link set veth1 up master br0',
          'ip link set veth2 up master br0',
        ])
        .join('\n'),
      p1: 'ip link set eth0 up\nip addr add 10.0.0.1/24 dev eth0',
      p2: 'ip link set eth0 up\nip addr add 10.0.0.2/24 dev eth0',
    },
  },
};
const asked = echo('10.0.0.1', '10.0.0.2');
const listed = (...points: string[]): Hop[] => points.map((point) => at(point as 'n:veth1', 'It is here', asked));
const podPings = send('p1', 'ping -c 1 10.0.0.2');

judged('veth pairs that a command made are wires', pods, {
  'as it goes': ends('passed: answered', podPings, listed('p1:eth0', 'n:veth1', 'n:veth2', 'p2:eth0')),
  'with directions': ends(
    'passed: answered',
    podPings,
    listed('p1:eth0 out', 'n:veth1 in', 'n:veth2 out', 'p2:eth0 in'),
  ),
  'receiver first, sender last': ends(
    'failed: out of order at p2:eth0 in',
    podPings,
    listed('p2:eth0', 'n:veth1', 'n:veth2', 'p1:eth0'),
  ),
  'the bridge turned round': ends(
    'failed: out of order at n:veth2 out',
    podPings,
    listed('p1:eth0', 'n:veth2', 'n:veth1', 'p2:eth0'),
  ),
  'arrived before it left the bridge': ends(
    'failed: out of order at p2:eth0 in',
    podPings,
    listed('p1:eth0', 'n:veth1', 'p2:eth0', 'n:veth2'),
  ),
  'a hop left out': ends('failed: also seen at n:veth1', podPings, listed('p1:eth0', 'n:veth2', 'p2:eth0')),
  'a hop too many': ends(
    'failed: not seen at n:br0, and went on',
    podPings,
    listed('p1:eth0', 'n:veth1', 'n:br0', 'n:veth2', 'p2:eth0'),
  ),
  'a direction that it does not go': ends(
    'failed: not seen at n:veth1 out, and went on',
    podPings,
    listed('p1:eth0', 'n:veth1 out', 'n:veth2', 'p2:eth0'),
  ),
});

const routed: Standing = {
  title: 'A router with a rule at two hooks',
  nodes: { a: 'host', r: 'router', z: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- r:eth0 10.0.0.254/24', 'r:eth1 10.0.1.254/24 -- z:eth0 10.0.1.2/24'],
  setup: {
    'Routes and rules': {
      a: 'ip route add default via 10.0.0.254',
      z: 'ip route add default via 10.0.1.254',
      r: 'iptables -t mangle -A PREROUTING -j ACCEPT\niptables -t mangle -A POSTROUTING -j ACCEPT',
    },
  },
};
const crossing = send('a', 'ping -c 1 10.0.1.2');
const ask = (ttl: number) => echo('10.0.0.1', '10.0.1.2', ttl);
const leaves = at('a:eth0', 'It leaves', ask(64));
const comes = at('r:eth0', 'The router has it', ask(64));
const goes = at('r:eth1', 'Routed', ask(63));
const arrives = at('z:eth0', 'It arrives', ask(63));
const pre = through('r', 'mangle PREROUTING: accept', 'It is let in');
const post = through('r', 'mangle POSTROUTING: accept', 'It is let out');

judged('hooks and frames are one order', routed, {
  'as it goes': ends('passed: answered', crossing, [leaves, comes, pre, post, goes, arrives]),
  'hooks before it has left': ends('failed: out of order at r mangle PREROUTING', crossing, [
    pre,
    post,
    leaves,
    comes,
    goes,
    arrives,
  ]),
  'hooks before it has come': ends('failed: out of order at r mangle PREROUTING', crossing, [
    leaves,
    pre,
    comes,
    post,
    goes,
    arrives,
  ]),
  'hooks after it has gone': ends('failed: out of order at r:eth1 out', crossing, [
    leaves,
    comes,
    pre,
    goes,
    post,
    arrives,
  ]),
  'hooks turned round': ends('failed: out of order at r mangle POSTROUTING', crossing, [
    leaves,
    comes,
    post,
    pre,
    goes,
    arrives,
  ]),
  'one hook left out': ends('failed: also seen at r mangle POSTROUTING', crossing, [leaves, comes, pre, goes, arrives]),
});

const stick: Standing = {
  title: 'A router on a stick: one cable, two subnets',
  nodes: { lan: 'switch', a: 'host', r: 'router', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- lan', 'r:eth0 10.0.0.254/24 -- lan', 'b:eth0 10.0.1.2/24 -- lan'],
  setup: {
    'Both subnets are on the one interface': {
      r: 'ip addr add 10.0.1.254/24 dev eth0\nsysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0',
      a: 'ip route add default via 10.0.0.254',
      b: 'ip route add default via 10.0.1.254',
    },
  },
};
const first = at('a:eth0', 'It leaves', ask(64));
const [inward, outward] = [64, 63].map((ttl) =>
  at('r:eth0', ttl === 64 ? 'Into the router' : 'Out by the same way', ask(ttl)),
);
const last = at('b:eth0', 'It arrives', ask(63));
const plainly = (...points: [string, number][]) =>
  points.map(([point, ttl]) => at(point as 'a:eth0', 'It is here', ask(ttl)));
const same = (point: string) =>
  at(point as 'a:eth0', 'It is here', ip({ src: '10.0.0.1', dst: '10.0.1.2' }), icmp({ type: 'echo request' }));

judged('a router on a stick', stick, {
  'no direction stated': ends('passed: answered', crossing, [first, inward!, outward!, last]),
  'directions stated': ends(
    'passed: answered',
    crossing,
    plainly(['a:eth0 out', 64], ['r:eth0 in', 64], ['r:eth0 out', 63], ['b:eth0 in', 63]),
  ),
  'with the answer': ends('passed: answered', crossing, [first, inward!, outward!, last], {
    reply: [
      ...[
        ['b:eth0', 64],
        ['r:eth0 in', 64],
        ['r:eth0 out', 63],
        ['a:eth0', 63],
      ].map(([point, ttl]) => at(point as 'a:eth0', 'It is here', answer('10.0.1.2', '10.0.0.1', ttl as number))),
    ],
  }),
  'out before in': ends(
    'failed: out of order at r:eth0 out',
    crossing,
    plainly(['a:eth0', 64], ['r:eth0 out', 63], ['r:eth0 in', 64], ['b:eth0', 63]),
  ),
  'out before in, by TTL alone': ends('failed: out of order at r:eth0 out', crossing, [first, outward!, inward!, last]),
  'without what tells both apart': ends('passed: answered', crossing, [
    same('a:eth0'),
    same('r:eth0'),
    same('r:eth0'),
    same('b:eth0'),
  ]),
  'listed once': ends('failed: also seen at r:eth0 out', crossing, [first, inward!, last]),
  'receiver between both': ends('failed: out of order at b:eth0 in', crossing, [first, inward!, last, outward!]),
});

describe('a listing that cannot be', () => {
  const warnings = (standing: Standing, request: Hop[], from: ReturnType<typeof send>) =>
    plan({ ...standing, walks: { 'a walk': { send: from, request } } }, 'test').warnings.join('; ');

  it('is named before it runs where the plan can tell, and then judged', () => {
    expect(warnings(pods, listed('p2:eth0', 'n:veth1', 'n:veth2', 'p1:eth0'), podPings)).to.match(/it is sent from p1/);
    expect(warnings(routed, [pre, post, leaves, comes, goes, arrives], crossing)).to.match(
      /its first hop is there, not at r/,
    );
  });
});
