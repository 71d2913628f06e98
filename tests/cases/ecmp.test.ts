import { expect } from 'chai';
import { at, ip, type Lab, oneOf, send, udp } from '../../src/index.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import { drill } from '../../src/prove/drill.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

const sent = (ttl: number) => [ip({ src: '10.10.0.2', dst: '10.20.0.2', ttl }), udp({ dst: 9000 })];

/** Two equal ways, of which a hash over addresses and ports chooses. */
const twoWays = (): Lab => ({
  title: 'Two equal ways between x and w',
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
    'x has two routes that are equal': {
      a: 'ip route add default via 10.10.0.1',
      b: 'ip route add default via 10.20.0.1',
      x: `
        sysctl -qw net.ipv4.fib_multipath_hash_policy=1
        ip route add 10.20.0.0/24 nexthop via 10.11.1.1 nexthop via 10.11.2.1`,
      y: 'ip route add 10.20.0.0/24 via 10.11.3.1',
      z: 'ip route add 10.20.0.0/24 via 10.11.4.1',
    },
  },
  walks: {
    'a sends to b': {
      send: send('a', 'bash -c "echo x > /dev/udp/10.20.0.2/9000"'),
      request: [
        at('a:e0', 'It leaves', sent(64)),
        at('x:ea', 'To the router', sent(64)),
        oneOf({
          'by y': [
            at('x:ey', 'The first route', sent(63)),
            at('y:ex', 'To y', sent(63)),
            at('y:ew', 'y sends it on', sent(62)),
            at('w:ey', 'To w', sent(62)),
          ],
          'by z': [
            at('x:ez', 'The second route', sent(63)),
            at('z:ex', 'To z', sent(63)),
            at('z:ew', 'z sends it on', sent(62)),
            at('w:ez', 'To w', sent(62)),
          ],
        }),
        at('w:eb', 'Both ways end at w', sent(61)),
        at('b:e0', 'It arrives', sent(61)),
      ],
    },
  },
  faults: {
    'Neither way leads on': {
      break: { y: 'sysctl -w net.ipv4.ip_forward=0', z: 'sysctl -w net.ipv4.ip_forward=0' },
      lostAt: ['y:ew', 'z:ew'],
      hint: 'Look at both routers in the middle',
      fix: { y: 'sysctl -w net.ipv4.ip_forward=1', z: 'sysctl -w net.ipv4.ip_forward=1' },
    },
    'It is lost at w': {
      break: { w: 'sysctl -w net.ipv4.ip_forward=0' },
      lostAt: ['y:ew', 'z:ew'],
      hint: 'This prediction is wrong',
      fix: { w: 'sysctl -w net.ipv4.ip_forward=1' },
    },
  },
});

/** So many walks take one way alone less often than machines break. */
const MANY = 40;

describe('two equal ways (ECMP)', () => {
  let lab: Stood;
  before(async function () {
    needsNamespaces(this);
    lab = await stand(twoWays());
  });
  after(() => lab?.[Symbol.asyncDispose]());
  const take = async () => (await walk(lab, lab.plan.walks))[0]!;

  it('pass by either, and say by which', async () => {
    const taken = new Set<string>();
    for (let i = 0; i < MANY && taken.size < 2; i++) {
      const result = await take();
      expect(result.verdict, outcomeText(result)).to.equal('passed');
      const [way = ''] = result.ways ?? [];
      expect(result.hops.some(({ place }) => place === way.slice(-1))).to.equal(true);
      taken.add(way);
    }
    expect([...taken]).to.have.members(['by y', 'by z']);
  });

  it('are drilled where the packet may be lost on either', async () => {
    const [either, wrong] = lab.plan.faults;
    for (let i = 0; i < 4; i++) {
      const { result } = await drill(lab, either!);
      expect(result.verdict, result.reason).to.equal('passed');
    }
    const { result } = await drill(lab, wrong!);
    expect(result.verdict).to.equal('failed');
    expect(result.reason).to.equal('lost at w:eb, not lost at y:ew or z:ew');
  });

  it('where neither leads on, tell the loss by the way that was taken', async () => {
    for (const router of ['y', 'z']) await lab.runtime.script(router, 'sysctl -qw net.ipv4.ip_forward=0');
    const result = await take();
    const [way = ''] = result.ways ?? [];
    expect(outcomeText(result)).to.equal(`lost at ${way.slice(-1)}:ew out`.replace(' out', ''));
    for (const router of ['y', 'z']) await lab.runtime.script(router, 'sysctl -qw net.ipv4.ip_forward=1');
  });
});
