import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import type { Stray, WalkResult } from '../../../src/judge/result.ts';
import { ip } from '../../../src/packet/index.ts';
import { type Detail, walkLines } from '../../../src/report/terminal/walk.ts';
import { asSeen, causeOf, hookResult } from '../../results.ts';
import { failing, hop, inner, lost, tunnel, unseen, walk } from '../results.ts';

const lines = (given: WalkResult, columns = 120, detail: Detail = 'headers') =>
  walkLines(given, { columns, detail }).map((line) => stripVTControlCharacters(line));

const seenAt = (at: string, more: Partial<Extract<Stray, { kind: 'point' }>> = {}): Stray => {
  const [place = '', device = ''] = at.split(':');
  return { kind: 'point', part: 'request', place, device, direction: 'in', seen: asSeen(inner(63)), times: 1, ...more };
};

describe('walkLines', () => {
  it('shows what differs, and in what', () => {
    const wrong = hop('master:enp0s1', 'The frame leaves wrapped in UDP', [...tunnel(2), ...inner(63)], {
      fate: 'differs',
      expected: [...tunnel(1), ...inner(63)],
      difference: 'vxlan vni is 2, not 1',
    });
    const given = failing('differs', [wrong]);
    expect(lines(given)[0]).to.include('differs at master:enp0s1 out');
    expect(lines(given).slice(2)).to.deep.equal([
      '    ✗ master:enp0s1 out  The frame leaves wrapped in UDP',
      "        - ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 1 }),",
      "            ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }), icmp({ type: 'echo request' })",
      "        + ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 2 }),",
      "            ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }), icmp({ type: 'echo request' })",
      '        vxlan vni is 2, not 1',
    ]);
  });

  it('shows where the packet was seen that should not be there', () => {
    const strays = [
      seenAt('node2:enp0s1'),
      seenAt('m1:flan', { times: 63 }),
      seenAt('master:lo', { part: 'reply', seen: asSeen([ip()]) }),
    ];
    expect(lines(failing('elsewhere', walk().hops, { strays })).slice(-5)).to.deep.equal([
      '    ✗ seen at node2:enp0s1, where it should not be:',
      '      10.42.0.65 → 10.42.1.9, ICMP echo request, TTL 63',
      '    ✗ seen 63 times at m1:flan, where it should not be:',
      '      10.42.0.65 → 10.42.1.9, ICMP echo request, TTL 63',
      '    ✗ the reply was seen at master:lo, where it should not be: IP',
    ]);
  });

  it('says in a line that the packet went round, and nothing of its points', () => {
    const ring = (['in', 'out'] as const).map((direction) => ({ place: 'm1', device: 'flan', direction }));
    const strays = [seenAt('m1:flan', { times: 63 }), seenAt('m1:flan', { times: 62, direction: 'out' })];
    const loops = [{ part: 'request' as const, ring, times: 63 }];
    const text = lines(failing('lost', [unseen('m1:eth1', 'It is wrapped', inner(63))], { strays, loops }));
    expect(text.filter((line) => line.includes('m1:flan'))).to.deep.equal(['    ✗ it goes round m1:flan, 63 times']);
  });

  it('begins with the cause, how to mend it and what to read, and ends with what shows it', () => {
    const evidence = ['b# sysctl x\nx = 1', 'a sentence', 'a sentence'];
    const causes = [
      causeOf('b drops what comes in by eth1', {
        confidence: 'likely',
        supports: ['IpExt InNoRoutes rose by 1'],
        contradicts: ['nothing was counted'],
        evidence: [{ place: 'b', command: 'sysctl x', output: 'x = 1\n' }],
        fix: { place: 'b', command: 'sysctl -w x=0' },
        read: ['ip-sysctl.rst: rp_filter', 'RFC 3704'],
      }),
      ...['two', 'three', 'four'].map((sentence) => causeOf(sentence, { confidence: 'possible' })),
    ];
    const text = lines(lost({ causes, evidence }));
    expect(text.slice(1, 7)).to.deep.equal([
      '    Cause: b drops what comes in by eth1 (likely)',
      '    Or: two (possible)',
      '    Or: three (possible)',
      '    Mend it: b# sysctl -w x=0',
      '    Read: ip-sysctl.rst: rp_filter, RFC 3704',
      '    podA# ping -c 1 10.42.1.9                                                                  FV-10',
    ]);
    expect(text.slice(text.indexOf('    Why'))).to.deep.equal([
      '    Why',
      '      IpExt InNoRoutes rose by 1',
      '      against it: nothing was counted',
      '      b# sysctl x',
      '        │ x = 1',
      '      a sentence',
    ]);
  });

  it('says that nothing tells the cause of a loss, and of no other end', () => {
    expect(lines(lost())[1]).to.equal('    Cause: not found; what was looked at stands under Why');
    expect(lines(lost({ evidence: [] }))[1]).to.equal('    Cause: not found');
    expect(lines(failing('differs', [hop('a:eth0', 'x', inner(64), { fate: 'differs' })])).join()).not.to.include(
      'Cause',
    );
  });

  it('says of a reply that cannot be reached no more than that', () => {
    const reply = { part: 'reply', fate: 'not reached' } as const;
    const hops = [unseen('a:e', 'x', inner(64)), unseen('b:e', 'x', inner(64), { fate: 'not reached' })];
    const text = lines(failing('lost', [...hops, unseen('b:e', 'x', [], reply), unseen('a:e', 'x', [], reply)]));
    expect(text.filter((line) => line.includes('not reached'))).to.deep.equal([
      '    · b:e  not reached',
      '    · reply  not reached',
    ]);
  });

  it('shows a hook by its way and the rule that decided, and what differs there', () => {
    const way = { chains: ['CHAIN'], ending: { verdict: 'dnat', to: '10.0.0.9:80' } };
    const passed = hookResult('gw nat PREROUTING', {
      because: 'In',
      expected: way,
      seen: { ...way, rule: 'tcp dport 80 dnat to 10.0.0.9:80' },
      translation: 'dst=10.0.0.1 is dst=10.0.0.9',
    });
    const differs = hookResult('gw filter FORWARD', {
      because: 'On',
      fate: 'differs',
      seen: { chains: [], ending: { verdict: 'drop', policy: true } },
      difference: 'its way ended otherwise',
    });
    expect(lines(failing('differs', [passed, differs])).slice(2)).to.deep.equal([
      '    ✓ gw nat PREROUTING  In',
      '        nat PREROUTING > CHAIN: dnat to 10.0.0.9:80',
      '          tcp dport 80 dnat to 10.0.0.9:80',
      '        conntrack: dst=10.0.0.1 is dst=10.0.0.9',
      '    ✗ gw filter FORWARD  On',
      '        - filter FORWARD: accept',
      '        + filter FORWARD: policy drop',
      '        its way ended otherwise',
    ]);
  });

  it('says directions only where an interface is crossed twice in a part', () => {
    const stick = [
      hop('r:eth0', 'It comes', inner(64), { direction: 'in' }),
      hop('r:eth0', 'It goes', inner(63)),
      hop('a:eth0', 'The answer', inner(64), { part: 'reply', direction: 'in' }),
    ];
    const titles = lines(walk({ hops: stick }))
      .filter((line) => line.includes('✓ '))
      .slice(1);
    expect(titles).to.deep.equal([
      '    ✓ r:eth0 in   It comes',
      '    ✓ r:eth0 out  It goes',
      '    ✓ a:eth0      The answer',
    ]);
  });

  it('has a mark for each fate', () => {
    const fates = ['passed', 'differs', 'out of order', 'missing', 'lost', 'not reached', 'unknown'] as const;
    const hops = fates.map((fate, i) => hop(`n${i}:eth0`, fate, inner(64), { fate, direction: null }));
    const marks = lines(failing('differs', hops)).flatMap((line) => /^ {4}(.) n\d:eth0/.exec(line)?.[1] ?? []);
    expect(marks.join('')).to.equal('✓✗✗✗✗·?');
  });

  it('tells what does not count, and that the command failed, beneath the hops of the walk', () => {
    const notes = ['sent again by a:eth0 after 1 s'];
    const given = walk({ notes, command: { code: 1, answered: false } });
    expect(lines(given).slice(-2)).to.deep.equal([
      "    the sender's command ended with 1",
      '    sent again by a:eth0 after 1 s',
    ]);
    expect(lines(given, 120, 'line')).to.have.length(1);
  });

  it('does not call lost what was perhaps not captured', () => {
    const reason = 'the capture lost frames on master: what was not seen proves nothing';
    const hops = [unseen('podA:eth0', 'It leaves', inner(64), { fate: 'unknown' })];
    const text = lines(walk({ verdict: 'unknown', outcome: 'unknown', reason, hops }));
    expect(text[0]).to.match(/^ {2}\? podA pings podB +unknown +6.4 ms$/);
    expect(text[1]).to.equal(`    ${reason}`);
    expect(text.slice(-2)).to.deep.equal([
      '    ? podA:eth0  It leaves',
      '        nothing was seen, and that proves nothing',
    ]);
    expect(text.join()).not.to.include('not reached').and.not.to.include('+ nothing');
  });
});
