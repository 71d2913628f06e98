import { expect } from 'chai';
import { at, icmp, ip, type Lab, send } from '../../src/index.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import { plan } from '../../src/plan/plan.ts';
import { destination } from '../../src/prove/destination.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const ask = (ttl: number) => [ip({ dst: '10.9.0.1', ttl }), icmp({ type: 'echo request' })];

/** A service that two hosts offer at one address, of which its router prefers the first; and another address of the second. */
const anycast: Lab = {
  title: 'One address at two places',
  nodes: { c: 'host', r: 'router', s1: 'host', s2: 'host' },
  links: [
    'c:e0 10.1.0.2/24 -- r:ec 10.1.0.1/24',
    'r:e1 10.2.1.1/24 -- s1:e0',
    'r:e2 10.2.2.1/24 -- s2:e0',
    's1:shared 10.9.0.1/32 -- s2:shared 10.9.0.1/32',
  ],
  setup: {
    'The router prefers the first': {
      c: 'ip route add default via 10.1.0.1',
      r: 'ip route add 10.9.0.1 dev e1\nip route add 10.9.0.1 dev e2 metric 10',
      s1: 'ip addr add 10.2.1.2/24 dev e0\nip route add default via 10.2.1.1',
      s2: 'ip route add default dev e0',
    },
  },
  walks: {
    'c pings the service': {
      send: send('c', 'ping -c 1 10.9.0.1'),
      request: [
        at('c:e0', 'It leaves', ask(64)),
        at('r:ec', 'To the router', ask(64)),
        at('r:e1', 'It prefers the first', ask(63)),
        at('s1:e0', 'It arrives', ask(63)),
      ],
    },
  },
};

describe('one address at two places (anycast, VRRP, two NAT cards)', () => {
  let lab: Stood;
  before(async function () {
    needsNamespaces(this);
    lab = await stand(anycast);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  it('is no problem of a lab', () => {
    expect(plan(anycast, 'anycast').warnings).to.deep.equal([]);
  });

  it('is walked to as its routes say', async () => {
    const [result] = await walk(lab, lab.plan.walks);
    expect(result!.verdict, outcomeText(result!)).to.equal('passed');
  });

  it('is where a place is meant the address that it alone has, and else it is said who has it, too', async () => {
    expect(await destination(lab, 's1')).to.deep.equal({ address: '10.2.1.2', sharedWith: [] });
    expect(await destination(lab, 's2')).to.deep.equal({ address: '10.9.0.1', sharedWith: ['s1'] });
    expect(await destination(lab, 's1:shared')).to.deep.equal({ address: '10.9.0.1', sharedWith: ['s2'] });
    expect(await destination(lab, '10.9.0.1')).to.deep.equal({ address: '10.9.0.1', sharedWith: [] });
  });
});
