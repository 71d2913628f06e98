import { expect } from 'chai';
import { at, icmp, ip, type Lab, oneOf, send, through } from '../../src/index.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const out = (dst: string, ttl = 64) => [ip({ src: '10.1.0.2', dst, ttl }), icmp({ type: 'echo request' })];
const back = (src: string, ttl: number) => [ip({ src, dst: '10.1.0.2', ttl }), icmp({ type: 'echo reply' })];
const to = (pod: 'A' | 'B', address: string) => [
  through('n', `ip nat pre: dnat to ${address}`, 'An endpoint is picked'),
  at(`n:v${pod}`, 'To the endpoint', out(address, 63)),
  at(`pod${pod}:eth0`, 'It arrives', out(address, 63)),
];
const service: Lab = {
  title: 'A service of two endpoints',
  nodes: { c: 'host', n: 'router', podA: 'pod on n', podB: 'pod on n' },
  links: [
    'c:e0 10.1.0.2/24 -- n:e0 10.1.0.1/24',
    'podA:eth0 10.2.1.2/24 -- n:vA 10.2.1.1/24',
    'podB:eth0 10.2.2.2/24 -- n:vB 10.2.2.1/24',
  ],
  setup: {
    'The node picks an endpoint': {
      c: 'ip route add default via 10.1.0.1',
      podA: 'ip route add default via 10.2.1.1',
      podB: 'ip route add default via 10.2.2.1',
      n: `nft add table ip nat
          nft add chain ip nat pre '{ type nat hook prerouting priority -100; }'
          nft add rule ip nat pre ip daddr 10.96.0.1 dnat to numgen random mod 2 map { 0 : 10.2.1.2, 1 : 10.2.2.2 }`,
    },
  },
  walks: {
    'c pings the service': {
      send: send('c', 'ping -c 1 10.96.0.1'),
      request: [
        at('c:e0', 'It passes', out('10.96.0.1')),
        at('n:e0', 'It passes', out('10.96.0.1')),
        oneOf({ A: to('A', '10.2.1.2'), B: to('B', '10.2.2.2') }),
      ],
      reply: [
        oneOf({
          A: [at('podA:eth0', 'It passes', back('10.2.1.2', 64)), at('n:vA', 'It passes', back('10.2.1.2', 64))],
          B: [at('podB:eth0', 'It passes', back('10.2.2.2', 64)), at('n:vB', 'It passes', back('10.2.2.2', 64))],
        }),
        at('n:e0', 'It passes', back('10.96.0.1', 63)),
        at('c:e0', 'It passes', back('10.96.0.1', 63)),
      ],
    },
  },
};

/** So many pings come to one endpoint alone less often than machines break. */
const MANY = 40;

describe('a service of two endpoints', () => {
  let lab: Stood;
  before(async function () {
    needsNamespaces(this);
    lab = await stand(service);
  });
  after(() => lab?.[Symbol.asyncDispose]());
  const take = async () => (await walk(lab, lab.plan.walks, { causes: true, isPatient: true }))[0]!;

  it('passes by either, hooks and answer included', async () => {
    const taken = new Set<string>();
    for (let i = 0; i < MANY && taken.size < 2; i++) {
      const result = await take();
      expect(result.verdict, `${result.reason ?? outcomeText(result)}`).to.equal('passed');
      const [name = ''] = result.ways ?? [];
      expect(result.ways).to.deep.equal([name]);
      expect(result.hops.filter(({ place }) => place === `pod${name}`)).to.have.length(2);
      taken.add(name);
    }
    expect([...taken].sort()).to.deep.equal(['A', 'B']);
  });

  it('says of a deaf endpoint where the packet that came to it was lost, and why', async () => {
    for (const pod of ['podA', 'podB']) await lab.runtime.script(pod, 'ip link set eth0 down');
    await lab.watch.refresh();
    const result = await take();
    const [name = ''] = result.ways ?? [];
    expect(outcomeText(result)).to.equal(`lost at n:v${name}`);
    expect(result.causes[0]?.sentence).to.contain(`pod${name}’s eth0 is down`);
  });
});
