import { expect } from 'chai';
import type { PointResult } from '../../../src/judge/result.ts';
import { causes, type Loss, ping, sighting, state } from './loss.ts';

const command = 'nsenter --target $(cat /run/web) --net --mount --pid bash -c "cat < /dev/tcp/10.0.0.1/22"';

const unsent = (stderr: string, more: Partial<Loss> = {}, sent: object = {}) =>
  causes({ way: [], sent: { from: 'p1', command, code: 1, stdout: '', stderr, ...sent }, ...more });

const way = { place: 'p1', command: 'ip route get 10.0.0.1', output: '10.0.0.1 dev eth0 src 10.0.0.2', ok: true };
const names = (told: ReturnType<typeof causes>) => told.map(({ cause }) => cause);

describe('A command whose first packet leaves with another destination than listed', () => {
  const told = (typed: string, dst: string) => {
    const now = sighting('p1:eth0', 'out', ping({ dst }));
    const hop = { kind: 'point', part: 'request', place: 'p1', expected: ping() } as unknown as PointResult;
    const walk = { hops: [hop], strays: [], outcome: 'differs', failedAt: 0 } as unknown as NonNullable<Loss['walk']>;
    const sent = { from: 'p1', command: typed, code: 0, stdout: '', stderr: '' };
    return causes({
      way: [now],
      walk,
      sent,
      site: { changed: { hop, now, before: undefined } },
      now: { p1: state({}) },
    })[0];
  };

  it('is told so where it sends to both', () => {
    const first = told('ping -c 1 10.77.3.5; ping -c 1 10.77.2.5', '10.77.3.5');
    expect(first).to.include({ cause: 'another packet first', confidence: 'certain', place: 'p1' });
    expect(first?.sentence).to.include('goes to 10.77.3.5').and.include('lists one to 10.77.2.5');
  });

  it('is told that its own rules do not translate it where it sends to that one alone', () => {
    const first = told('curl 10.96.0.80:80', '10.96.0.80');
    expect(first).to.include({ cause: 'destination not translated', place: 'p1' });
    expect(first?.sentence).to.include(
      'p1 leaves its destination 10.96.0.80 as it is, where it should become 10.77.2.5',
    );
  });
});

describe('A command that sends nothing', () => {
  it('is told in the sender’s own words where what it enters is not there', () => {
    const [first] = unsent('nsenter: cannot open /proc/32/ns/net: No such file or directory\n');
    expect(first).to.include({ cause: 'command failed', confidence: 'certain', place: 'p1' });
    expect(first?.sentence).to.include('cannot open /proc/32/ns/net: No such file or directory');
    expect(first?.show).to.deep.equal([{ place: 'p1', command: 'ls -d /proc/$(cat /run/web)' }]);
    expect(names(unsent('sh: 1: nc: not found\n'))).to.deep.equal(['command failed']);
  });

  it('is told of another namespace where its own place has a route', () => {
    const [first] = unsent('bash: connect: Network is unreachable\n', { lookups: [way] });
    expect(first).to.include({ cause: 'other network namespace', confidence: 'likely', place: 'p1' });
    expect(first?.sentence).to.include('10.0.0.1 dev eth0');
  });

  it('is told neither way without a reason', () => {
    const unreachable = 'bash: connect: Network is unreachable\n';
    expect(unsent(unreachable)).to.deep.equal([]);
    expect(unsent(unreachable, { lookups: [way] }, { command: 'ping -c 1 10.0.0.1' })).to.deep.equal([]);
    expect(unsent('connect: Connection timed out\n', { lookups: [way] })).to.deep.equal([]);
    expect(unsent('grep: x: No such file or directory\n', {}, { code: 0 })).to.deep.equal([]);
  });
});
