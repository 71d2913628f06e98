import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import type { OwnHop, OwnWalk } from '../../../src/judge/own-walk.ts';
import { ether, icmp, ip } from '../../../src/packet/index.ts';
import { ownWalkLines } from '../../../src/report/terminal/own-walk.ts';
import { asSeen, causeOf, ownWalkResult } from '../../results.ts';
import { inner, tunnel } from '../results.ts';

const lines = (walk: Partial<OwnWalk>, columns = 100) =>
  ownWalkLines(ownWalkResult(walk), 'b', columns).map((line) => stripVTControlCharacters(line));

const point = (at: string, direction: 'in' | 'out', headers: Parameters<typeof asSeen>[0]): OwnHop => {
  const [place = '', device = ''] = at.split(':');
  return { kind: 'point', part: 'request', place, device, direction, seen: asSeen(headers) };
};
const hook = (place: string, chain: string, more: Partial<OwnHop & { kind: 'hook' }> = {}): OwnHop => ({
  ...{ kind: 'hook', part: 'request', place, family: 'ip', table: 'filter', chain },
  ip: { src: '10.42.0.65', dst: '10.42.1.9' },
  seen: { chains: ['X'], ending: { verdict: 'accept' }, rule: 'tcp dport 80 accept' },
  ...more,
});
const lastAt = (place: string, device: string, direction: 'in' | 'out') =>
  ({ part: 'request', where: { kind: 'point', place, device, direction } }) as const;
const lost: Partial<OwnWalk> = { verdict: 'failed', outcome: 'lost', answeredBy: null };

describe('ownWalkLines', () => {
  it('shows the path as a tree of places, and what became of the packet at each', () => {
    const mac = '02:00:00:00:00:01';
    const hops = [
      point('podA:eth0', 'out', [ether({ dst: mac }), ...inner(64)]),
      point('node:veth', 'in', [ether({ dst: mac }), ...inner(64)]),
      hook('node', 'FORWARD'),
      point('node:flannel.1', 'out', inner(63)),
      hook('node', 'OUTPUT', {
        ip: { src: '192.168.205.4', dst: '192.168.205.3' },
        seen: { chains: [], ending: { verdict: 'accept' }, rule: 'accept' },
      }),
      point('node:enp0s1', 'out', [...tunnel(1), ...inner(63)]),
    ];
    expect(lines({ hops, macs: { [mac]: 'node:cni0' } })).to.deep.equal([
      'a# ping -c 1 10.0.0.2',
      '',
      'podA',
      '  └ eth0       out  10.42.0.65 → 10.42.1.9, ICMP echo request, TTL 64; to the MAC of node:cni0',
      'node',
      '  ├ veth       in',
      '  ├ filter FORWARD > X: accept',
      '  │   tcp dport 80 accept',
      '  ├ flannel.1  out  TTL 63: one is spent',
      '  ├ filter OUTPUT: accept (outer packet)',
      '  └ enp0s1     out  wrapped in VXLAN id 1, 192.168.205.4 → 192.168.205.3',
      '',
      '✓ answered by b after 0.1 ms',
      '  a was told: 64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.1 ms',
    ]);
  });

  it('compares a packet of which a copy went elsewhere with what it was where it came in', () => {
    const hops = [
      point('h1:eth0', 'out', inner(64)),
      point('sw:swp1', 'in', inner(64)),
      point('sw:swp3', 'out', [...tunnel(1), ...inner(64)]),
      point('h3:eth0', 'in', [...tunnel(1), ...inner(64)]),
      point('sw:swp2', 'out', inner(63)),
    ];
    const shown = lines({ hops });
    expect(shown).to.include('  └ swp2  out  TTL 63: one is spent');
    expect(shown.join()).not.to.include('unwrapped');
  });

  it('says the cause within three lines under the verdict, however much the command printed', () => {
    const said = ['x'.repeat(300), 'more', 'and more'];
    const send = { from: 'a', command: 'curl http://10.0.0.2' };
    const causes = [causeOf('r has no route', { evidence: [{ place: 'r', command: 'ip route', output: '' }] })];
    const command = { code: 28, answered: false };
    const text = lines({ ...lost, last: lastAt('r', 'eth0', 'in'), said, send, causes, command }, 60);
    const at = text.indexOf('✗ lost at r: last seen coming in by r:eth0');
    expect(text[at + 1])
      .to.match(/^ {2}a was told: x+… \(exit code 28\)$/)
      .and.to.have.length(60);
    expect(text[at + 2]).to.equal('  Cause: r has no route');
    expect(text.slice(at + 3, at + 7)).to.deep.equal([
      '  Why',
      '    r# ip route',
      '      │ (nothing)',
      '  What a was told',
    ]);
  });

  it('lets no command colour the screen, ring the bell or move the cursor', () => {
    const said = ['\u001b[31mred\r', 'two\u0007\u001b[2J'];
    const text = ownWalkLines(ownWalkResult({ said, send: { from: 'a', command: 'x' } }), 'b', 80).join('\n');
    expect(stripVTControlCharacters(text)).to.contain('a was told: red');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.to.match(/\u001b\[31m|\u001b\[2J|\u0007|\r/);
  });

  it('says where it was lost: at a place, on a wire, by a hook, on its way back', () => {
    const end = (walk: Partial<OwnWalk>) => lines({ ...lost, ...walk }).find((line) => line.startsWith('✗'));
    expect(end({ last: lastAt('r', 'flan', 'out') })).to.equal('✗ lost at r: last seen going out by r:flan');
    expect(end({ last: lastAt('r', 'eth1', 'out'), beyond: 'b:eth0' })).to.equal(
      '✗ lost between r:eth1 and b:eth0: last seen leaving r:eth1',
    );
    expect(end({ last: { ...lastAt('r', 'eth1', 'in'), part: 'reply' } })).to.equal(
      '✗ the reply was lost at r: last seen coming in by r:eth1',
    );
    const where = { kind: 'hook', place: 'r', family: 'ip', table: 'filter', chain: 'FORWARD' } as const;
    const dropped = (seen: (OwnHop & { kind: 'hook' })['seen']) =>
      end({ last: { part: 'request', where }, hops: [hook('r', 'FORWARD', { seen })] });
    expect(dropped({ chains: ['X'], ending: { verdict: 'drop' }, rule: 'ip protocol icmp drop' })).to.equal(
      '✗ lost at r: dropped in filter FORWARD > X, by `ip protocol icmp drop`',
    );
    expect(dropped({ chains: [], ending: { verdict: 'drop', policy: true } })).to.equal(
      '✗ lost at r: dropped by the policy of filter FORWARD',
    );
  });

  it('says why nothing left', () => {
    const said = ['ping: connect: Network is unreachable'];
    expect(lines({ ...lost, outcome: 'nothing sent', last: null, said })).to.deep.equal([
      'a# ping -c 1 10.0.0.2',
      '',
      '✗ the packet did not leave a',
      '  a was told: ping: connect: Network is unreachable',
      '  Cause: not found',
    ]);
  });

  it('says who refused it, that it arrived, that nobody answered', () => {
    const end = (walk: Partial<OwnWalk>) => lines(walk).find((line) => /^[✓✗?]/.test(line));
    const reply = { ...point('b:eth0', 'out', [ip(), icmp({ type: 'unreachable', code: 3 })]), part: 'reply' as const };
    expect(end({ verdict: 'failed', outcome: 'refused', hops: [reply] })).to.equal(
      '✗ refused by b: ICMP port unreachable',
    );
    expect(end({ outcome: 'arrived', last: lastAt('b', 'eth0', 'in') })).to.equal(
      '✓ arrived at b:eth0 in; no answer came, and none has to',
    );
    expect(end({ verdict: 'failed', outcome: 'unanswered', last: lastAt('b', 'eth0', 'in') })).to.equal(
      '✗ unanswered: it arrived at b:eth0, and no answer was sent',
    );
    expect(end({ verdict: 'failed', command: { code: 28, answered: true } })).to.equal(
      '✗ answered by b after 0.1 ms, but its command ended with 28',
    );
    expect(lines({ verdict: 'unknown', outcome: 'unknown', reason: 'who knows' }).slice(2, 4)).to.deep.equal([
      '? unknown',
      '  who knows',
    ]);
  });

  it('shows a loop once, and says it in a line', () => {
    const ring = (['out', 'in'] as const).map((direction) => ({ place: 'm', device: 'flan', direction }));
    const round = ring.map(({ direction }) => point('m:flan', direction, inner(63)));
    const hops = [point('p:eth0', 'out', inner(64)), ...Array.from({ length: 63 }, () => round).flat()];
    const loops = [{ part: 'request' as const, ring, times: 63 }];
    expect(lines({ ...lost, hops, loops, last: lastAt('m', 'flan', 'in') }).slice(2, 8)).to.deep.equal([
      'p',
      '  └ eth0  out  10.42.0.65 → 10.42.1.9, ICMP echo request, TTL 64',
      'm',
      '  ├ flan  out  TTL 63: one is spent',
      '  └ flan  in',
      '  ↻ it goes round m:flan, 63 times',
    ]);
  });

  it('shows one error about a packet that was sent twice', () => {
    const error = [ip({ src: '10.0.0.1', dst: '10.0.0.9', ttl: 64 }), icmp({ type: 'unreachable', code: 1 })];
    const hops = [point('r:e', 'out', error), point('a:e', 'in', error)].map((each) => ({
      ...each,
      part: 'reply' as const,
    }));
    const text = lines({ ...lost, hops: [...hops, ...hops], last: lastAt('r', 'e', 'in') });
    expect(text.slice(2, 8)).to.deep.equal([
      'error',
      'r',
      '  └ e  out  10.0.0.1 → 10.0.0.9, ICMP host unreachable, TTL 64',
      'a',
      '  └ e  in',
      '',
    ]);
  });
});
