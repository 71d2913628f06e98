import { expect } from 'chai';
import { isSilent, wayDiffers } from '../../src/judge/way.ts';
import { endingOf, wayOf } from '../../src/plan/hops.ts';

const differs = (listed: string, seen: string, rule?: string) =>
  wayDiffers(wayOf(listed), { ...wayOf(seen), ...(rule && { rule }) });

describe('wayDiffers', () => {
  const same: [string, string][] = [
    ['nat PREROUTING', 'nat PREROUTING: drop'],
    ['nat PREROUTING: policy accept', 'nat PREROUTING: policy accept'],
    ['nat POSTROUTING > X: masquerade', 'nat POSTROUTING > X: masquerade to 10.0.0.1'],
    ['nat POSTROUTING > X: masquerade fully-random', 'nat POSTROUTING > X: masquerade'],
    ['nat PREROUTING > A: dnat to 10.42.1.6:80', 'nat PREROUTING > A: dnat to 10.42.1.6:80'],
    ['nat PREROUTING > A: dnat to 10.42.1.6', 'nat PREROUTING > A: dnat to 10.42.1.6:80'],
    ['nat PREROUTING > A: dnat to fd00::1', 'nat PREROUTING > A: dnat to [fd00::1]:80'],
    ['nat PREROUTING > A: dnat', 'nat PREROUTING > A: dnat to 10.42.1.6:80'],
    ['filter FORWARD > cali-FORWARD > cali-fw: accept', 'filter FORWARD > cali-FORWARD > cali-fw: accept'],
  ];
  for (const [listed, seen] of same)
    it(`not ${listed}, of ${seen}`, () => expect(differs(listed, seen)).to.equal(undefined));

  const other: [string, string][] = [
    ['f F: accept', 'f F: policy accept'],
    ['f F: policy accept', 'f F: accept'],
    ['f F: accept', 'f F: masquerade'],
    ['f F: accept', 'f F: drop'],
    ['f F: policy accept', 'f F: policy drop'],
    ['f F: drop', 'f F: reject'],
    ['f F: dnat to 10.42.1.6:80', 'f F: dnat to 10.42.1.6:8080'],
    ['f F: dnat to 10.42.1.6', 'f F: dnat to 10.42.1.60:80'],
    ['f F: dnat to 10.42.1.6:80', 'f F: dnat'],
    ['f F: accept', 'f F'],
    ['f F > A: accept', 'f F > A > B: accept'],
    ['f F > A > B: accept', 'f F > B > A: accept'],
    ['f F > A', 'f F'],
  ];
  for (const [listed, seen] of other)
    it(`${listed}, of ${seen}`, () => expect(differs(listed, seen)).to.be.a('string'));

  it('in a sentence', () => {
    expect(differs('f F > A: accept', 'f F: accept')).to.equal('it entered no chain, not A');
    expect(differs('f F: masquerade', 'f F: accept', 'meta l4proto icmp accept')).to.equal(
      'it ended with accept (meta l4proto icmp accept), not masquerade',
    );
    expect(differs('f F: drop', 'f F: policy drop')).to.equal('it ended with policy drop, not drop');
  });
});

describe('isSilent', () => {
  it('is a hook where no rule had a say', () => {
    expect(isSilent({ chains: [], ending: endingOf('policy accept') })).to.equal(true);
    expect(isSilent({ chains: ['A'], ending: endingOf('policy accept') })).to.equal(false);
    expect(isSilent({ chains: [], ending: endingOf('policy drop') })).to.equal(false);
    expect(isSilent({ chains: [], ending: endingOf('accept') })).to.equal(false);
    expect(isSilent({ chains: [] })).to.equal(false);
  });
});
