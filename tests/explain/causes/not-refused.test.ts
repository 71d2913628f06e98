import { expect } from 'chai';
import type { HookResult } from '../../../src/judge/result.ts';
import { causes, type Loss, ping, sighting, state } from './loss.ts';

/** A walk that ends at m’s filter FORWARD, and what the packet met there. */
const refused = (expected: string, seen: string | null, more: Partial<Loss> = {}) => {
  const hop = {
    kind: 'hook',
    part: 'request',
    place: 'm',
    family: 'ip',
    table: 'filter',
    chain: 'FORWARD',
    fate: 'differs',
    expected: { chains: ['POLICY'], ending: { verdict: expected } },
    seen: seen && { chains: [], ending: { verdict: seen }, rule: 'ip saddr 10.77.0.0/16 accept' },
  } as unknown as HookResult;
  const walk = { hops: [hop], strays: [], outcome: 'differs', failedAt: 0 } as unknown as NonNullable<Loss['walk']>;
  const way = [sighting('m:in', 'in', ping())];
  return causes({ way, now: { m: state({}) }, walk, ...more }).filter(({ cause }) => cause === 'not refused');
};

const change = (subject: string, sentence: string) => [
  { place: 'm', change: 'new' as const, what: 'firewall rule' as const, subject, after: 'x', sentence },
];

describe('A packet that a walk lists as refused', () => {
  it('and that goes on, is told to have been accepted, and by which rule', () => {
    for (const verdict of ['drop', 'reject'])
      expect(refused(verdict, 'accept')[0]).to.include({
        place: 'm',
        confidence: 'likely',
        sentence: `m’s filter FORWARD lets it pass, where it should ${verdict} it, by the rule: ip saddr 10.77.0.0/16 accept`,
      });
  });

  it('is so for certain, where a rule of the chains that it should pass or did pass is another one', () => {
    for (const subject of ['ip filter FORWARD', 'ip filter POLICY'])
      expect(refused('drop', 'accept', { changes: change(subject, 'm: a rule is new') })[0]).to.deep.include({
        confidence: 'certain',
        sentence:
          'm’s filter FORWARD lets it pass, where it should drop it, by the rule: ip saddr 10.77.0.0/16 accept: m: a rule is new',
      });
    const elsewhere = change('ip nat PREROUTING', 'm: another is new');
    expect(refused('drop', 'accept', { changes: elsewhere })[0]).to.include({ confidence: 'likely' });
  });

  it('is not, where it was refused in another way, did not come there, or was not to be refused', () => {
    expect(refused('drop', 'reject')).to.deep.equal([]);
    expect(refused('drop', null)).to.deep.equal([]);
    expect(refused('accept', 'accept')).to.deep.equal([]);
    expect(refused('drop', 'accept', { walk: undefined as never })).to.deep.equal([]);
  });
});
