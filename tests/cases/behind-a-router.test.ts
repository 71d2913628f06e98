import { expect } from 'chai';
import { at, daemon, icmp, ip, type Lab, send } from '../../src/index.ts';
import { walkOwn } from '../../src/prove/own-walk.ts';
import { type Breaking, breakIt, mendIt, type Proven, proven } from '../causes/standing.ts';
import { needsNamespaces } from '../stand.ts';

const has6 = 'sysctl -q -w net.ipv6.conf.all.disable_ipv6=0';

/** c — r — s, and x, another way from r. */
const lab: Lab = {
  title: 'A server behind a router',
  nodes: { c: 'host', r: 'router', s: 'host', x: 'host' },
  links: [
    'c:eth0 10.1.0.2/24 -- r:rc 10.1.0.1/24',
    'r:rs 10.2.0.1/24 -- s:eth0 10.2.0.2/24',
    'r:rx 10.4.0.1/24 -- x:eth0 10.4.0.2/24',
  ],
  setup: {
    'All know the way': {
      c: [
        'ip route add default via 10.1.0.1',
        ...[has6, 'ip -6 addr add fd00:1::2/64 dev eth0 nodad', 'ip -6 route add default via fd00:1::1'],
      ].join('\n'),
      r: [
        ...[has6, 'sysctl -q -w net.ipv6.conf.all.forwarding=1'],
        ...['ip -6 addr add fd00:1::1/64 dev rc nodad', 'ip -6 addr add fd00:2::1/64 dev rs nodad'],
      ].join('\n'),
      s: [
        'ip route add default via 10.2.0.1',
        ...[has6, 'ip -6 addr add fd00:2::2/64 dev eth0 nodad', 'ip -6 route add default via fd00:2::1'],
        daemon('echo', 'socat TCP4-LISTEN:80,fork,reuseaddr SYSTEM:cat', { 'It listens': 'ss -ltn | grep -q :80' }),
      ],
      x: 'ip route add default via 10.4.0.1',
    },
  },
  walks: {
    'c pings s': {
      send: send('c', 'ping -c 1 10.2.0.2'),
      request: (['c:eth0', 'r:rc', 'r:rs', 's:eth0'] as const).map((point) =>
        at(point, 'It goes', [ip({ dst: '10.2.0.2' }), icmp({ type: 'echo request' })]),
      ),
    },
  },
};

interface Own extends Partial<Breaking> {
  command: string;
  place: string;
  cause: string;
  says: RegExp;
  fix?: string;
}

const ping = 'ping -c 1 -W 2 10.2.0.2';

const all: Record<string, Own> = {
  'answers no ping of IPv6': {
    breaks: { s: 'sysctl -q -w net.ipv6.icmp.echo_ignore_all=1' },
    command: 'ping -6 -c 1 -W 2 fd00:2::2',
    place: 's',
    cause: 'echo ignored',
    says: /^s answers no ping of IPv6 \(net\.ipv6\.icmp\.echo_ignore_all = 1\)$/,
    fix: 'sysctl -w net.ipv6.icmp.echo_ignore_all=0',
  },
  'has nobody at a port of IPv6': {
    command: 'timeout 4 bash -c "cat < /dev/tcp/fd00:2::2/80"',
    place: 's',
    cause: 'no socket',
    says: /^nobody listens at s on tcp port 80 of fd00:2::2; a socket has 0\.0\.0\.0:80 alone$/,
  },
  'has nobody at a port of UDP over IPv6': {
    command:
      'timeout 4 perl -MIO::Socket::IP -e \'$s = IO::Socket::IP->new(PeerHost => "fd00:2::2", PeerPort => 90, Type => SOCK_DGRAM); send $s, "hello", 0; recv($s, $b, 9, 0) // die $!\'',
    place: 's',
    cause: 'no socket',
    says: /^nobody listens at s on udp port 90 of fd00:2::2$/,
  },
  'is behind a route with an MTU of its own': {
    breaks: { r: 'ip route replace 10.2.0.0/24 dev rs mtu lock 600' },
    mends: { r: 'ip route replace 10.2.0.0/24 dev rs proto kernel scope link src 10.2.0.1' },
    command: 'ping -c 1 -W 2 -M do -s 1000 10.2.0.2',
    place: 'r',
    cause: 'MTU too small',
    says: /^a packet of 1028 bytes .* does not fit: r’s route says mtu 600/,
    fix: 'ip route replace 10.2.0.0/24 dev rs proto kernel scope link src 10.2.0.1',
  },
  'is not where a next hop leads that was made since': {
    breaks: { r: 'ip nexthop add id 8 via 10.4.0.2 dev rx\nip route add 10.2.0.2/32 nhid 8' },
    mends: { r: 'ip route del 10.2.0.2/32 2>/dev/null; ip nexthop del id 8' },
    command: ping,
    place: 'r',
    cause: 'wrong route',
    says: /^r’s way to 10\.2\.0\.2 is another one than when the lab was proven: .*via 10\.4\.0\.2 dev rx.* is new$/,
  },
  'is taken for a neighbour by who has a prefix that is too short': {
    breaks: {
      c: 'ip addr del 10.1.0.2/24 dev eth0\nip addr add 10.1.0.2/8 dev eth0\nip route replace default via 10.1.0.1',
    },
    mends: {
      c: 'ip addr del 10.1.0.2/8 dev eth0 2>/dev/null\nip addr replace 10.1.0.2/24 dev eth0\nip route replace default via 10.1.0.1',
    },
    command: ping,
    place: 'c',
    cause: 'prefix length differs',
    says: /^c’s eth0 has 10\.1\.0\.2\/8, where the lab gives it 10\.1\.0\.2\/24/,
    fix: 'ip address add 10.1.0.2/24 dev eth0 && ip address del 10.1.0.2/8 dev eth0',
  },
};

describe('a server behind a router', function () {
  this.timeout(30_000);
  let stood: Proven;
  before(async function () {
    needsNamespaces(this);
    stood = await proven(lab);
  });
  after(() => stood?.[Symbol.asyncDispose]());

  for (const [name, { breaks = {}, mends, command, place, cause, says, fix }] of Object.entries(all))
    it(name, async () => {
      try {
        await breakIt(stood, { breaks });
        const { walk: own } = await walkOwn(stood, { from: 'c', command }, [], stood.baseline);
        expect(own.causes[0]?.sentence, JSON.stringify(own.causes, null, 1)).to.match(says);
        expect(own.causes[0]).to.include({ cause, place });
        if (fix) expect(own.causes[0]?.fix).to.deep.equal({ place, command: fix });
      } finally {
        await mendIt(stood, { mends: mends ?? (fix ? { [place]: fix } : {}) });
      }
    });
});
