import { expect } from 'chai';
import { at, daemon, icmp, ip, type Lab, send } from '../../src/index.ts';
import { walkOwn } from '../../src/prove/own-walk.ts';
import { walk } from '../../src/prove/walk.ts';
import { breakIt, mendIt, type Proven, proven } from '../causes/standing.ts';
import { needsNamespaces } from '../stand.ts';

const echo = (type: 'echo request' | 'echo reply') => {
  const [src, dst] = type === 'echo request' ? ['10.0.0.1', '10.0.2.2'] : ['10.0.2.2', '10.0.0.1'];
  return [ip({ src: src!, dst: dst! }), icmp({ type })];
};

/** a — r — b, and a second cable between r and b. */
const lab = (): Lab => ({
  title: 'A router between two hosts',
  nodes: { a: 'host', r: 'router', b: 'host' },
  links: [
    'a:eth0 10.0.0.1/24 -- r:ea 10.0.0.254/24',
    'r:eb 10.0.2.254/24 -- b:eth0 10.0.2.2/24',
    'r:ec 10.0.3.254/24 -- b:eth1 10.0.3.2/24',
  ],
  setup: {
    'Everybody knows the way': {
      a: 'ip route add default via 10.0.0.254',
      b: [
        'ip route add default via 10.0.2.254',
        daemon('other', 'socat TCP4-LISTEN:81,fork SYSTEM:cat', { 'It listens': 'ss -ltn | grep -q :81' }),
      ],
    },
  },
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.2.2'),
      request: ['a:eth0', 'r:ea', 'r:eb', 'b:eth0'].map((point) =>
        at(point as 'a:eth0', 'It goes', echo('echo request')),
      ),
      reply: ['b:eth0', 'r:eb', 'r:ea', 'a:eth0'].map((point) =>
        at(point as 'a:eth0', 'It returns', echo('echo reply')),
      ),
    },
  },
});

interface Fault {
  place?: string;
  breaks: Record<string, string>;
  mends: Record<string, string>;
  cause: string;
  says: RegExp;
  fix: string;
}

const faults: Record<string, Fault> = {
  'sends from another address than is listed': {
    place: 'a',
    breaks: { a: 'ip addr add 10.77.0.5/32 dev eth0; ip route replace default via 10.0.0.254 src 10.77.0.5' },
    mends: { a: 'ip addr del 10.77.0.5/32 dev eth0; ip route replace default via 10.0.0.254' },
    cause: 'wrong source',
    says: /^a sends from 10\.77\.0\.5 and not from 10\.0\.0\.1: its route says so: default via 10\.0\.0\.254/,
    fix: 'ip route replace default via 10.0.0.254 dev eth0',
  },
  'has an address on the way as well': {
    breaks: { r: 'ip addr add 10.0.2.2/32 dev lo' },
    mends: { r: 'ip addr del 10.0.2.2/32 dev lo 2>/dev/null || true' },
    cause: 'address twice',
    says: /^r takes 10\.0\.2\.2 for its own, since lo has that address, and does not hand it on to b: .* is new$/,
    fix: 'ip address del 10.0.2.2/32 dev lo',
  },
  'has a route back by another interface, and a strict filter': {
    breaks: { r: 'sysctl -q -w net.ipv4.conf.all.rp_filter=1; ip route add 10.0.0.1/32 via 10.0.3.2' },
    mends: { r: 'sysctl -q -w net.ipv4.conf.all.rp_filter=0; ip route del 10.0.0.1/32 2>/dev/null || true' },
    cause: 'reverse path filter',
    says: /reverse path filter/,
    fix: 'ip route del 10.0.0.1 via 10.0.3.2 dev ec',
  },
  'has another route to the way back than it had': {
    breaks: {
      r: 'sysctl -q -w net.ipv4.conf.all.rp_filter=1; ip route del 10.0.0.0/24; ip route add 10.0.0.0/24 via 10.0.2.2 dev eb',
    },
    mends: {
      r: 'sysctl -q -w net.ipv4.conf.all.rp_filter=0; ip route replace 10.0.0.0/24 dev ea proto kernel scope link src 10.0.0.254',
    },
    cause: 'reverse path filter',
    says: /reverse path filter/,
    fix: 'ip route replace 10.0.0.0/24 dev ea proto kernel scope link src 10.0.0.254',
  },
};

describe('a place on the way', function () {
  this.timeout(30_000);
  let stood: Proven;
  before(async function () {
    needsNamespaces(this);
    stood = await proven(lab());
  });
  after(() => stood?.[Symbol.asyncDispose]());

  const listed = async () =>
    (await walk(stood, stood.plan.walks, { causes: true, isPatient: true, before: stood.baseline }))[0]!;

  for (const [name, { place = 'r', breaks, mends, cause, says, fix }] of Object.entries(faults))
    it(`${name}, and what mends it does`, async () => {
      try {
        await breakIt(stood, { breaks });
        const { causes } = await listed();
        expect(causes[0]?.sentence, JSON.stringify(causes, null, 1)).to.match(says);
        expect(causes[0]).to.deep.include({ cause, place, fix: { place, command: fix } });
        const others = causes
          .map(({ sentence }) => sentence)
          .filter((each) => /way to 10\.0\.2\.2 is another/.test(each));
        expect(others, 'the way there is as it was').to.deep.equal([]);
        // An ARP request that is still asked in vain would take the next packet down with it: it is forgotten.
        await mendIt(stood, { mends: { [place]: fix } });
        expect((await listed()).verdict).to.equal('passed');
      } finally {
        await mendIt(stood, { mends });
      }
    });

  it('that refuses is said to have no socket, and nobody who asked', async () => {
    const command = 'timeout 2 bash -c ": < /dev/tcp/10.0.2.2/80"';
    const { walk: own } = await walkOwn(stood, { from: 'a', command }, [], stood.baseline);
    expect(own.outcome).to.equal('refused');
    expect(own.causes.map(({ cause, place }) => `${cause} at ${place}`)).to.deep.equal(['no socket at b']);
  });
});
