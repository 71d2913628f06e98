import { expect } from 'chai';
import { at, daemon, type Hop, icmp, ip, send, tcp, udp } from '../../src/index.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';
import { endingOf, ends, expectEnding, type Judged, judged, planned, planOf, type Standing } from './verdict.ts';

type Headers = Hop['headers'];
const hops = (points: string[], headers: Headers): Hop[] =>
  points.map((point) => at(point as 'a:eth0', 'It is here', headers));
const pingTypes = (points: string[]) =>
  hops(points, [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ type: 'echo request' })]);

const cable: Standing = {
  title: 'Two hosts on a cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: { 'b has a name': { a: 'echo "10.0.0.2 b" >> /etc/hosts' } },
};
const wire = ['a:eth0', 'b:eth0'];

const pings = [
  'ping -c 1 10.0.0.2',
  'ping -c1 10.0.0.2',
  'ping -n -q -c 1 10.0.0.2',
  '/usr/bin/ping -c 1 10.0.0.2',
  'timeout 2 ping -c 1 10.0.0.2',
  'env LC_ALL=C ping -c 1 10.0.0.2',
  'sh -c "ping -c 1 10.0.0.2"',
  'true && ping -c 1 10.0.0.2',
  'ping -c 1 10.0.0.2 | tail -1',
  'ping -W 2 -c 1 10.0.0.2',
  'ping -c 1 -4 10.0.0.2',
  'ping -c 1 -Q 0x10 10.0.0.2',
  'ping -c 1 -m 5 10.0.0.2',
  'ping -c 1 -I eth0 10.0.0.2',
  'ping -c 1 "10.0.0.2"',
  'ping  -c  1  10.0.0.2',
  'LC_ALL=C ping -c 1 10.0.0.2',
  'exec ping -c 1 10.0.0.2',
  'ping -c 1 10.0.0.2 > /dev/null 2>&1',
  'ping -c 1 10.0.0.2; sleep 0.1',
  'ping -c 1 b',
  'ping -c 1 -R 10.0.0.2',
  'ping -c 1 -T tsonly 10.0.0.2',
  'ping -c 1 -s 24 10.0.0.2',
  'ping -c 1 -s 1472 -M do 10.0.0.2',
];
judged(
  'a ping, typed in many ways',
  cable,
  Object.fromEntries(
    pings.map((line): [string, Judged] => [line, ends('passed: answered', send('a', line), pingTypes(wire))]),
  ),
);

describe('a command that begins with the letters of another', () => {
  it('runs as it is typed', async function () {
    needsNamespaces(this);
    const walks = {
      'pingg 10.0.0.2': ends(
        /^unknown: nothing was sent: .*pingg: (command )?not found/,
        send('a', 'pingg 10.0.0.2'),
        pingTypes(wire),
      ),
      'ping4 -c 1': ends('passed: answered', send('a', 'ping4 -c 1 10.0.0.2'), pingTypes(wire)),
      pinger: ends(
        'passed: arrived',
        send('a', 'pinger() { bash -c "echo $# > /dev/udp/10.0.0.2/9"; }; pinger one two'),
        hops(wire, [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dst: 9, length: 10 })]),
      ),
    };
    await using lab = await stand(planOf(cable, walks));
    for (const [name, each] of Object.entries(walks)) await expectEnding(lab, name, each);
  });
});

const datagram = (port: number) => hops(wire, [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dst: port })]);
const perl = (...texts: string[]) =>
  `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(PeerAddr=>"10.0.0.2:7000",Proto=>"udp"); for (@ARGV) { $s->send($_); select(undef,undef,undef,0.01) }' ${texts.map((text) => `"${text}"`).join(' ')}`;
judged('what tells one datagram from the next', cable, {
  one: ends('passed: arrived', send('a', perl('aaaaaaaa')), datagram(7000)),
  'three that differ': ends('passed: arrived', send('a', perl('first one', 'second one', 'third one')), datagram(7000)),
  'three short ones': ends('passed: arrived', send('a', perl('1', '2', '3')), datagram(7000)),
  'an empty one': ends('passed: arrived', send('a', perl('')), datagram(7000)),
  'the same beginning': ends(
    'passed: arrived',
    send('a', perl('metric.requests.total:1|c', 'metric.requests.total:2|c')),
    datagram(7000),
  ),
  'an empty one, then a full one': ends('passed: arrived', send('a', perl('', 'xyz')), datagram(7000)),
  'the same, first': ends('passed: arrived', send('a', 'bash -c "echo one > /dev/udp/10.0.0.2/5000"'), datagram(5000)),
  'the same, second': ends('passed: arrived', send('a', 'bash -c "echo one > /dev/udp/10.0.0.2/5000"'), datagram(5000)),
  'from one port, first': ends(
    'passed: arrived',
    send('a', 'bash -c "echo two | socat -t 0.1 - UDP4:10.0.0.2:5000,sourceport=4444"'),
    datagram(5000),
  ),
  'from one port, second': ends(
    'passed: arrived',
    send('a', 'bash -c "echo two | socat -t 0.1 - UDP4:10.0.0.2:5000,sourceport=4444"'),
    datagram(5000),
  ),
  'from a command that fails': ends(
    'passed: arrived',
    send('a', 'bash -c "echo three > /dev/udp/10.0.0.2/5000; exit 3"'),
    datagram(5000),
  ),
});

describe('a sender beside a daemon that talks', () => {
  let lab: Stood;
  const own = ends('passed: arrived', send('a', `bash -c 'sleep 0.05; echo hi > /dev/udp/10.0.0.2/9'`), datagram(9));
  const talk = `bash -c 'while :; do echo keepalive > /dev/udp/10.0.0.2/5000; sleep 0.01; done'`;
  before(async function () {
    needsNamespaces(this);
    const setup = { 'a has a daemon that talks': { a: daemon('chatter', talk, { 'it runs': 'true' }) } };
    lab = await stand(planOf({ ...cable, setup }, { own }));
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('is followed by its own packet, 20 times of 20', async () => {
    for (let i = 0; i < 20; i++) await expectEnding(lab, 'own', own);
  });
});

describe('two equal pings at once', () => {
  it('are told apart', async function () {
    needsNamespaces(this);
    const names = ['one', 'the other'];
    const one = ends('passed: answered', send('a', 'ping -c 1 10.0.0.2'), pingTypes(wire));
    await using lab = await stand(planOf(cable, { one }));
    const results = await walk(
      lab,
      names.map((name) => planned(name, one.walk)),
    );
    expect(results.map(endingOf)).to.deep.equal([one.ends, one.ends]);
  });
  judged('by one command', cable, {
    'typed plainly': ends(
      'passed: answered',
      send('a', 'ping -c 1 10.0.0.2 & ping -c 1 10.0.0.2; wait'),
      pingTypes(wire),
    ),
    'in a shell of their own': ends(
      'passed: answered',
      send('a', `sh -c 'ping -c 1 10.0.0.2 & ping -c 1 10.0.0.2; wait'`),
      pingTypes(wire),
    ),
  });
});

const routed: Standing = {
  title: 'A client and a server with a router between',
  nodes: { c: 'host', r: 'router', s: 'host' },
  links: ['c:e0 10.1.0.2/24 -- r:e0 10.1.0.1/24', 's:e0 10.2.0.2/24 -- r:e1 10.2.0.1/24'],
  setup: {
    'Routes and servers': {
      c: 'ip route add default via 10.1.0.1',
      s: [
        'ip route add default via 10.2.0.1',
        daemon('web', 'socat TCP4-LISTEN:80,fork,reuseaddr SYSTEM:"echo hello"', {
          'It listens': 'ss -ltn | grep -q :80',
        }),
        daemon('echo', 'socat UDP4-RECVFROM:53,fork SYSTEM:"cat"', { 'It listens': 'ss -lun | grep -q :53' }),
      ],
    },
  },
};
const way = ['c:e0', 'r:e0', 'r:e1', 's:e0'];
const there = (...headers: Headers) => hops(way, [ip({ src: '10.1.0.2', dst: '10.2.0.2' }), ...headers]);
const back = (...headers: Headers) => hops([...way].reverse(), [ip({ src: '10.2.0.2', dst: '10.1.0.2' }), ...headers]);
const [S, SA] = [there(tcp({ dst: 80, flags: 'S' })), back(tcp({ src: 80, flags: 'SA' }))];
const connects = (command: string, ending = 'passed: answered') => ends(ending, send('c', command), S, { reply: SA });
const U = (port: number) => there(udp({ dst: port }));

judged('TCP and UDP in many ways', routed, {
  curl: connects('curl -s -m 4 --http0.9 http://10.2.0.2/'),
  'bash by itself': connects('bash -c "cat < /dev/tcp/10.2.0.2/80"'),
  socat: connects('socat -T 1 - TCP4:10.2.0.2:80'),
  'two connections': connects('bash -c "cat < /dev/tcp/10.2.0.2/80; cat < /dev/tcp/10.2.0.2/80"'),
  'another packet first': connects('bash -c "ping -c1 10.1.0.1 >/dev/null; curl -s -m 4 --http0.9 http://10.2.0.2/"'),
  'three datagrams, answered': ends(
    'passed: answered',
    send('c', 'bash -c "for i in 1 2 3; do echo $i; sleep 0.02; done > /dev/udp/10.2.0.2/53"'),
    U(53),
  ),
  'a datagram and its echo': ends(
    'passed: answered',
    send('c', 'bash -c "echo hallo | socat -t 0.3 - UDP4:10.2.0.2:53"'),
    U(53),
    { reply: back(udp({ src: 53 })) },
  ),
  'its echo from another port': ends(
    'failed: reply differs at s:e0 out',
    send('c', 'bash -c "echo hallo | socat -t 0.3 - UDP4:10.2.0.2:53"'),
    U(53),
    { reply: back(udp({ src: 54 })) },
  ),
  'a fragmented datagram': ends(
    'passed: arrived',
    send('c', 'bash -c "head -c 3000 /dev/zero | socat -t 0.3 -b 4000 - UDP4:10.2.0.2:9999"'),
    U(9999),
  ),
  'an empty datagram': ends(
    'passed: arrived',
    send('c', 'bash -c "socat -t 0.1 /dev/null UDP4:10.2.0.2:9998,shut-null"'),
    U(9998),
  ),
  traceroute: ends(
    'passed: arrived',
    send('c', 'traceroute -n -q 1 -w 1 -m 3 10.2.0.2'),
    hops(['c:e0', 'r:e0'], [ip({ src: '10.1.0.2', dst: '10.2.0.2', ttl: 1 }), udp()]),
  ),
});
