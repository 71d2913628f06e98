import { expect } from 'chai';
import { endedText, outcomeText } from '../../src/judge/outcome.ts';
import type { Stray } from '../../src/judge/result.ts';
import { failing, hop, inner, lost, unseen, walk } from '../report/results.ts';
import { hookResult } from '../results.ts';

const arrived = hop('podB:eth0', 'It arrives', inner(62));
const wrong = hop('master:cni0', 'It is routed', inner(64), { fate: 'differs', difference: 'ip ttl is 64, not 63' });
const late = { ...wrong, fate: 'out of order' as const, direction: 'in' as const };
const missing = unseen('master:vethA', 'It leaves the pod', inner(64), { fate: 'missing' });
const dropped = hookResult('gw filter FORWARD', { seen: { chains: [], ending: { verdict: 'drop', policy: true } } });
const foreign = hookResult('gw filter forward', { family: 'inet' });
const flood: Stray = {
  kind: 'point',
  part: 'request',
  place: 'node2',
  device: 'enp0s1',
  direction: 'in',
  seen: [],
  times: 1,
};

describe('outcomeText', () => {
  for (const [words, given] of [
    ['answered', walk()],
    ['arrived', walk({ outcome: 'arrived' })],
    ['arrived, and its sender was not answered', failing('unanswered', [arrived])],
    ['dropped at gw filter FORWARD, as listed', walk({ outcome: 'dropped', hops: [arrived, dropped] })],
    ['dropped at gw inet filter forward, as listed', walk({ outcome: 'dropped', hops: [arrived, foreign] })],
    ['unknown', walk({ verdict: 'unknown', outcome: 'unknown' })],
    ['lost at master:enp0s1', lost()],
    ['reply lost at podA:eth0', failing('lost', [arrived, unseen('podA:eth0', '', [], { part: 'reply' })])],
    ['end lost at podA:eth0', failing('lost', [arrived, unseen('podA:eth0', '', [], { part: 'end' })])],
    ['differs at master:cni0 out', failing('differs', [wrong, arrived])],
    ['reply out of order at master:cni0 in', failing('out of order', [{ ...late, part: 'reply' }, arrived])],
    ['not seen at master:vethA, and went on', failing('elsewhere', [missing, arrived])],
    ['also seen at node2:enp0s1', failing('elsewhere', [arrived], { strays: [flood] })],
    ['reply also seen at node2:enp0s1', failing('elsewhere', [arrived], { strays: [{ ...flood, part: 'reply' }] })],
  ] as const)
    it(`is '${words}'`, () => expect(outcomeText(given)).to.equal(words));

  it('says the direction of a stray at an interface that the walk crosses as well', () => {
    const stray = { ...flood, place: 'podB', device: 'eth0', direction: 'out' as const };
    expect(outcomeText(failing('elsewhere', [arrived], { strays: [stray] }))).to.equal('also seen at podB:eth0 out');
  });

  it('is no other for nodes that bear the names of parts', () => {
    expect(outcomeText(failing('lost', [unseen('reply:eth0', '', [])]))).to.equal('lost at reply:eth0');
  });
});

describe('endedText', () => {
  it('tells how something ended, and where', () => {
    const where = { kind: 'point', place: 'b', device: 'eth0' } as const;
    expect(endedText({ outcome: 'lost', part: 'reply', where })).to.equal('reply lost at b:eth0');
    expect(endedText({ outcome: 'differs', part: 'request', where: { ...where, direction: 'in' } })).to.equal(
      'differs at b:eth0 in',
    );
  });
});
