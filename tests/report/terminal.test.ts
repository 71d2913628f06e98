import { expect } from 'chai';
import type { Cause } from '../../src/judge/result.ts';
import type { Event } from '../../src/prove/events.ts';
import { type TerminalOptions, terminal } from '../../src/report/terminal.ts';
import { check, failedRun, lost, passedRun, started, step, walk } from './results.ts';

/** All that a terminal shows of some events, in lines. */
function shown(events: Event[], options: Partial<TerminalOptions> = {}): string[] {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  events.forEach(terminal({ write, columns: 80, live: false, detail: 'all', colours: false, ...options }));
  return text.split('\n').slice(0, -1);
}

describe('terminal', () => {
  it('shows a run that passed', () => {
    expect(shown(passedRun)).to.deep.equal([
      'Flannel carries a pod’s packet to another node',
      'flannel-vxlan on netns, without root',
      '',
      'Set up',
      '  ✓ Lay the cables between nodes                                         18.5 ms',
      '',
      'Walks',
      '  ✓ podA pings podB                                            answered   6.4 ms',
      '    podA# ping -c 1 10.42.1.9                                              FV-10',
      '    ✓ podA:eth0      The pod hands a plain packet to its gateway',
      "        ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 64 }),",
      "        icmp({ type: 'echo request' })",
      '    ✓ master:enp0s1  The frame leaves wrapped in UDP',
      "        ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }),",
      '        vxlan({ vni: 1 }),',
      "          ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }),",
      "          icmp({ type: 'echo request' })",
      '    reply',
      '    ✓ podA:eth0      The ping is answered',
      "        icmp({ type: 'echo reply' })",
      '',
      'Checks',
      '  ✓ flannel.1 is a VXLAN device                              FV-01  master node1',
      '',
      'Drills',
      '  ✓ master does not forward                                               552 ms',
      '    lost at master:flannel.1 as it should be, and healed',
      '    Run `sysctl net.ipv4.ip_forward` on master.',
      '',
      'Claims',
      '  ✓ confirmed  FV-01',
      '  ~ corrected  FV-07  The socket is the kernel’s own.',
      '',
      '✓ flannel-vxlan: passed',
      '  1 of 1 walk as listed; 2 of 2 checks passed; 1 of 1 drill as predicted;',
      '  claims: 1 confirmed, 1 corrected',
      '  set up in 71.3 ms, first packet verified after 416 ms, taken down in 20.0 ms,',
      '  1.2 s in all',
    ]);
  });

  it('shows the usual in little: the first walk as a tree, steps and checks counted, and how to see all', () => {
    const other: Event = { type: 'walk ended', walk: walk({ name: 'podA pings podC' }) };
    const at = passedRun.findIndex(({ type }) => type === 'walk ended');
    const events = [...passedRun.slice(0, at + 1), other, other, ...passedRun.slice(at + 1)];
    expect(shown(events, { detail: 'usual' })).to.deep.equal([
      'Flannel carries a pod’s packet to another node',
      'flannel-vxlan on netns, without root',
      '',
      'Set up',
      '  ✓ 1 step                                                               18.5 ms',
      '',
      'Walks',
      '  ✓ podA pings podB                                            answered   6.4 ms',
      '    podA# ping -c 1 10.42.1.9                                              FV-10',
      '    podA',
      '      └ ✓ eth0    The pod hands a plain packet to its gateway',
      '                  10.42.0.65 → 10.42.1.9, ICMP echo request, TTL 64',
      '    master',
      '      └ ✓ enp0s1  The frame leaves wrapped in UDP',
      '                  wrapped in VXLAN id 1, 192.168.205.4 → 192.168.205.3; TTL 63:',
      '                  one is spent',
      '    reply',
      '    podA',
      '      └ ✓ eth0    The ping is answered',
      '                  ICMP echo reply',
      '',
      '  ✓ podA pings podC                                            answered   6.4 ms',
      '  ✓ podA pings podC                                            answered   6.4 ms',
      '',
      'Checks',
      '  ✓ 2 checks',
      '',
      'Drills',
      '  ✓ master does not forward                    lost at master:flannel.1   552 ms',
      '',
      'Claims',
      '  ✓ confirmed  FV-01',
      '  ~ corrected  FV-07  The socket is the kernel’s own.',
      '',
      '✓ flannel-vxlan: passed',
      '  3 of 3 walks as listed; 2 of 2 checks passed; 1 of 1 drill as predicted;',
      '  claims: 1 confirmed, 1 corrected',
      '  set up in 71.3 ms, first packet verified after 416 ms, taken down in 20.0 ms,',
      '  1.2 s in all',
      '  Every step, every walk hop by hop and every check: `--verbose`',
    ]);
  });

  it('counts what went well before and after what did not, which is shown in full', () => {
    const failure = { node: 'master', command: 'ip link add x type y', output: 'Error: Unknown device type.' };
    const bad = check('node1', { title: 'a socket', verdict: 'failed', reason: 'none', output: '' });
    const checks = [check('master'), bad, check('node2', { title: 'a route' })].map(
      (each): Event => ({
        type: 'check ended',
        check: each,
      }),
    );
    const events = [started, ...step('One'), ...step('Break it', { verdict: 'failed', failure }), ...checks];
    expect(shown([...events, failedRun.at(-1)!], { detail: 'usual' }).slice(3, 17)).to.deep.equal([
      'Set up',
      '  ✓ 1 step                                                               18.5 ms',
      '  ✗ Break it                                                             18.5 ms',
      '    master# ip link add x type y',
      '      │ Error: Unknown device type.',
      '',
      'Checks',
      '  ✓ 1 check',
      '  ✗ a socket                                                               FV-01',
      '    node1# ip -d link show flannel.1',
      '      none',
      '      │ (nothing)',
      '  ✓ 1 check',
      '',
    ]);
  });

  it('shows in full the first of several walks that failed for one cause, and how to see the others', () => {
    const cause = (place: string, more: Partial<Cause> = {}): Cause => ({
      ...{ cause: 'forwarding off', sentence: `${place} forwards nothing`, confidence: 'certain', place },
      ...{ supports: [], contradicts: [], evidence: [], read: [] },
      fix: { place, command: 'sysctl -w net.ipv4.ip_forward=1' },
      ...more,
    });
    const fails = (name: string, ...causes: Cause[]): Event => ({ type: 'walk ended', walk: lost({ name, causes }) });
    const events = [
      started,
      fails('one', cause('master')),
      fails('two', cause('master', { sentence: 'master forwards nothing, and 10.0.0.9 is none of its own addresses' })),
      fails('three', cause('node1')),
      fails('four', cause('node1', { fix: null })),
      fails('five'),
      fails('six'),
    ];
    const inFull = (name: string) => `packetwalk walk lab ${name}`;
    const full = (lines: string[]) => lines.filter((line) => line.includes('+ nothing')).length;
    const lines = shown(events, { detail: 'usual', inFull });
    expect(full(lines)).to.equal(5);
    const at = lines.findIndex((line) => line.includes('✗ two'));
    expect(lines.slice(at, at + 3)).to.deep.equal([
      '  ✗ two                                           lost at master:enp0s1    2.0 s',
      '    Same cause as one. In full: packetwalk walk lab two',
      lines[at + 2],
    ]);
    expect(lines[at + 2]).to.match(/✗ three/);
    for (const options of [{ detail: 'all' as const, inFull }, { detail: 'usual' as const }])
      expect(full(shown(events, options)), JSON.stringify(options)).to.equal(6);
  });

  it('shows a lost walk in full even where hops are not asked for', () => {
    expect(
      shown(
        [
          { type: 'walk ended', walk: walk() },
          { type: 'walk ended', walk: lost() },
        ],
        { detail: 'brief' },
      ),
    ).to.deep.equal([
      'Walks',
      '  ✓ podA pings podB                                            answered   6.4 ms',
      '  ✗ podA pings podB                               lost at master:enp0s1    2.0 s',
      '    Cause: not found; what was looked at stands under Why',
      '    podA# ping -c 1 10.42.1.9                                              FV-10',
      '    ✓ podA:eth0      The pod hands a plain packet to its gateway',
      "        ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 64 }),",
      "        icmp({ type: 'echo request' })",
      '    ✗ master:enp0s1  The frame leaves wrapped in UDP',
      "        - ip({ src: '192.168.205.4', dst: '192.168.205.3' }),",
      '          udp({ dst: 8472 }), vxlan({ vni: 1 }),',
      "            ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 63 }),",
      "            icmp({ type: 'echo request' })",
      '        + nothing',
      '    · podB:eth0      not reached',
      '    · reply          not reached',
      "    the sender's command ended with 1",
      '    Why',
      '      master:enp0s1 asked by ARP who has 192.168.205.99; nobody answered',
      '      master# ip route get 10.42.1.9',
      '        │ 10.42.1.9 via 10.42.1.0 dev flannel.1',
      '        │     cache',
    ]);
  });

  it('gathers what a check found on all its nodes', () => {
    const failed = check('node1', { verdict: 'failed', reason: "'id 1' is missing", output: 'vxlan id 2' });
    const events = [check('master'), failed, check('node2')].map((each) => ({
      type: 'check ended' as const,
      check: each,
    }));
    expect(shown([...events, failedRun.at(-1)!]).slice(0, 7)).to.deep.equal([
      'Checks',
      '  ✗ flannel.1 is a VXLAN device                                            FV-01',
      '    node1# ip -d link show flannel.1',
      "      'id 1' is missing",
      '      │ vxlan id 2',
      '    ✓ master node2',
      '',
    ]);
  });

  it('shows which command a step failed at', () => {
    const failure = { node: 'master', command: 'ip link add x type y', output: 'Error: Unknown device type.' };
    expect(shown([started, ...step('Break it', { verdict: 'failed', failure })]).slice(-3)).to.deep.equal([
      '  ✗ Break it                                                             18.5 ms',
      '    master# ip link add x type y',
      '      │ Error: Unknown device type.',
    ]);
  });

  it('lets no line grow wider than the terminal', () => {
    for (const detail of ['usual', 'all'] as const)
      for (const columns of [60, 80, 100, 140])
        for (const line of shown([...passedRun, ...failedRun], { columns, detail }))
          expect(line.length, line).to.be.at.most(columns);
  });

  it('lets no command colour the screen, ring the bell or move the cursor', () => {
    const output = shown(failedRun).join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(output).not.to.match(/[\x00-\x1f\x7f]/);
    expect(output).to.include('vxlan id 2 | red·');
  });

  it('says everything without colours that it says with them', () => {
    const colours = shown(failedRun, { colours: true }).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with it
    expect(colours.replace(/\x1b\[\d+m/g, '')).to.equal(shown(failedRun).join('\n'));
  });
});
