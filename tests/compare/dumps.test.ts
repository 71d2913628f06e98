import { expect } from 'chai';
import { dumpDifferences, notAllowed } from '../../src/compare/dumps.ts';
import type { Dump } from '../../src/record/dump.ts';

const dump = (command: string, ...lines: string[]): Dump => ({
  daemons: [],
  kernel: '',
  node: 'n',
  sections: [{ command, lines }],
});

const differences = (command: string, recorded: string[], now: string[]) =>
  dumpDifferences(dump(command, ...recorded), dump(command, ...now)).map(({ what, recorded: was, now: is }) => [
    what,
    was,
    is,
  ]);

describe('Dumps beside each other', () => {
  it('differ by field, of an entry that both have', () => {
    const route = (fields: object) => JSON.stringify({ dst: '10.1.0.0/24', dev: 'vx', ...fields });
    expect(
      differences('ip -j route show', [route({ gateway: '10.1.0.0' })], [route({ gateway: '10.1.0.9' })]),
    ).to.deep.equal([['10.1.0.0/24 vx gateway', '"10.1.0.0"', '"10.1.0.9"']]);
    expect(differences('ip -j route show', [route({ flags: ['onlink'] })], [route({})])).to.deep.equal([
      ['10.1.0.0/24 vx flags', '["onlink"]', undefined],
    ]);
  });

  it('differ by entries that only one has, as with two routes of different metrics', () => {
    const one = '{"dst":"default","dev":"e0","metric":100}';
    const two = '{"dst":"default","dev":"e0","metric":200}';
    expect(differences('ip -j route show', [one], [one, two]).map(([what]) => what)).to.deep.equal(['default 200 e0']);
  });

  it('differ by rules, in the order of each chain', () => {
    const rules = (...own: string[]) => ['*nat', ':A - [0:0]', ...own.map((each) => `-A A ${each}`)];
    const [drop, accept, log] = ['-j DROP', '-j ACCEPT', '-j LOG'];
    expect(differences('iptables-save', rules(drop, accept), rules(drop, log, accept))).to.deep.equal([
      ['nat A', undefined, '-A A -j LOG'],
    ]);
    expect(differences('iptables-save', rules(drop, accept), rules(accept, drop))).to.have.length(2);
    expect(differences('iptables-save', rules(drop), rules(drop))).to.deep.equal([]);
  });

  it('do not differ by a base chain that nobody made, unless its policy drops', () => {
    expect(differences('iptables-save', ['*filter', ':INPUT ACCEPT [0:0]'], [])).to.deep.equal([]);
    expect(differences('iptables-save', ['*filter', ':INPUT DROP [0:0]'], [])).to.deep.equal([
      ['filter INPUT', 'policy DROP', undefined],
      ['filter INPUT', undefined, 'policy ACCEPT'],
    ]);
  });

  it('differ by chains of nft in their order, and by elements of sets wherever they stand', () => {
    const table = (rules: string[], ...elements: string[]) => [
      'table ip t {',
      '\tchain a {',
      ...rules.map((each) => `\t\t${each}`),
      '\t}',
      '\tset s {',
      '\t\ttype ipv4_addr',
      ...elements,
      '\t}',
      '}',
    ];
    const [drop, accept] = ['ip daddr @s drop', 'ip daddr 10.0.0.1 accept comment "not {, nor }"'];
    const [inOne, inTwo] = ['\t\telements = { 10.0.0.1, 10.0.0.2 }', '\t\telements = { 10.0.0.2,\n10.0.0.1 }'];
    const before = table([drop, accept], inOne);
    expect(differences('nft -s list ruleset', before, table([drop, accept], ...inTwo.split('\n')))).to.deep.equal([]);
    expect(differences('nft -s list ruleset', before, table([accept, drop], inOne))).to.have.length(2);
    expect(
      differences('nft -s list ruleset', before, table([drop, accept], '\t\telements = { 10.0.0.1 }')),
    ).to.deep.equal([['ip t set s', 'element 10.0.0.2', undefined]]);
    expect(differences('nft -s list ruleset', before, ['table ip t {', '}']).map(([what]) => what)).to.deep.equal([
      'ip t chain a',
      'ip t set s',
    ]);
  });

  it('differ by settings, each by its name', () => {
    expect(differences('sysctl -a', ['net.ipv4.ip_forward = 1'], ['net.ipv4.ip_forward = 0'])).to.deep.equal([
      ['net.ipv4.ip_forward', 'net.ipv4.ip_forward = 1', 'net.ipv4.ip_forward = 0'],
    ]);
  });

  it('are told what may differ, and what is said to and does not', () => {
    const all = dumpDifferences(dump('sysctl -a', 'a = 1', 'b = 1'), dump('sysctl -a', 'a = 2', 'b = 2'));
    const allowed = [
      { command: 'sysctl', what: /^a$/, because: 'x' },
      { command: 'sysctl', what: /^c$/, because: 'x' },
      { command: 'sysctl', what: /^d$/, because: 'x', byChance: true as const },
      { nodes: ['other'], command: 'sysctl', what: /^b$/, because: 'x' },
    ];
    const { differences: left, unused } = notAllowed(all, allowed);
    expect(left.map(({ what }) => what)).to.deep.equal(['b']);
    expect(unused).to.deep.equal([allowed[1], allowed[3]]);
  });
});
