import { expect } from 'chai';
import { at, daemon, type Hop, icmp, ip, type Lab, send, tcp, udp } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import { checkMatrices } from '../../src/prove/reachability.ts';
import { findings, setUp } from '../../src/prove/run.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';
import { ends, expectEnding, judged, planOf, type Standing } from './verdict.ts';

const cable: Standing = {
  title: 'Two hosts on a cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {},
};
const echo = [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ type: 'echo request' })];
const syn = [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ dst: 81, flags: 'S' })];
const both = (headers: typeof echo | typeof syn): Hop[] =>
  ['a:eth0', 'b:eth0'].map((point) => at(point as 'a:eth0', 'It is here', headers));
const ping = send('a', 'ping -c 1 -W 0.2 10.0.0.2');

describe('a receiver that drops every ping', () => {
  const deaf = { ...cable, setup: { 'b drops pings': { b: 'iptables -A INPUT -p icmp -j DROP' } } };
  const walks = {
    'the answer not listed': ends('failed: arrived, and its sender was not answered', ping, both(echo)),
    'said to be unanswered': ends('passed: arrived', ping, both(echo), { unanswered: true }),
    'the answer listed': ends('failed: reply lost at b:eth0', ping, both(echo), {
      reply: ['b:eth0', 'a:eth0'].map((point) =>
        at(point as 'a:eth0', 'It is here', ip({ src: '10.0.0.2', dst: '10.0.0.1' }), icmp({ type: 'echo reply' })),
      ),
    }),
  };
  judged('its walks', deaf, walks);

  it('is not reached by a reachability check', async function () {
    needsNamespaces(this);
    await using lab = await stand(planOf(deaf, walks));
    const pairs = [{ from: ['a'], to: ['b'] }];
    const [result] = await checkMatrices(lab, [{ title: 'a reaches b', seenAs: 'the address it left with', pairs }], {
      waitS: 0.2,
    });
    expect(result!.verdict, result!.reason).to.equal('failed');
  });
});

describe('a receiver that gets it by another interface than is listed, and answers', () => {
  const twice: Standing = {
    ...cable,
    links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24', 'a:eth1 10.0.1.1/24 -- b:eth1 10.0.1.2/24'],
  };
  const byTheOther = ['a:eth1', 'b:eth1'].map((point) => at(point as 'a:eth0', 'It is here', echo));
  judged('did not lose it', twice, {
    'as it goes': ends('passed: answered', ping, both(echo)),
    'the last hop at the other interface': ends('failed: not seen at b:eth1, and went on', ping, [
      both(echo)[0]!,
      byTheOther[1]!,
    ]),
    'both hops at the other interface': ends('failed: not seen at a:eth1, and went on', ping, byTheOther),
  });
});

describe('a sender that drops every answer', () => {
  const deaf = { ...cable, setup: { 'a drops answers': { a: 'iptables -A INPUT -p icmp -j DROP' } } };
  const reply = ['b:eth0', 'a:eth0'].map((point) =>
    at(point as 'a:eth0', 'It is here', ip({ src: '10.0.0.2', dst: '10.0.0.1' }), icmp({ type: 'echo reply' })),
  );
  judged('is not told, though the answer came to its interface as listed', deaf, {
    'which is not said': ends('failed: the answer came, and its sender was not told', ping, both(echo), { reply }),
    'which is said': ends('passed: arrived', ping, both(echo), { reply, unanswered: true }),
  });
});

judged('a walk says what became of an answer', cable, {
  'a ping that is answered is not unanswered': ends('failed: answered', ping, both(echo), { unanswered: true }),
});

describe('a SYN sent again', () => {
  judged(
    'is a note, and no stray',
    { ...cable, setup: { 'b drops it': { b: 'iptables -A INPUT -p tcp --dport 81 -j DROP' } } },
    {
      'for 1.2 s': ends('passed: arrived', send('a', 'timeout 1.2 bash -c "cat < /dev/tcp/10.0.0.2/81"'), both(syn)),
    },
  );
});

const routed: Standing = {
  title: 'A client and a server with a router between',
  nodes: { c: 'host', r: 'router', s: 'host' },
  links: ['c:e0 10.1.0.2/24 -- r:e0 10.1.0.1/24', 's:e0 10.2.0.2/24 -- r:e1 10.2.0.1/24'],
  setup: { Routes: { c: 'ip route add default via 10.1.0.1', s: 'ip route add default via 10.2.0.1' } },
};
const segment = (flags: string, from: string, to: string) => [ip({ src: from, dst: to }), tcp({ flags })];
const hops = (points: string[], headers: Hop['headers']) =>
  points.map((point) => at(point as 'c:e0', 'It is here', headers));
const there = hops(['c:e0', 'r:e0', 'r:e1', 's:e0'], segment('S', '10.1.0.2', '10.2.0.2'));
const back = hops(['s:e0', 'r:e1', 'r:e0', 'c:e0'], segment('SA', '10.2.0.2', '10.1.0.2'));

describe('a router that drops a SYN, which is sent again', () => {
  it('loses it once, and nothing of it is seen elsewhere', async function () {
    needsNamespaces(this);
    const setup = { ...routed.setup, 'r drops it': { r: 'iptables -A FORWARD -p tcp -j DROP' } };
    await using lab = await stand(planOf({ ...routed, setup }, { any: ends('failed', send('c', 'true'), there) }));
    const lost = ends('failed: lost at r:e1', send('c', 'timeout 1.2 bash -c "cat < /dev/tcp/10.2.0.2/80"'), there);
    const { strays, notes } = await expectEnding(lab, 'c connects', lost);
    expect(strays).to.deep.equal([]);
    expect(notes.join()).to.match(/sent 2 times by c:e0/);
  });
});

describe('a command that fails though its packet arrived', () => {
  let lab: Stood;
  before(async function () {
    needsNamespaces(this);
    const page = [
      'head -c 60000 /dev/zero | tr "\\\\0" x > /tmp/page',
      daemon('web', 'socat -U TCP4-LISTEN:80,fork,reuseaddr OPEN:/tmp/page', { 'It listens': 'ss -ltn | grep -q :80' }),
    ];
    const setup = {
      ...routed.setup,
      'A page, and a link too narrow for it': {
        s: page,
        r: 'ip link set e0 mtu 1400\niptables -A OUTPUT -p icmp -j DROP',
      },
    };
    lab = await stand(planOf({ ...routed, setup }, { any: ends('failed', send('c', 'true'), there) }));
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('is told with its exit code', async () => {
    const fetch = send('c', 'bash -c "timeout 0.5 cat < /dev/tcp/10.2.0.2/80 | wc -c | grep 60000"');
    const { command } = await expectEnding(lab, 'c fetches', ends('passed: answered', fetch, there, { reply: back }));
    expect(command).to.deep.equal({ code: 1, answered: true });
  });
});

const square: Standing = {
  title: 'A square of routers: there by y, back by z',
  nodes: { a: 'host', x: 'router', y: 'router', z: 'router', w: 'router', b: 'host' },
  links: [
    'a:e0 10.10.0.2/24 -- x:ea 10.10.0.1/24',
    'x:ey 10.11.1.0/31 -- y:ex 10.11.1.1/31',
    'x:ez 10.11.2.0/31 -- z:ex 10.11.2.1/31',
    'y:ew 10.11.3.0/31 -- w:ey 10.11.3.1/31',
    'z:ew 10.11.4.0/31 -- w:ez 10.11.4.1/31',
    'w:eb 10.20.0.1/24 -- b:e0 10.20.0.2/24',
  ],
  setup: {
    Routes: {
      a: 'ip route add default via 10.10.0.1',
      b: 'ip route add default via 10.20.0.1',
      x: 'ip route add 10.20.0.0/24 via 10.11.1.1',
      y: 'ip route add 10.20.0.0/24 via 10.11.3.1\nip route add 10.10.0.0/24 via 10.11.1.0',
      z: 'ip route add 10.20.0.0/24 via 10.11.4.1\nip route add 10.10.0.0/24 via 10.11.2.0',
      w: 'ip route add 10.10.0.0/24 via 10.11.4.0',
    },
  },
};
const type = (kind: 'echo request' | 'echo reply') => icmp({ type: kind });
const byY = hops(
  ['a:e0', 'x:ea', 'x:ey', 'y:ex', 'y:ew', 'w:ey', 'w:eb', 'b:e0'],
  [type('echo request')].flatMap((each) => [ip(), each]),
);
const byZ = hops(['b:e0', 'w:eb', 'w:ez', 'z:ew', 'z:ex', 'x:ez', 'x:ea', 'a:e0'], [ip(), type('echo reply')]);
const sameWayBack = hops(['b:e0', 'w:eb', 'w:ey', 'y:ew', 'y:ex', 'x:ey', 'x:ea', 'a:e0'], [ip(), type('echo reply')]);
const across = send('a', 'ping -c 1 -W 0.3 10.20.0.2');

judged('an asymmetric way back', square, {
  'the way back not listed': ends('passed: answered', across, byY),
  'the way back as it is': ends('passed: answered', across, byY, { reply: byZ }),
  'the way back by the way there': ends('failed: reply not seen at w:ey, and went on', across, byY, {
    reply: sameWayBack,
  }),
  'there by z': ends(
    'failed: not seen at x:ez, and went on',
    across,
    hops(['a:e0', 'x:ea', 'x:ez', 'z:ex', 'z:ew', 'w:ez', 'w:eb', 'b:e0'], [ip(), type('echo request')]),
  ),
});
judged(
  'an asymmetric way to who does not answer',
  { ...square, setup: { ...square.setup, 'b is mute': { b: 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1' } } },
  {
    'the answer not listed': ends('failed: arrived, and its sender was not answered', across, byY),
    'said to be unanswered': ends('passed: arrived', across, byY, { unanswered: true }),
  },
);

describe('two pods of one bridge that have one MAC', () => {
  const twins: Standing = {
    title: 'A bridge and two pods',
    nodes: { h: 'router', c1: 'pod on h', c2: 'pod on h' },
    links: ['c1:eth0 172.30.9.2/24 -- h:v1', 'c2:eth0 172.30.9.3/24 -- h:v2'],
    setup: {
      'A bridge': { h: 'ip link add mybr up type bridge\nip link set v1 master mybr\nip link set v2 master mybr' },
      'One MAC for both': {
        c1: 'ip link set eth0 address 02:aa:aa:aa:aa:aa',
        c2: 'ip link set eth0 address 02:aa:aa:aa:aa:aa',
      },
    },
  };
  judged('a bridge that cannot tell them apart', twins, {
    'c1 pings c2': ends(
      'failed: lost at c1:eth0',
      send('c1', 'ping -c 1 -W 0.3 172.30.9.3'),
      hops(['c1:eth0', 'h:v1', 'h:v2', 'c2:eth0'], [ip({ dst: '172.30.9.3' }), type('echo request')]),
    ),
  });
});

judged(
  'an ICMP error is no answer',
  {
    ...routed,
    setup: {
      ...routed.setup,
      'r refuses': { r: 'ip route add unreachable 10.3.0.0/24\nsysctl -qw net.ipv4.icmp_ratelimit=0' },
    },
  },
  {
    'to a ping': ends(
      'failed: arrived, and its sender was not answered',
      send('c', 'env ping -c 1 -W 0.2 10.3.0.2'),
      hops(['c:e0', 'r:e0'], [ip({ dst: '10.3.0.2' }), type('echo request')]),
    ),
    'to a datagram': ends(
      'passed: arrived',
      send('c', 'bash -c "echo hi > /dev/udp/10.3.0.2/9"'),
      hops(['c:e0', 'r:e0'], [ip({ src: '10.1.0.2', dst: '10.3.0.2' }), udp()]),
    ),
    'to a datagram, unless it is listed': ends(
      'passed: answered',
      send('c', 'bash -c "echo hi > /dev/udp/10.3.0.2/9"'),
      hops(['c:e0', 'r:e0'], [ip({ src: '10.1.0.2', dst: '10.3.0.2' }), udp()]),
      {
        reply: hops(['r:e0', 'c:e0'], [ip({ src: '10.1.0.1', dst: '10.1.0.2' }), icmp({ type: 'unreachable' })]),
      },
    ),
  },
);

describe('a misspelt device type', () => {
  it('fails its step', async function () {
    needsNamespaces(this);
    const lab: Lab = {
      ...cable,
      setup: { 'Add a bridge': { a: 'ip link add br0 up type brdige' } },
      walks: { 'a pings b': { send: ping, request: both(echo) } },
    };
    const planned = plan(lab, 'test');
    await using runtime = await startNetns(planned);
    const found = findings();
    expect(await setUp(planned, runtime, found, () => {})).to.equal(false);
    expect(found.steps.at(-1)).to.include({ title: 'Add a bridge', verdict: 'failed' });
  });
});
