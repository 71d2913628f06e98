import { at, type Hop, icmp, ip, send, tcp, through, udp, vxlan } from '../../src/index.ts';
import { ends, judged, type Standing } from './verdict.ts';

type Headers = Hop['headers'];
type Stop = [point: string, ...headers: Headers];
const hops = (...stops: Stop[]): Hop[] =>
  stops.map(([point, ...headers]) => at(point as 'n:veth1', 'It is here', headers));
const along = (points: string[], ...headers: Headers): Hop[] =>
  hops(...points.map((point): Stop => [point, ...headers]));
const echo = (src: string, dst: string, ttl = 64): Headers => [ip({ src, dst, ttl }), icmp({ type: 'echo request' })];
const answer = (src: string, dst: string, ttl = 64): Headers => [ip({ src, dst, ttl }), icmp({ type: 'echo reply' })];

const plug = (n: number) =>
  `ip link add veth${n} type veth peer name eth0 netns p${n}\nip link set veth${n} up master br0`;
const address = (n: number) => `ip link set eth0 up\nip addr add 10.0.0.${n}/24 dev eth0`;
const asked = echo('10.0.0.1', '10.0.0.2');

judged(
  'a bridge that has forgotten its MACs floods',
  {
    title: 'A bridge and three pods that a command plugs',
    nodes: { n: 'host', p1: 'pod on n', p2: 'pod on n', p3: 'pod on n' },
    links: [],
    setup: {
      'Bridge the pods': {
        n: ['ip link add br0 up type bridge', plug(1), plug(2), plug(3)].join('\n'),
        p1: address(1),
        p2: address(2),
        p3: address(3),
      },
      'The pods know each other, the bridge forgets them': {
        n: 'ip link set br0 type bridge ageing_time 0',
        p1: 'ping -c 1 10.0.0.2',
        p2: 'ping -c 1 10.0.0.1',
      },
    },
  },
  {
    'the third pod drops it unread': ends(
      'passed: answered',
      send('p1', 'ping -c 1 10.0.0.2'),
      along(['p1:eth0', 'n:veth1', 'n:veth2', 'p2:eth0'], ...asked),
    ),
    'the third pod is listed': ends(
      'failed: lost at p3:eth0',
      send('p1', 'ping -c 1 10.0.0.2'),
      along(['p1:eth0', 'n:veth1', 'n:veth2', 'p2:eth0', 'p3:eth0'], ...asked),
    ),
    'a broadcast is for all': ends(
      'passed: arrived',
      send('p1', 'ping -b -c 1 -W 0.1 10.0.0.255'),
      along(
        ['p1:eth0', 'n:veth1', 'n:veth3', 'p3:eth0', 'n:veth2', 'p2:eth0', 'n:br0'],
        ...echo('10.0.0.1', '10.0.0.255'),
      ),
      { unanswered: true },
    ),
  },
);

const service = (proto: string) => `
  ip link add mybr up type bridge
  ip addr add 172.30.9.1/24 dev mybr
  ip link set v1 master mybr
  ip link set v2 master mybr
  bridge link set dev v1 hairpin on
  bridge link set dev v2 hairpin on
  iptables -t nat -A PREROUTING -d 10.96.5.5 -p ${proto} -j DNAT --to-destination 172.30.9.2
  iptables -t nat -A POSTROUTING -s 172.30.9.2 -d 172.30.9.2 -p ${proto} -j MASQUERADE`;
const hairpin = (proto: string): Standing => ({
  title: 'A service of one pod on a bridge whose ports reflect',
  nodes: { h: 'router', c1: 'pod on h', c2: 'pod on h' },
  links: ['c1:eth0 172.30.9.2/24 -- h:v1', 'c2:eth0 172.30.9.3/24 -- h:v2'],
  setup: {
    'A bridge and a service': {
      h: `${service(proto)}\nsysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.mybr.send_redirects=0`,
      c1: 'ip route add default via 172.30.9.1',
      c2: 'ip route add default via 172.30.9.1',
    },
  },
});
const S = tcp({ flags: 'S' });
const from = (me: number, src: string, dst: string): Headers => [ip({ src: me ? src : '172.30.9.1', dst }), S];
const dialled = from(1, '172.30.9.2', '10.96.5.5');
const itself = from(1, '172.30.9.2', '172.30.9.2');
const masked = from(0, '', '172.30.9.2');
const call = (pod: string) => send(pod, 'curl -s --max-time 1 http://10.96.5.5:8080/');
const toItself: Stop[] = [
  ['c1:eth0', ...dialled],
  ['h:v1', ...dialled],
  ['h:mybr', ...itself],
  ['h:v1', ...masked],
  ['c1:eth0', ...masked],
];
const swapped = (list: Stop[], i: number) => [...list.slice(0, i), list[i + 1]!, list[i]!, ...list.slice(i + 2)];

judged('a pod calls its own service', hairpin('tcp'), {
  'out, translated, and back into the same port': ends('passed: answered', call('c1'), hops(...toItself)),
  'back before out, at the port': ends(
    'failed: out of order at h:v1 out',
    call('c1'),
    hops(toItself[0]!, toItself[3]!, toItself[2]!, toItself[1]!, toItself[4]!),
  ),
  'back at the pod before the port': ends(
    'failed: out of order at c1:eth0 in',
    call('c1'),
    hops(...swapped(toItself, 3)),
  ),
  'its neighbour': ends(
    'passed: answered',
    call('c2'),
    hops(
      ['c2:eth0', ...from(1, '172.30.9.3', '10.96.5.5')],
      ['h:v2', ...from(1, '172.30.9.3', '10.96.5.5')],
      ['h:mybr', ...from(1, '172.30.9.3', '172.30.9.2')],
      ['h:v1', ...from(1, '172.30.9.3', '172.30.9.2')],
      ['c1:eth0', ...from(1, '172.30.9.3', '172.30.9.2')],
    ),
  ),
});

const onMacvlan = ['nas:eth0', 'host:eth0', 'box:mv0'];
const toBox = send('nas', 'ping -c 1 192.168.50.77');
const boxAsked = echo('192.168.50.9', '192.168.50.77');
judged(
  'a macvlan on the host’s card',
  {
    title: 'A pod that has a macvlan of the host’s card',
    nodes: { lan: 'switch', host: 'host', nas: 'host', box: 'pod on host' },
    links: ['host:eth0 192.168.50.2/24 -- lan', 'nas:eth0 192.168.50.9/24 -- lan'],
    setup: {
      'The pod gets a macvlan': {
        host: 'ip link add mv0 link eth0 type macvlan mode bridge\nip link set mv0 netns box',
        box: 'ip addr add 192.168.50.77/24 dev mv0\nip link set mv0 up',
      },
    },
  },
  {
    'its parent hands it up': ends('passed: answered', toBox, along(onMacvlan, ...boxAsked), {
      reply: along([...onMacvlan].reverse(), ...answer('192.168.50.77', '192.168.50.9')),
    }),
    'its parent left out': ends('failed: also seen at host:eth0', toBox, along(['nas:eth0', 'box:mv0'], ...boxAsked)),
    'its parent after it': ends(
      'failed: out of order at box:mv0 in',
      toBox,
      along(['nas:eth0', 'box:mv0', 'host:eth0'], ...boxAsked),
    ),
    'its own host does not reach it': ends(
      'failed: lost at host:eth0',
      send('host', 'ping -c 1 -W 0.3 192.168.50.77'),
      along(['host:eth0', 'box:mv0'], ...echo('192.168.50.2', '192.168.50.77')),
    ),
  },
);

const cable: Standing = {
  title: 'Two hosts on a cable',
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {},
};
const big = send('a', 'ping -c 1 -s 3000 10.0.0.2');
const wire = ['a:eth0', 'b:eth0'];
const piece = (offset: number, mf: boolean): Headers => [
  ip({ src: '10.0.0.1', dst: '10.0.0.2', offset, mf }),
  ...(offset ? [] : [icmp({ type: 'echo request' })]),
];
const [one, two, three] = [piece(0, true), piece(1480, true), piece(2960, false)] as [Headers, Headers, Headers];
const both = (...pieces: Headers[]) => pieces.flatMap((each) => along(wire, ...each));

judged('a ping in three fragments', cable, {
  'listed as one packet': ends('passed: answered', big, along(wire, ...asked)),
  'listed fragment by fragment': ends('passed: answered', big, both(one, two, three)),
  'all leave, then all arrive': ends(
    'passed: answered',
    big,
    [one, two, three]
      .map((each) => hops(['a:eth0', ...each])[0]!)
      .concat([one, two, three].map((each) => hops(['b:eth0', ...each])[0]!)),
  ),
  'two fragments turned round': ends('failed: out of order at a:eth0 out', big, both(one, three, two)),
  'one fragment left out': ends('failed: also seen at a:eth0 out', big, both(one, two)),
  'receiver first': ends('failed: out of order at b:eth0 in', big, along([...wire].reverse(), ...asked)),
});

const tunnel = (me: number, peer: number) => `
  ip link add vx0 type vxlan id 5 dstport 4789 local 10.0.0.${me} remote 10.0.0.${peer}
  ip link set vx0 mtu 1500 up
  ip addr add 10.9.0.${me}/24 dev vx0`;
const inner = echo('10.9.0.1', '10.9.0.2');
const outer = [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dst: 4789 }), vxlan({ vni: 5 })];
const letIn = through('b', 'filter INPUT: accept', 'The node lets VXLAN in');
const throughTunnel = send('a', 'ping -c 1 10.9.0.2');
const fullFrame = send('a', 'ping -c 1 -M do -s 1472 10.9.0.2');
const [enter, wrapped, arrived, unwrapped] = hops(
  ['a:vx0', ...inner],
  ['a:eth0', ...outer, ...inner],
  ['b:eth0', ...outer, ...inner],
  ['b:vx0', ...inner],
) as [Hop, Hop, Hop, Hop];

judged(
  'a tunnel',
  {
    ...cable,
    setup: {
      'A tunnel whose packets one end lets in': {
        a: tunnel(1, 2),
        b: `${tunnel(2, 1)}\niptables -A INPUT -p udp --dport 4789 -j ACCEPT`,
      },
    },
  },
  {
    'with the hook of its outer packet': ends('passed: answered', throughTunnel, [
      enter,
      wrapped,
      arrived,
      letIn,
      unwrapped,
    ]),
    'the hook after it is unwrapped': ends('failed: out of order at b:vx0 in', throughTunnel, [
      enter,
      wrapped,
      arrived,
      unwrapped,
      letIn,
    ]),
    'the hook before it has come': ends('failed: out of order at b filter INPUT', throughTunnel, [
      enter,
      wrapped,
      letIn,
      arrived,
      unwrapped,
    ]),
    'the hook left out': ends('passed: answered', throughTunnel, [enter, wrapped, arrived, unwrapped]),
    'wrapped before it enters': ends('failed: out of order at a:eth0 out', throughTunnel, [
      wrapped,
      enter,
      arrived,
      unwrapped,
    ]),
    'another VNI': ends('failed: differs at a:eth0 out', throughTunnel, [
      enter,
      ...hops(['a:eth0', outer[0]!, outer[1]!, vxlan({ vni: 6 }), ...inner]),
      arrived,
      unwrapped,
    ]),
    'an outer packet in fragments': ends('passed: answered', fullFrame, [enter, wrapped, arrived, unwrapped]),
  },
);

const firewall = `
nft -f - <<'END'
table inet wall {
  set lan { type ipv4_addr; flags interval; elements = { 10.1.0.0/24 } }
  chain pass {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ip saddr @lan jump wanted
  }
  chain wanted { ip protocol icmp counter accept; }
}
table ip nat6 {
  chain out { type nat hook postrouting priority srcnat; ip saddr 10.1.0.0/24 oifname "e1" snat to 10.2.0.1; }
}
END`;
const before = echo('10.1.0.2', '10.2.0.2');
const after = echo('10.2.0.1', '10.2.0.2', 63);
const [c, r0, r1, s] = hops(['c:e0', ...before], ['r:e0', ...before], ['r:e1', ...after], ['s:e0', ...after]) as [
  Hop,
  Hop,
  Hop,
  Hop,
];
const pass = (way: string) => through('r', way, 'The wall');
const snat = through('r', 'nat6 out: snat to 10.2.0.1', 'Translated');
const ping = send('c', 'ping -c 1 -W 0.3 10.2.0.2');

judged(
  'tables of nft’s own',
  {
    title: 'A firewall written for nft',
    nodes: { c: 'host', r: 'router', s: 'host' },
    links: ['c:e0 10.1.0.2/24 -- r:e0 10.1.0.1/24', 's:e0 10.2.0.2/24 -- r:e1 10.2.0.1/24'],
    setup: { Rules: { c: 'ip route add default via 10.1.0.1', s: 'ip route add default via 10.2.0.1', r: firewall } },
  },
  {
    'as it goes': ends('passed: answered', ping, [c, r0, pass('wall pass > wanted: accept'), snat, r1, s]),
    'its family said': ends('passed: answered', ping, [c, r0, pass('inet wall pass > wanted: accept'), snat, r1, s]),
    'another family': ends('failed: not seen at r wall pass, and went on', ping, [
      c,
      r0,
      pass('ip wall pass > wanted: accept'),
      snat,
      r1,
      s,
    ]),
    'another chain': ends('failed: differs at r inet wall pass', ping, [
      c,
      r0,
      pass('inet wall pass > unwanted: accept'),
      snat,
      r1,
      s,
    ]),
    'another verdict': ends('failed: differs at r inet wall pass', ping, [
      c,
      r0,
      pass('inet wall pass > wanted: drop'),
      snat,
      r1,
      s,
    ]),
    'another address': ends('failed: differs at r nat6 out', ping, [
      c,
      r0,
      pass('wall pass > wanted: accept'),
      through('r', 'nat6 out: snat to 10.2.0.9', 'Translated'),
      r1,
      s,
    ]),
    'turned round': ends('failed: out of order at r nat6 out', ping, [
      c,
      r0,
      snat,
      pass('wall pass > wanted: accept'),
      r1,
      s,
    ]),
  },
);

const bridged = echo('172.30.9.2', '172.30.9.3');
const forward = through('h', 'filter FORWARD: accept', 'Bridged, and filtered all the same');
const [out, into, outOf, there] = along(['c1:eth0', 'h:v1', 'h:v2', 'c2:eth0'], ...bridged) as [Hop, Hop, Hop, Hop];
const toNeighbour = send('c1', 'ping -c 1 172.30.9.3');
judged(
  'a bridge whose frames cross iptables',
  {
    title: 'A bridge and a rule for what it forwards',
    nodes: { h: 'router', c1: 'pod on h', c2: 'pod on h' },
    links: ['c1:eth0 172.30.9.2/24 -- h:v1', 'c2:eth0 172.30.9.3/24 -- h:v2'],
    setup: {
      'A bridge': {
        h: 'ip link add mybr up type bridge\nip link set v1 master mybr\nip link set v2 master mybr\niptables -A FORWARD -s 172.30.9.0/24 -j ACCEPT',
      },
    },
  },
  {
    'as it goes': ends('passed: answered', toNeighbour, [out, into, forward, outOf, there]),
    'the hook behind the port': ends('failed: out of order at h:v2 out', toNeighbour, [
      out,
      into,
      outOf,
      forward,
      there,
    ]),
    'the hook before the port': ends('failed: out of order at h filter FORWARD', toNeighbour, [
      out,
      forward,
      into,
      outOf,
      there,
    ]),
  },
);
