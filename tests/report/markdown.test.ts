import { expect } from 'chai';
import { document } from '../../src/record/document.ts';
import { markdown } from '../../src/report/markdown.ts';
import { escaped, fenced, table } from '../../src/report/markup.ts';
import { causeOf } from '../results.ts';
import { failedRun, lost, passedRun, started, step } from './results.ts';

describe('markdown', () => {
  it('begins with the verdict', () => {
    expect(markdown(document(passedRun))).to.match(/^## flannel-vxlan: passed\n/);
    expect(markdown(document(failedRun))).to.match(
      /^## flannel-vxlan: failed\n\n\*\*podA pings podB: lost at master:enp0s1\*\*\n/,
    );
  });

  it('shows the hops of a lost walk as a diff', () => {
    const text = markdown(document(failedRun));
    const diff = /```diff\n([^`]*)\n```/.exec(text)![1]!.split('\n');
    expect(diff).to.deep.equal([
      '  podA# ping -c 1 10.42.1.9',
      '  ✓ podA:eth0  The pod hands a plain packet to its gateway',
      '  ✗ master:enp0s1  The frame leaves wrapped in UDP',
      "-     ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 1 }),",
      "-       ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }), icmp({ type: 'echo request' })",
      '+     nothing',
      '  · podB:eth0  not reached',
      '  · reply podA:eth0  not reached',
      "    the sender's command ended with 1",
    ]);
  });

  it('shows where a packet was seen that should not be there', () => {
    const stray = { kind: 'point', part: 'reply', place: 'node2', device: 'enp0s1', direction: 'in' } as const;
    const strays = [{ ...stray, seen: [{ protocol: 'ip', fields: {} }], times: 63 }];
    const walk = lost({ outcome: 'elsewhere', hops: [], failedAt: null, strays, notes: ['sent again after 1 s'] });
    const text = markdown(document([{ type: 'walk ended', walk }]));
    expect(text)
      .to.include('reply also seen at node2:enp0s1')
      .and.to.include('✗ the reply was seen 63 times at node2:enp0s1, where it should not be: IP')
      .and.to.include("the sender's command ended with 1\n    sent again after 1 s");
  });

  it('says before the hops why the packet was lost', () => {
    const fix = { place: 'b', command: 'sysctl -w x=0' };
    const causes = [causeOf('b has *no* route', { fix, evidence: [{ place: 'b', command: 'ip route', output: '' }] })];
    const text = markdown(document([{ type: 'walk ended', walk: lost({ causes }) }]));
    expect(text).to.include('**Cause:** b has \\*no\\* route  \n**Mend it:** `b# sysctl -w x=0`\n\n```diff\n');
    expect(text).to.include('```\nb# ip route\n(nothing)\nmaster:enp0s1 asked by ARP');
  });

  it('keeps every cell of a table in its row', () => {
    const text = markdown(document(failedRun));
    expect(text).to.include('| FV-10 | refuted | podA pings podB: lost \\| at master:enp0s1<br>for good |');
    expect(text).to.include('| Total | 1.2 s |');
  });

  it('shows a failed check with its command and output, and a failed step likewise', () => {
    expect(markdown(document(failedRun))).to.include('```\nnode1# ip -d link show flannel.1\nvxlan id 2 |');
    const failure = { node: 'master', command: 'ip link add x type y', output: 'Error: Unknown device type.' };
    expect(markdown(document([started, ...step('Break it', { verdict: 'failed', failure })]))).to.include(
      '### Break it: failed\n\n```\nmaster# ip link add x type y\nError: Unknown device type.\n```',
    );
  });
});

describe('escaped', () => {
  it('leaves code alone and nothing else', () => {
    expect(escaped('a *b* <c> `ip * <x>` [d]')).to.equal('a \\*b\\* \\<c\\> `ip * <x>` \\[d\\]');
  });
});

describe('table', () => {
  it('is nothing without rows', () => expect(table('Drills', ['Fault'], [])).to.equal(''));
});

describe('fenced', () => {
  it('is longer than any fence within', () => {
    expect(fenced('', 'a\n```\nb')).to.equal('````\na\n```\nb\n````');
  });
});
