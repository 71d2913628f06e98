import { expect } from 'chai';
import { fates, outcome } from '../../src/judge/outcome.ts';
import { hop, inner, lost, unseen, walk } from '../report/results.ts';

const dropped = { ...hop('gw filter FORWARD', 'The policy', []), seen: ['filter FORWARD: policy drop'] };
const delivered = hop('podB:eth0', 'It arrives', inner(62));
const wrong = hop('master:cni0', 'It is routed', inner(64), { verdict: 'failed', difference: 'ip ttl is 64, not 63' });
const missing = unseen('master:vethA', 'It leaves the pod', inner(64));

describe('fates', () => {
  it('does not reach what lies behind the loss', () => {
    expect(fates(lost())).to.deep.equal(['passed', 'missing', 'not reached', 'not reached']);
  });

  it('misses a hop that a later one proves to have been passed by', () => {
    expect(fates({ verdict: 'failed', hops: [missing, missing, delivered, missing] })).to.deep.equal([
      'missing',
      'missing',
      'passed',
      'not reached',
    ]);
  });

  it('tells a packet that differs from one that is missing', () => {
    expect(fates({ verdict: 'failed', hops: [wrong, delivered] })).to.deep.equal(['differs', 'passed']);
  });

  it('proves nothing where the capture lost frames', () => {
    expect(fates({ verdict: 'unknown', hops: [delivered, missing] })).to.deep.equal(['passed', 'unknown']);
  });
});

describe('outcome', () => {
  for (const [words, given] of [
    ['delivered', walk()],
    ['dropped at gw filter FORWARD, as listed', walk({ hops: [delivered, dropped] })],
    ['unknown', walk({ verdict: 'unknown' })],
    ['lost at master:enp0s1', lost()],
    ['reply lost at master:cni0', lost({ lostAt: 'reply master:cni0' })],
    ['differs at master:cni0', walk({ verdict: 'failed', lostAt: 'master:cni0', hops: [wrong, delivered] })],
    ['not seen at master:vethA', walk({ verdict: 'failed', lostAt: 'master:vethA', hops: [missing, delivered] })],
    ['also seen at node2:enp0s1', walk({ verdict: 'failed', unexpected: [{ at: 'node2:enp0s1', seen: [] }] })],
  ] as const)
    it(`is '${words}'`, () => expect(outcome(given)).to.equal(words));
});
