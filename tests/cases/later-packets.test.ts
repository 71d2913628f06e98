import { expect } from 'chai';
import { at, daemon, icmp, ip, type Lab, type Listing, send, tcp, udp } from '../../src/index.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import type { WalkResult } from '../../src/judge/result.ts';
import { planWalk } from '../../src/plan/plan.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const segment = (src: string, dst: string, port: number, flags: string) => [
  ip({ src, dst }),
  tcp({ dst: port, flags }),
];
const syn = (src: string, dst: string, port: number) => segment(src, dst, port, 'S');

/** Takes the lab's first walk, with other later packets than it lists. */
async function take(lab: Stood, later?: Record<string, Listing>): Promise<WalkResult> {
  const [planned] = lab.plan.walks;
  const { hops } = planned!;
  const listed = later && planWalk('again', { ...planned!, request: [], later });
  const [result] = await walk(
    lab,
    [
      listed
        ? {
            ...planned!,
            later: listed.later!,
            hops: [...hops.filter(({ part }) => !part.startsWith('later')), ...listed.hops],
          }
        : planned!,
    ],
    { causes: true, isPatient: true },
  );
  return result!;
}

const endOf = (result: WalkResult) => `${result.verdict}: ${result.reason ?? outcomeText(result)}`;

/** A published port behind a proxy process on the host, as docker-proxy is: the container sees the bridge's own address. */
const proxied: Lab = {
  title: 'A published port and a proxy',
  nodes: { cl: 'host', h: 'router', c1: 'pod on h' },
  links: ['cl:eth0 10.3.0.2/24 -- h:eth0 10.3.0.1/24', 'c1:eth0 172.30.9.2/24 -- h:v1 172.30.9.1/24'],
  setup: {
    'A server and the proxy': {
      c1: [
        'ip route add default via 172.30.9.1',
        daemon('web', 'socat TCP4-LISTEN:80,fork,reuseaddr SYSTEM:"echo hello"', {
          'It listens': 'ss -ltn | grep -q :80',
        }),
      ],
      h: daemon('proxy', 'socat TCP4-LISTEN:8080,fork,reuseaddr TCP4:172.30.9.2:80', {
        'It listens': 'ss -ltn | grep -q :8080',
      }),
    },
  },
  walks: {
    'cl calls the published port': {
      send: send('cl', 'bash -c "cat < /dev/tcp/10.3.0.1/8080"'),
      request: [
        at('cl:eth0', 'It leaves', syn('10.3.0.2', '10.3.0.1', 8080)),
        at('h:eth0', 'The proxy accepts it', syn('10.3.0.2', '10.3.0.1', 8080)),
      ],
      later: {
        'The proxy opens a connection of its own': [
          at('h:v1', 'From the address that the host has there', syn('172.30.9.1', '172.30.9.2', 80)),
          at('c1:eth0', 'The container sees the host', syn('172.30.9.1', '172.30.9.2', 80)),
        ],
        'The container greets it': [
          at(
            'c1:eth0 out',
            'Its first words',
            ip({ src: '172.30.9.2', dst: '172.30.9.1' }),
            tcp({ src: 80, flags: 'PA' }),
          ),
          at('h:v1 in', 'To the proxy', ip({ src: '172.30.9.2', dst: '172.30.9.1' }), tcp({ src: 80, flags: 'PA' })),
        ],
        'The proxy passes the words on': [
          at(
            'h:eth0',
            'On the connection that the client opened',
            ip({ src: '10.3.0.1', dst: '10.3.0.2' }),
            tcp({ src: 8080, flags: 'PA' }),
          ),
          at(
            'cl:eth0',
            'The client reads them',
            ip({ src: '10.3.0.1', dst: '10.3.0.2' }),
            tcp({ src: 8080, flags: 'PA' }),
          ),
        ],
      },
    },
  },
};

describe('packets that follow from another', () => {
  before(function () {
    needsNamespaces(this);
  });

  describe('a proxy’s second connection', () => {
    let lab: Stood;
    before(async () => {
      lab = await stand(proxied);
    });
    after(() => lab?.[Symbol.asyncDispose]());

    it('is followed, and so is what comes back by both', async () => {
      const result = await take(lab);
      expect(endOf(result), JSON.stringify(result.hops, null, 1)).to.equal('passed: answered');
      expect(result.later).to.have.length(3);
    });

    it('is lost where it goes elsewhere than is listed', async () => {
      const result = await take(lab, {
        'The proxy opens a connection': [at('h:v1', 'To another port', syn('172.30.9.1', '172.30.9.2', 81))],
      });
      expect(endOf(result)).to.equal('failed: later 1 lost at h:v1');
      expect(result.evidence[0]).to.equal(
        "'The proxy opens a connection': no packet followed that is like what is listed at h",
      );
      expect(result.causes).to.deep.equal([]);
    });

    it('fails where it is also seen at a point that is not listed', async () => {
      const [first] = Object.entries(proxied.walks['cl calls the published port']!.later!);
      const result = await take(lab, { [first![0]]: first![1].slice(0, 1) });
      expect(endOf(result)).to.equal('failed: later 1 also seen at c1:eth0');
    });

    it('differs where it bears other headers further on', async () => {
      const result = await take(lab, {
        'The proxy opens a connection': [
          at('h:v1', 'It leaves', syn('172.30.9.1', '172.30.9.2', 80)),
          at('c1:eth0', 'As somebody else', syn('10.3.0.2', '172.30.9.2', 80)),
        ],
      });
      expect(endOf(result)).to.equal('failed: later 1 differs at c1:eth0 in');
    });
  });

  describe('of one connection', () => {
    let lab: Stood;
    before(async () => {
      lab = await stand({
        title: 'Two hosts',
        nodes: { a: 'host', b: 'host' },
        links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
        setup: {
          'A server': {
            b: daemon('web', 'socat TCP4-LISTEN:80,fork,reuseaddr EXEC:cat', { 'It listens': 'ss -ltn | grep -q :80' }),
          },
        },
        walks: {
          'a speaks to b': {
            send: send('a', `bash -c 'exec 3<>/dev/tcp/10.0.0.2/80; echo hello >&3; head -n 1 <&3'`),
            request: [
              at('a:eth0', 'It opens', syn('10.0.0.1', '10.0.0.2', 80)),
              at('b:eth0', 'It is heard', syn('10.0.0.1', '10.0.0.2', 80)),
            ],
            later: {
              'The third segment completes the handshake': [
                at('a:eth0', 'It acknowledges', segment('10.0.0.1', '10.0.0.2', 80, 'A')),
                at('b:eth0', 'The connection is there', segment('10.0.0.1', '10.0.0.2', 80, 'A')),
              ],
              'The first words follow': [
                at('a:eth0', 'They leave', segment('10.0.0.1', '10.0.0.2', 80, 'PA')),
                at('b:eth0', 'They arrive', segment('10.0.0.1', '10.0.0.2', 80, 'PA')),
              ],
            },
          },
        },
      });
    });
    after(() => lab?.[Symbol.asyncDispose]());

    it('the third segment and the first data are told from each other and from what follows', async () => {
      expect(endOf(await take(lab))).to.equal('passed: answered');
    });

    it('is told from another that is opened by another port', async () => {
      const speaks = (fd: number) => `exec ${fd}<>/dev/tcp/10.0.0.2/80; echo hello >&${fd}; head -n 1 <&${fd}`;
      const command = `bash -c '${speaks(3)}; ${speaks(4)}'`;
      const [planned] = lab.plan.walks;
      const [result] = await walk(lab, [{ ...planned!, send: { from: 'a', command } }]);
      expect(endOf(result!)).to.equal('passed: answered');
      const ports = result!.hops.map(({ seen }) => seen && 'map' in seen && seen.at(-1)?.fields.src);
      expect(new Set(ports).size, `${ports}`).to.equal(1);
    });

    it('what comes only before the one before it is not found', async () => {
      const result = await take(lab, {
        'The first words': [
          at('a:eth0', 'They leave', segment('10.0.0.1', '10.0.0.2', 80, 'PA')),
          at('b:eth0', 'They arrive', segment('10.0.0.1', '10.0.0.2', 80, 'PA')),
        ],
        'The handshake, after them': [
          at('b:eth0 out', 'Never', ip({ src: '10.0.0.2' }), tcp({ src: 80, flags: 'SA' })),
        ],
      });
      expect(endOf(result)).to.equal('failed: later 2 lost at b:eth0 out');
    });
  });

  describe('what a tunnel seals', () => {
    /** Joins a TUN device to a UDP socket, and turns every bit over: nothing of the packet can be read outside. */
    const sealing = (own: string, peer: string) =>
      `perl -MSocket -e 'open my $t, "+<", "/dev/net/tun" or die; my $i = pack "a16 s x22", "tun0", 0x1001; ioctl $t, 0x400454ca, $i or die; socket my $s, AF_INET, SOCK_DGRAM, 0; bind $s, sockaddr_in(7777, inet_aton "${own}") or die; my $to = sockaddr_in(7777, inet_aton "${peer}"); my $r = ""; vec($r, fileno $_, 1) = 1 for $t, $s; while (1) { select my $in = $r, undef, undef, undef; if (vec $in, fileno $t, 1) { sysread $t, my $p, 2000; send $s, ~$p, 0, $to } if (vec $in, fileno $s, 1) { recv $s, my $p, 2000, 0; syswrite $t, ~$p } }'`;
    const sealed = (more: { length?: number } = { length: 92 }) => [
      ip({ src: '192.0.2.1', dst: '192.0.2.2' }),
      udp({ dst: 7777, ...more }),
    ];
    const clear = (ttl: number) => [ip({ src: '10.9.1.2', dst: '10.9.2.2', ttl }), icmp({ type: 'echo request' })];
    const gateway = (n: number, own: string, peer: string) => [
      daemon('seal', sealing(own, peer), { 'Its device is there': 'ip link show tun0' }),
      `ip link set tun0 up`,
      `ip route add 10.9.${3 - n}.0/24 dev tun0`,
    ];
    let lab: Stood;
    before(async () => {
      lab = await stand({
        title: 'Two gateways that seal what goes between them',
        nodes: { a: 'host', g1: 'router', g2: 'router', b: 'host' },
        links: [
          'a:eth0 10.9.1.2/24 -- g1:eth0 10.9.1.1/24',
          'g1:eth1 192.0.2.1/24 -- g2:eth1 192.0.2.2/24',
          'g2:eth0 10.9.2.1/24 -- b:eth0 10.9.2.2/24',
        ],
        setup: {
          'The gateways seal': {
            a: 'ip route add default via 10.9.1.1',
            b: 'ip route add default via 10.9.2.1',
            g1: gateway(1, '192.0.2.1', '192.0.2.2'),
            g2: gateway(2, '192.0.2.2', '192.0.2.1'),
          },
        },
        walks: {
          'a pings b': {
            send: send('a', 'ping -c 1 10.9.2.2'),
            request: [
              at('a:eth0', 'It leaves', clear(64)),
              at('g1:eth0', 'To its gateway', clear(64)),
              at('g1:tun0', 'Into the tunnel', clear(63)),
              at('g2:tun0', 'Out of the tunnel', clear(63)),
              at('g2:eth0', 'To the host', clear(62)),
              at('b:eth0', 'It arrives', clear(62)),
            ],
            later: {
              'The tunnel seals it': [
                at('g1:eth1', 'Nothing of it can be read', sealed()),
                at('g2:eth1', 'Nor here', sealed()),
              ],
            },
          },
        },
      });
    });
    after(() => lab?.[Symbol.asyncDispose]());

    it('leads to what comes out of it', async () => {
      const result = await take(lab);
      expect(endOf(result), JSON.stringify(result.hops, null, 1)).to.equal('passed: answered');
    });

    it('is needed to tell the order: without it, nothing leads out of the tunnel', async () => {
      const result = await take(lab, {});
      expect(endOf(result)).to.match(/^unknown: .*nothing is known to lead to g2:tun0/);
    });

    it('is not told where another packet is as listed', async () => {
      const [planned] = lab.plan.walks;
      const loose = planWalk('again', {
        ...planned!,
        request: [],
        later: { Sealed: [at('g1:eth1', 'Any', sealed({}))] },
      });
      const both = { ...planned!, send: send('a', 'sh -c "ping -c 1 10.9.2.2; ping -c 1 -s 100 10.9.2.2"') };
      const hops = [...planned!.hops.filter(({ part }) => part === 'request'), ...loose.hops];
      const [result] = await walk(lab, [{ ...both, hops, later: loose.later! }]);
      expect(endOf(result!)).to.equal(
        'unknown: 2 packets that crossed g1:eth1 are as listed: it cannot be told which is meant',
      );
    });
  });
});
