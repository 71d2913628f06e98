import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { at, daemon, type Hop, icmp, ip, send, through, udp, vxlan } from '../../src/index.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, stand } from '../stand.ts';
import { ends, judged, planned, planOf, type Standing } from './verdict.ts';

type Headers = Hop['headers'];
const along = (points: string[], ...headers: Headers): Hop[] =>
  points.map((point) => at(point as 'a:eth0', 'It is here', headers));
const echo = (src: string, dst: string): Headers => [ip({ src, dst }), icmp({ type: 'echo request' })];

const cable: Standing = {
  title: 'Two hosts on a cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {},
};
const wire = ['a:eth0', 'b:eth0'];
const asked = echo('10.0.0.1', '10.0.0.2');
const datagram = along(wire, ip({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dst: 7000 }));
const ping = send('a', 'ping -c 1 10.0.0.2');

judged('a question for a neighbour where a walk lists a packet of IP', cable, {
  'is not followed': ends(
    /^unknown: nothing was sent that can be followed .*arp/,
    send('a', 'arping -c 1 -I eth0 10.0.0.2'),
    along(wire, ...asked),
  ),
});

judged('a command that sends nothing', cable, {
  'and says so': ends(/^unknown: nothing was sent by a/, send('a', 'true'), along(wire, ...asked)),
  'since it is not there': ends(
    /^unknown: nothing was sent: .*not found/,
    send('a', 'pingg 10.0.0.2'),
    along(wire, ...asked),
  ),
});

judged(
  'hooks of netfilter',
  {
    ...cable,
    setup: {
      'b has netfilter, and its nft fails': {
        b: 'iptables -P INPUT ACCEPT\nmount --bind /bin/false "$(readlink -f "$(command -v nft)")"',
      },
    },
  },
  {
    'are unknown where nft fails': ends(/^unknown: netfilter cannot be traced at b: nft ends with 1/, ping, [
      ...along(wire, ...asked),
      through('b', 'filter INPUT: policy accept', 'It may enter'),
    ]),
  },
);

const twice = (texts: string) =>
  `perl -MSocket -e 'socket(S, AF_INET, SOCK_DGRAM, 0); send(S, $_, 0, sockaddr_in(7000, inet_aton("10.0.0.2"))) for ${texts}'`;
const anonymous = {
  a: 'nft add table ip t; nft add chain ip t out "{ type filter hook output priority 0; }"; nft add rule ip t out ip protocol udp ip id set 0',
};
judged('equal datagrams', cable, {
  'that have an IP identification are told apart': ends(
    'passed: arrived',
    send('a', twice('"same", "same"')),
    datagram,
  ),
});
judged(
  'equal datagrams without an IP identification',
  { ...cable, setup: { 'It is taken from them': anonymous } },
  {
    'that leave twice may be copies': ends(
      /^unknown: 2 equal packets left a:eth0/,
      send('a', twice('"same", "same"')),
      datagram,
    ),
    'that differ are told apart': ends('passed: arrived', send('a', twice('"one", "two"')), datagram),
  },
);

const end = (me: number) => `
  ip link add vx0 type vxlan id 5 dstport 4789 local 10.0.0.${me} remote 10.0.0.${3 - me}
  ip link set vx0 netns p${me}`;
const inPod = (me: number) => `ip link set vx0 up\nip addr add 10.9.0.${me}/24 dev vx0`;
const inner = echo('10.9.0.1', '10.9.0.2');
const outer = [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dst: 4789 }), vxlan({ vni: 5 })];
const tunnel = ['p1:vx0', 'a:eth0', 'b:eth0', 'p2:vx0'].map(
  (point, i) => along([point], ...(i % 3 ? outer : []), ...inner)[0]!,
);
judged(
  'a tunnel’s end in another namespace than what it goes by',
  {
    ...cable,
    nodes: { ...cable.nodes, p1: 'pod on a', p2: 'pod on b' },
    setup: { 'A tunnel from pod to pod': { a: end(1), b: end(2), p1: inPod(1), p2: inPod(2) } },
  },
  {
    'no kernel says where it leads': ends(
      /^unknown: the order of .* cannot be told: nothing is known to lead to/,
      send('p1', 'ping -c 1 10.9.0.2'),
      tunnel,
    ),
  },
);

// Up only at last: what a port learnt before it is locked would go round for ever.
const bridge = `
  ip link add br0 type bridge
  ip link set e2 master br0
  bridge link set dev e2 learning off locked on
  ip link set e1 master br0
  bridge link set dev e1 learning off
  ip link set br0 up`;
judged(
  'equal bytes that come by two ways',
  {
    title: 'Two bridges side by side, from one segment to another',
    nodes: { here: 'switch', there: 'switch', a: 'host', b: 'host', x: 'host', y: 'host' },
    links: [
      'a:eth0 10.0.0.1/24 -- here',
      'x:e1 -- here',
      'y:e1 -- here',
      'x:e2 -- there',
      'y:e2 -- there',
      'b:eth0 10.0.0.2/24 -- there',
    ],
    setup: {
      'Both hand on what comes from here, and nothing back': { x: bridge, y: bridge },
      'a and the far segment know where b is': {
        a: 'ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:0b dev eth0',
        b: 'ip link set eth0 address 02:00:00:00:00:0b\nping -b -c 1 -W 0.1 10.0.0.255 || true',
      },
    },
  },
  {
    'may have come by either first': ends(
      /^unknown: the order of .* cannot be told: the same bytes left for b:eth0 from/,
      send('a', `bash -c 'echo hi > /dev/udp/10.0.0.2/7000'`),
      along(
        ['a:eth0', 'x:e1', 'x:e2', 'y:e1', 'y:e2', 'b:eth0', 'b:eth0'],
        ip({ src: '10.0.0.1', dst: '10.0.0.2' }),
        udp({ dst: 7000 }),
      ),
    ),
  },
);

const table = (rule: string) =>
  `nft add table ip t; nft add chain ip t out "{ type filter hook output priority 0; }"; nft add rule ip t out ${rule}`;
const hook = through('a', 't out: accept', 'It is let out');
const rewrite = (rule: string) => send('a', `ping -c 1 10.0.0.2; nft delete table ip t; ${table(rule)}`);
judged(
  'a rule of netfilter',
  { ...cable, setup: { 'A rule': { a: table('ip protocol icmp accept') } } },
  {
    'that stays is told': ends('passed: answered', ping, [hook, ...along(wire, ...asked)]),
    'that was rewritten meanwhile is not': ends(
      /^unknown: a t out: the rule was rewritten meanwhile/,
      rewrite('ip daddr 10.0.0.0/24 accept'),
      [hook, ...along(wire, ...asked)],
    ),
  },
);

describe('a capture that had to drop frames', () => {
  const storm = 'ping -c 1 10.0.0.2; ping -q -f -c 3000 -s 1400 10.0.0.2';
  const walks = { 'a ping': ends('passed: answered', ping, along(wire, ...asked)) };
  const verdicts = async (lab: Awaited<ReturnType<typeof stand>>, command: string, times = 1) => {
    const found = [];
    for (let i = 0; i < times; i++) {
      const [result] = await walk(lab, [
        planned('a ping', { send: send('a', command), request: along(wire, ...asked) }),
      ]);
      found.push(`${result!.verdict}: ${result!.reason ?? ''}`);
    }
    return found;
  };

  beforeEach(function () {
    needsNamespaces(this);
  });

  it('proves nothing by what it did not see', async () => {
    await using lab = await stand(planOf(cable, walks), 4096);
    const [verdict] = await verdicts(lab, storm);
    expect(verdict).to.match(/^unknown: the capture lost frames on .*: what was not seen proves nothing/);
  });

  it('on a busy wire never has a walk fail', async () => {
    const flood = daemon('flood', 'iperf3 -u -b 60M -t 30 -l 1400 -c 10.0.0.2', {
      'It runs': 'grep -q . /run/flood.pid',
    });
    const server = daemon('iperf', 'iperf3 -s', { 'It listens': 'ss -ltn | grep -q :5201' });
    const setup = { 'A server': { b: server }, 'A flood': { a: flood } };
    await using lab = await stand(planOf({ ...cable, setup }, walks));
    for (const verdict of await verdicts(lab, 'ping -c 1 10.0.0.2', 2))
      expect(verdict).to.match(/^(passed: $|unknown: the capture lost)/);
  });
});

describe('docs/limits.md', () => {
  it('is one screen', () => {
    const text = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');
    expect(text.split('\n').length).to.be.at.most(40);
  });
});
