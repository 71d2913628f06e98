import { expect } from 'chai';
import { passages } from '../../../src/observe/netfilter/passages.ts';
import type { Trace } from '../../../src/runtime/runtime.ts';
import {
  ACCEPT,
  CONTINUE,
  DROP,
  echo,
  GOTO,
  ipv4,
  JUMP,
  listings,
  mark,
  packet,
  policy,
  RETURN,
  rule,
  told,
  toldOf,
} from './traces.ts';

const chain = (name: string, ...rules: string[]) => `table ip nat {
\tchain ${name} {
\t\ttype nat hook prerouting priority dstnat; policy accept;
${rules.map((text) => `\t\t${text}\n`).join('')}\t}
}`;

const RULES = chain('PREROUTING', 'meta l4proto tcp dnat to 10.0.1.1:80 # handle 9', 'masquerade # handle 10');
const ping = packet(ipv4({ id: 5 }), echo(), { iif: 5 });
const names = (_: string, index: number) => `eth${index}`;
const told_ = (traces: Trace[], before = listings(RULES), after = before) => passages(traces, before, after, names);
const ways = (...traces: Trace[]) =>
  told_(traces).map(({ chains, ending }) => [
    ...chains,
    ending && `${ending.policy ? 'policy ' : ''}${ending.verdict}`,
  ]);

describe('passages', () => {
  it('are the chains that a packet enters, and the rule that decides', () => {
    const traces = [
      told(1, 'PREROUTING', ping, rule(3, JUMP, 'KUBE-SERVICES')),
      told(1, 'KUBE-SERVICES', rule(8, CONTINUE)),
      told(1, 'KUBE-SERVICES', rule(9, ACCEPT)),
    ];
    expect(told_(traces)).to.deep.equal([
      {
        kind: 'passage',
        place: 'r',
        family: 'ip',
        table: 'nat',
        chain: 'PREROUTING',
        hook: 'prerouting',
        chains: ['KUBE-SERVICES'],
        ending: { verdict: 'dnat', to: '10.0.1.1:80' },
        rule: 'meta l4proto tcp dnat to 10.0.1.1:80',
        decidedAt: { chain: 'KUBE-SERVICES', position: 1 },
        enters: 'eth5',
        ip: { src: '10.0.0.1', dst: '10.9.9.9', ttl: 64, id: 5, protocol: 1 },
        order: 0,
        marks: {
          transport: 'icmp 8 458753',
          layers: [
            'ip 1 5 84 from 10.0.0.1',
            'ip 1 5 84 to 10.9.9.9',
            'ip 1 5 whole from 10.0.0.1',
            'ip 1 5 whole to 10.9.9.9',
          ],
        },
      },
    ]);
  });

  it('end with the policy where no rule decides, and with nothing where the trace is cut off', () => {
    expect(ways(told(1, 'PREROUTING', ping, policy(ACCEPT)))).to.deep.equal([['policy accept']]);
    expect(ways(told(1, 'PREROUTING', ping, policy(DROP)))).to.deep.equal([['policy drop']]);
    expect(ways(told(1, 'PREROUTING', ping, rule(3, GOTO, 'A')))).to.deep.equal([['A', undefined]]);
  });

  it('have the mark that the packet bears in the end, and the rule that gave it here', () => {
    const marked = (value: number, ...rest: Buffer[]) => told(1, 'PREROUTING', mark(value), ...rest);
    const rules = listings(
      'table ip nat {\n\tchain PREROUTING {\n\t\ttype nat hook prerouting priority dstnat;\n\t\tmeta mark set 0x00000007 # handle 4\n\t\taccept # handle 5\n\t}\n}',
    );
    const marksOf = (...traces: Trace[]) => passages(traces, rules, rules, () => undefined).map((each) => each.mark);
    const first = packet(ipv4({}), echo());
    const by = { chain: 'PREROUTING', rule: 'meta mark set 0x00000007' };
    expect(marksOf(marked(7, rule(4, CONTINUE), first), marked(7, rule(5, ACCEPT)))).to.deep.equal([{ value: 7, by }]);
    expect(marksOf(marked(9, rule(5, ACCEPT), first))).to.deep.equal([{ value: 9 }]);
    expect(marksOf(told(1, 'PREROUTING', rule(5, ACCEPT), first))).to.deep.equal([undefined]);
  });

  it('say nothing of a rule that only returns: kernels differ in telling of it', () => {
    const traces = [
      told(1, 'PREROUTING', ping, rule(3, JUMP, 'A')),
      told(1, 'A', rule(7, RETURN)),
      told(1, 'PREROUTING', rule(10, ACCEPT)),
    ];
    expect(ways(...traces)).to.deep.equal([['A', 'masquerade']]);
  });

  it('end with the verdict where the rule is gone, and where a target could not do its work', () => {
    const [gone] = told_([told(1, 'PREROUTING', ping, rule(77, ACCEPT))]);
    expect(gone).to.include({ table: 'nat' }).and.not.to.have.property('rule');
    expect(gone?.ending).to.deep.equal({ verdict: 'accept' });
    expect(ways(told(1, 'PREROUTING', ping, rule(10, DROP)))).to.deep.equal([['drop']]);
  });

  it('have the address that connection tracking says, where the rule has none', () => {
    const line =
      'icmp 1 29 src=10.0.0.1 dst=10.9.9.9 type=8 code=0 id=7 src=10.9.9.9 dst=10.0.1.254 type=0 code=0 id=7';
    const [passage] = told_([told(1, 'PREROUTING', ping, rule(10, ACCEPT))], listings(RULES), listings(RULES, line));
    expect(passage?.ending).to.deep.equal({ verdict: 'masquerade', to: '10.0.1.254' });
    expect(passage?.translation).to.equal(line);
  });

  it('doubt a rule that was rewritten under its handle; one that came or went is known', () => {
    const [before, after] = [
      listings(chain('PREROUTING', 'drop # handle 1')),
      listings(chain('PREROUTING', 'accept # handle 1')),
    ];
    const traces = [told(1, 'PREROUTING', ping, rule(1, DROP))];
    const [rewritten] = told_(traces, before, after);
    expect(rewritten).to.include({ rule: 'drop', doubt: 'the rule was rewritten meanwhile: drop, then accept' });
    for (const [first, last] of [
      [before, listings('')],
      [listings(''), before],
    ] as const) {
      const [known] = told_(traces, first, last);
      expect(known).to.include({ rule: 'drop', hook: 'prerouting' }).and.not.to.have.property('doubt');
    }
  });

  it('keep packets apart that pass at once, and families', () => {
    const traces = [
      told(1, 'PREROUTING', ping, rule(3, JUMP, 'A')),
      told(2, 'PREROUTING', ping, rule(3, JUMP, 'B')),
      toldOf(1, 'nat', 1, 'PREROUTING', ping, rule(3, JUMP, 'C')),
      told(1, 'A', rule(9, ACCEPT)),
      told(2, 'PREROUTING', policy(ACCEPT)),
      toldOf(1, 'nat', 1, 'C', rule(9, ACCEPT)),
    ];
    expect(told_(traces).map(({ family, chains, order }) => [family, ...chains, order])).to.deep.equal([
      ['ip', 'A', 0],
      ['ip', 'B', 1],
      ['inet', 'C', 2],
    ]);
    expect(ways(...traces)).to.deep.equal([
      ['A', 'dnat'],
      ['B', 'policy accept'],
      ['C', 'accept'],
    ]);
  });

  it('leave out the tables by which the kernel is asked to trace, and what is no IP', () => {
    expect(told_([toldOf(1, 'packetwalk', 1, 'prerouting', ping)])).to.deep.equal([]);
    const arp = packet('00010800060400010a0000010a0000010a000001', '');
    expect(told_([toldOf(7, 'b', 1, 'p', arp), toldOf(7, 'b', 1, 'p', policy(ACCEPT))])).to.deep.equal([]);
  });

  it('take any bytes', () => {
    const whole = told(1, 'PREROUTING', ping, rule(3, JUMP, 'A')).message;
    for (let length = 0; length < whole.length; length++)
      expect(() => told_([{ place: 'r', message: whole.subarray(0, length) }]), String(length)).not.to.throw();
  });
});
