import { arp, at, type Hop, icmp, icmp6, ip, ip6, mac, protocol, send, tcp, through, udp } from '../../src/index.ts';
import { ends, judged, type Standing } from './verdict.ts';

type Headers = Hop['headers'];
const along = (points: string[], ...headers: Headers): Hop[] =>
  points.map((point) => at(point as 'a:eth0', 'It is here', headers));

const on = 'sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0';
const routed: Standing = {
  title: 'Two hosts and a router, of IPv4 and IPv6',
  nodes: { a: 'host', r: 'router', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- r:e0 10.0.0.254/24', 'r:e1 10.0.1.254/24 -- b:eth0 10.0.1.2/24'],
  setup: {
    'IPv6 is on, with an address and a way to the other host': {
      a: `${on}
          ip -6 addr add fd00::1/64 dev eth0 nodad
          ip -6 route add default via fd00::fe
          ip route add default via 10.0.0.254`,
      r: `${on}
          sysctl -qw net.ipv6.conf.all.forwarding=1
          ip -6 addr add fd00::fe/64 dev e0 nodad
          ip -6 addr add fd01::fe/64 dev e1 nodad
          nft add table ip6 guard
          nft 'add chain ip6 guard forward { type filter hook forward priority filter; }'
          nft add rule ip6 guard forward tcp dport 81 drop
          nft add rule ip6 guard forward accept`,
      b: `${on}
          ip -6 addr add fd01::2/64 dev eth0 nodad
          ip -6 route add default via fd01::fe
          ip route add default via 10.0.1.254`,
    },
  },
};
const there = ['a:eth0', 'r:e0', 'r:e1', 'b:eth0'];
const back = [...there].reverse();
const forth = ip6({ src: 'fd00::1', dst: 'fd01::2' });
const home = ip6({ src: 'fd01::2', dst: 'fd00::1' });
const echo = (hopLimit: number): Headers => [
  ip6({ src: 'fd00::1', dst: 'fd01::2', hopLimit }),
  icmp6({ type: 'echo request' }),
];
const counted = [...along(there.slice(0, 2), ...echo(64)), ...along(there.slice(2), ...echo(63))];

judged('IPv6', routed, {
  'is followed: a ping and its answer': ends('passed: answered', send('a', 'ping -6 -c 1 fd01::2'), counted, {
    reply: along(back, home, icmp6({ type: 'echo reply' })),
  }),
  'is followed: a ping that is typed otherwise': ends(
    'passed: answered',
    send('a', 'timeout 5 ping -c 1 fd01::2'),
    counted,
  ),
  'is followed in fragments': ends(
    'passed: answered',
    send('a', 'ping -c 1 -s 3000 fd01::2'),
    along(there, forth, icmp6({ type: 'echo request' })),
  ),
  'is followed: a connection that is refused': ends(
    'passed: answered',
    send('a', 'curl -s -m 1 http://[fd01::2]/'),
    along(there, forth, tcp({ dst: 80, flags: 'S' })),
    { reply: along(back, home, tcp({ src: 80, flags: 'RA' })) },
  ),
  'is followed: a datagram to a port where nobody listens': ends(
    'passed: answered',
    send('a', 'bash -c "echo hello > /dev/udp/fd01::2/5000"'),
    along(there, forth, udp({ dst: 5000 })),
    { reply: along(back, home, icmp6({ type: 'unreachable', code: 4 })) },
  ),
  'is followed: multicast': ends(
    'passed: answered',
    send('a', 'ping -6 -c 1 -I eth0 ff02::1'),
    along(['a:eth0', 'r:e0'], ip6({ dst: 'ff02::1', hopLimit: 1 }), icmp6({ type: 'echo request' })),
  ),
  'passes the hooks of ip6': ends('passed: answered', send('a', 'ping -6 -c 1 fd01::2'), [
    ...counted.slice(0, 2),
    through('r', 'ip6 guard forward: accept', 'It may pass'),
    ...counted.slice(2),
  ]),
  'is dropped by a hook of ip6': ends(
    'passed: dropped at r ip6 guard forward, as listed',
    send('a', 'curl -s -m 1 http://[fd01::2]:81/'),
    [
      ...along(there.slice(0, 2), forth, tcp({ dst: 81, flags: 'S' })),
      through('r', 'ip6 guard forward: drop', 'It may not pass'),
    ],
  ),
  'is lost where nobody has its address': ends(
    'failed: lost at r:e1',
    send('a', 'ping -6 -c 1 fd01::9'),
    along(there, ip6({ dst: 'fd01::9' }), icmp6({ type: 'echo request' })),
  ),
  'is no IPv4': ends(
    /^failed: differs at a:eth0/,
    send('a', 'ping -6 -c 1 fd01::2'),
    along(there, icmp({ type: 'echo request' })),
  ),
  'does not hinder IPv4': ends(
    'passed: answered',
    send('a', 'ping -c 1 10.0.1.2'),
    along(there, ip({ src: '10.0.0.1', dst: '10.0.1.2' }), icmp({ type: 'echo request' })),
  ),
});

judged('a question for a neighbour', routed, {
  'is followed where the walk states it: ARP': ends(
    'passed: answered',
    send('a', 'arping -c 1 -I eth0 10.0.0.254'),
    along(['a:eth0', 'r:e0'], arp({ op: 'request', sha: mac('a:eth0'), tpa: '10.0.0.254' })),
    { reply: along(['r:e0', 'a:eth0'], arp({ op: 'reply', sha: mac('r:e0'), spa: '10.0.0.254' })) },
  ),
  'is lost where a walk lists it further': ends(
    'failed: lost at r:e1',
    send('a', 'arping -c 1 -I eth0 10.0.0.254'),
    along(['a:eth0', 'r:e0', 'r:e1'], arp({ op: 'request', tpa: '10.0.0.254' })),
  ),
  'is followed where the walk states it: Neighbor Discovery': ends(
    'passed: answered',
    send('a', 'bash -c "ip -6 neigh flush dev eth0; ping -6 -c 1 fd00::fe"'),
    along(['a:eth0', 'r:e0'], ip6(), icmp6({ type: 'neighbor solicitation', target: 'fd00::fe' })),
    { reply: along(['r:e0', 'a:eth0'], ip6(), icmp6({ type: 'neighbor advertisement', solicited: true })) },
  ),
});

const hello = protocol<{ name: string }>('hello', {
  carriedBy: { udp: [7777] },
  brief: ['name'],
  decode(bytes) {
    const name = bytes.toString('latin1', 1);
    if (name === 'fails') throw new Error('no such name');
    return { fields: { name }, payload: bytes.subarray(bytes.length) };
  },
});
const says = (name: string, port = 7777) => send('a', `bash -c "printf '!${name}' > /dev/udp/10.0.1.2/${port}"`);
const heard = (name: string, port = 7777) =>
  along(there, ip({ src: '10.0.0.1', dst: '10.0.1.2' }), udp({ dst: port }), hello({ name }));

judged(
  'a protocol of a lab’s own',
  { ...routed, protocols: [hello], decode: { udp: { 7778: hello } } },
  {
    'is read on its port': ends('passed: arrived', says('world'), heard('world')),
    'is read where the lab’s table says so': ends('passed: arrived', says('world', 7778), heard('world', 7778)),
    'differs in its fields': ends(/^failed: differs at a:eth0/, says('moon'), heard('world')),
    'that throws leaves the verdict open, with what its code did': ends(
      /^unknown: a protocol of the lab’s own cannot be trusted: hello: its decode threw no such name \(.*ipv6\.test\.ts:\d+:\d+\)/,
      says('fails'),
      heard('fails'),
    ),
  },
);
