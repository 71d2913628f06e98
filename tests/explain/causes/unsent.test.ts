import { expect } from 'chai';
import { causes, type Loss, link, ping, state } from './loss.ts';

/** A packet that never left p1, whose inet table has an output chain with some lines. */
const unsent = (policy: 'accept' | 'drop', ...rules: string[]) =>
  causes({
    way: [],
    now: {
      p1: state({
        links: [link('eth0', { addresses: ['10.77.1.5/24'] })],
        routes: '10.77.2.0/24 dev eth0',
        ruleset: [
          'table inet guard {',
          '\tchain gate {',
          `\t\ttype filter hook output priority filter + 10; policy ${policy};`,
          ...rules.map((rule) => `\t\t${rule}`),
          '\t}',
          '}',
        ].join('\n'),
      }),
    },
    site: { place: 'p1', kind: 'nothing sent', headers: ping() } as unknown as NonNullable<Loss['site']>,
  })[0];

describe('A packet that never left its sender, and was not traced', () => {
  it('is told of a policy that none of its rules keeps it from', () => {
    expect(unsent('drop', 'meta l4proto ipv6-icmp accept')).to.deep.include({
      cause: 'firewall policy',
      confidence: 'likely',
      place: 'p1',
      fix: { place: 'p1', command: "nft 'chain inet guard gate { policy accept; }'" },
    });
    expect(unsent('drop', 'meta l4proto icmp accept')).to.equal(undefined);
    expect(unsent('accept', 'meta l4proto ipv6-icmp accept')).to.equal(undefined);
  });

  it('is told of a rule that names its addresses, and of no other', () => {
    expect(unsent('accept', 'ip daddr 10.77.2.5 drop')?.cause).to.equal('firewall rule');
    expect(unsent('accept', 'ct state new drop')).to.equal(undefined);
  });
});
