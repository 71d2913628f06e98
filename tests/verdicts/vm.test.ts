import { at, ether, type Hop, icmp, ip, send } from '../../src/index.ts';
import { findings, live, setUp } from '../../src/prove/run.ts';
import { start } from '../../src/runtime/index.ts';
import { whyNot } from '../runtime/vm/image.ts';
import type { Stood } from '../stand.ts';
import { ends, expectEnding, type Judged, planOf, type Standing } from './verdict.ts';

type Headers = Hop['headers'];
type Stop = [point: string, ...headers: Headers];
const hops = (...stops: Stop[]): Hop[] =>
  stops.map(([point, ...headers]) => at(point as 'a:eth0', 'It is here', headers));
const along = (points: string[], ...headers: Headers): Hop[] =>
  hops(...points.map((point): Stop => [point, ...headers]));
const echo = (src: string, dst: string, ttl = 64): Headers => [ip({ src, dst, ttl }), icmp({ type: 'echo request' })];
const answer = (src: string, dst: string, ttl = 64): Headers => [ip({ src, dst, ttl }), icmp({ type: 'echo reply' })];
const swapped = (list: Stop[], i: number) => [...list.slice(0, i), list[i + 1]!, list[i]!, ...list.slice(i + 2)];

const access = (port: string, vlan: number) =>
  `ip link set ${port} master vb\nbridge vlan del dev ${port} vid 1\nbridge vlan add dev ${port} vid ${vlan} pvid untagged`;
const onTrunk = (card: string, vlan: number, address: string) =>
  `ip link add link ${card} name ${card}.${vlan} type vlan id ${vlan}\nip addr add ${address} dev ${card}.${vlan}\nip link set ${card}.${vlan} up`;
const bonded = (n: number) => `
  ip link add bond0 type bond mode active-backup miimon 50
  ip link set e1 down
  ip link set e2 down
  ip link set e1 master bond0
  ip link set e2 master bond0
  ip link set bond0 type bond primary e1
  ip link set bond0 up
  ip addr add 10.9.0.${n}/24 dev bond0`;

const active = (card: string) => `until ip -d link show bond0 | grep -q 'active_slave ${card}'; do sleep 0.05; done`;

/** What this kernel may lack, each on cables of its own, in one lab: one machine stands it up. */
const standing: Standing = {
  title: 'VLANs, ipvlan, bonds and slow wires',
  nodes: {
    ...{ a: 'host', b: 'host', c: 'host', br: 'router', r: 'router' },
    ...{ lan: 'switch', n: 'host', h: 'host', box: 'pod on h' },
    ...{ b1: 'host', b2: 'host', s1: 'host', s2: 'host' },
  },
  links: [
    ...[
      'a:eth0 10.10.0.2/24 -- br:pa',
      'b:eth0 10.10.0.3/24 -- br:pb',
      'c:eth0 10.20.0.2/24 -- br:pc',
      'r:e0 -- br:pt',
    ],
    ...['n:eth0 10.7.0.1/24 -- lan', 'h:eth0 10.7.0.2/24 -- lan'],
    ...['b1:e1 -- b2:e1', 'b1:e2 -- b2:e2', 's1:eth0 192.0.2.1/24 -- s2:eth0 192.0.2.2/24'],
  ] as Standing['links'],
  setup: {
    'A bridge of two VLANs, and a router on its trunk': {
      br: [
        'ip link add vb up type bridge vlan_filtering 1',
        access('pa', 10),
        access('pb', 10),
        access('pc', 20),
        'ip link set pt master vb\nbridge vlan del dev pt vid 1\nbridge vlan add dev pt vid 10\nbridge vlan add dev pt vid 20',
      ].join('\n'),
      r: `${onTrunk('e0', 10, '10.10.0.1/24')}\n${onTrunk('e0', 20, '10.20.0.1/24')}`,
      a: 'ip route add default via 10.10.0.1',
      c: 'ip route add default via 10.20.0.1',
    },
    'A pod on an ipvlan': {
      h: 'ip link add iv0 link eth0 type ipvlan mode l2\nip link set iv0 netns box',
      box: 'ip addr add 10.7.0.77/24 dev iv0\nip link set iv0 up',
    },
    'Two bonds': { b1: bonded(1), b2: bonded(2) },
    'Both go by their first wire': { b1: active('e1'), b2: active('e1') },
    'A slow wire': {
      s1: 'tc qdisc add dev eth0 root netem delay 700ms',
      s2: 'tc qdisc add dev eth0 root netem delay 700ms',
    },
  },
};

const ask = echo('10.10.0.2', '10.20.0.2');
const routed = echo('10.10.0.2', '10.20.0.2', 63);
const tag = (vlan: number) => ether({ vlan });
const stick: Stop[] = [
  ['a:eth0', ...ask],
  ['br:pa', ...ask],
  ['br:pt', tag(10), ...ask],
  ['r:e0', tag(10), ...ask],
  ['r:e0.10', ...ask],
  ['r:e0.20', ...routed],
  ['r:e0', tag(20), ...routed],
  ['br:pt', tag(20), ...routed],
  ['br:pc', ...routed],
  ['c:eth0', ...routed],
];
const toC = send('a', 'ping -c 1 10.20.0.2');
const toB = send('a', 'ping -c 1 10.10.0.3');
const inVlan = echo('10.10.0.2', '10.10.0.3');
const otherTag = stick.map(
  ([point, ...headers], i): Stop => (i === 2 ? [point, tag(20), ...ask] : [point, ...headers]),
);

const toBox = send('n', 'ping -c 1 10.7.0.77');
const boxAsked = echo('10.7.0.1', '10.7.0.77');
const toBond = send('b1', 'ping -c 1 10.9.0.2');
const bondAsked = echo('10.9.0.1', '10.9.0.2');
const slow = (options: string, ending: string | RegExp) =>
  ends(
    ending,
    send('s1', `ping -c 1 ${options}192.0.2.2`),
    along(['s1:eth0', 's2:eth0'], ...echo('192.0.2.1', '192.0.2.2')),
    {
      reply: along(['s2:eth0', 's1:eth0'], ...answer('192.0.2.2', '192.0.2.1')),
    },
  );

const walks: Record<string, Judged> = {
  'one VLAN of a bridge': ends('passed: answered', toB, along(['a:eth0', 'br:pa', 'br:pb', 'b:eth0'], ...inVlan)),
  'one VLAN of a bridge, its ports turned round': ends(
    'failed: out of order at br:pb out',
    toB,
    along(['a:eth0', 'br:pb', 'br:pa', 'b:eth0'], ...inVlan),
  ),
  'one VLAN of a bridge, seen in another': ends(
    'failed: lost at c:eth0',
    toB,
    along(['a:eth0', 'br:pa', 'br:pb', 'b:eth0', 'c:eth0'], ...inVlan),
  ),
  'a router on the trunk': ends('passed: answered', toC, hops(...stick)),
  'a router on the trunk, another tag': ends('failed: differs at br:pt out', toC, hops(...otherTag)),
  'a router on the trunk, untagged before tagged': ends(
    'failed: out of order at r:e0.10 in',
    toC,
    hops(...swapped(stick, 3)),
  ),
  'a router on the trunk, out by it before it is in': ends(
    'failed: out of order at r:e0 out',
    toC,
    hops(...stick.map((stop, i) => (i === 3 ? stick[6]! : i === 6 ? stick[3]! : stop))),
  ),
  'an ipvlan, whose parent hands it up': ends(
    'passed: answered',
    toBox,
    along(['n:eth0', 'h:eth0', 'box:iv0'], ...boxAsked),
    { reply: along(['box:iv0', 'h:eth0', 'n:eth0'], ...answer('10.7.0.77', '10.7.0.1')) },
  ),
  'an ipvlan before its parent': ends(
    'failed: out of order at box:iv0 in',
    toBox,
    along(['n:eth0', 'box:iv0', 'h:eth0'], ...boxAsked),
  ),
  'an ipvlan, its parent left out': ends(
    'failed: also seen at h:eth0',
    toBox,
    along(['n:eth0', 'box:iv0'], ...boxAsked),
  ),
  'a bond': ends('passed: answered', toBond, along(['b1:bond0', 'b1:e1', 'b2:e1', 'b2:bond0'], ...bondAsked)),
  'a bond, by its idle wire': ends(
    'failed: not seen at b1:e2, and went on',
    toBond,
    along(['b1:bond0', 'b1:e2', 'b2:e2', 'b2:bond0'], ...bondAsked),
  ),
  'a bond behind its wire': ends(
    'failed: out of order at b1:e1 out',
    toBond,
    along(['b1:e1', 'b1:bond0', 'b2:e1', 'b2:bond0'], ...bondAsked),
  ),
  'a slow wire, waited for': slow('-W 5 ', 'passed: answered'),
  // A ping that a busy machine wakes late finds its answer there.
  'a slow wire': slow('', /^passed: (arrived|answered)$/),
};

describe('what a virtual machine’s kernel has', function () {
  this.timeout(120_000);
  let lab: Stood | undefined;
  before(async function () {
    const why = await whyNot();
    if (why) {
      this.test?.parent?.eachTest((test) => {
        test.title += ` (skipped: ${why})`;
      });
      this.skip();
    }
    const plan = planOf(standing, walks);
    const { runtime } = await start(plan, 'vm', {}, () => {});
    const found = findings();
    if (!(await setUp(plan, runtime, found, () => {}))) throw new Error(JSON.stringify(found.steps.at(-1)));
    lab = { ...(await live(plan, runtime)), found, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
  });
  after(() => lab?.[Symbol.asyncDispose]());

  for (const [name, each] of Object.entries(walks))
    it(`${name}: ${each.ends}`, () => expectEnding(lab!, name, each).then(() => {}));
});
