import type { WalkResult } from '../../../src/judge/result.ts';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { walkLines } from '../../../src/report/terminal/walk.ts';
import { hop, inner, tunnel, unseen, walk } from '../results.ts';

const lines = (given: WalkResult, columns = 120) =>
  walkLines(given, { columns, hops: true }).map((line) => stripVTControlCharacters(line));

describe('walkLines', () => {
  it('shows what differs, and in what', () => {
    const wrong = hop('master:enp0s1', 'The frame leaves wrapped in UDP', [...tunnel(2), ...inner(63)], {
      verdict: 'failed',
      expected: [...tunnel(1), ...inner(63)],
      difference: 'vxlan vni is 2, not 1',
    });
    const given = walk({ verdict: 'failed', lostAt: 'master:enp0s1', hops: [wrong] });
    expect(lines(given)[0]).to.include('differs at master:enp0s1');
    expect(lines(given).slice(2)).to.deep.equal([
      '    ✗ master:enp0s1  The frame leaves wrapped in UDP',
      "        - ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 1 }),",
      "            ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }), icmp({ type: 'echo request' })",
      "        + ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 2 }),",
      "            ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }), icmp({ type: 'echo request' })",
      '        vxlan vni is 2, not 1',
    ]);
  });

  it('shows where the packet was seen that should not be there', () => {
    const unexpected = [
      { at: 'node2:enp0s1', seen: inner(63) },
      { at: 'master:lo', seen: ['ip()'], reply: true as const },
    ];
    expect(lines(walk({ verdict: 'failed', unexpected })).slice(-4)).to.deep.equal([
      '    ✗ seen at node2:enp0s1, where it should not be:',
      "        ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }), icmp({ type: 'echo request' })",
      '    ✗ the reply was seen at master:lo, where it should not be:',
      '        ip()',
    ]);
  });

  it('does not call lost what was perhaps not captured', () => {
    const reason = 'the capture lost frames on master: what was not seen proves nothing';
    const hops = [unseen('podA:eth0', 'It leaves', inner(64))];
    const text = lines(walk({ verdict: 'unknown', reason, hops }));
    expect(text[0]).to.match(/^ {2}\? podA pings podB +unknown +6.4 ms$/);
    expect(text[1]).to.equal(`    ${reason}`);
    expect(text.slice(-2)).to.deep.equal([
      '    ? podA:eth0  It leaves',
      '        nothing was seen, and that proves nothing',
    ]);
    expect(text.join()).not.to.include('not reached').and.not.to.include('+ nothing');
  });
});
