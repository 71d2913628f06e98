import { expect } from 'chai';
import { causes, type Loss } from './loss.ts';

const command = 'nsenter --target $(cat /run/web) --net --mount --pid bash -c "cat < /dev/tcp/10.0.0.1/22"';

const unsent = (stderr: string, more: Partial<Loss> = {}, sent: object = {}) =>
  causes({ way: [], sent: { from: 'p1', command, code: 1, stdout: '', stderr, ...sent }, ...more });

const way = { place: 'p1', command: 'ip route get 10.0.0.1', output: '10.0.0.1 dev eth0 src 10.0.0.2', ok: true };
const names = (told: ReturnType<typeof causes>) => told.map(({ cause }) => cause);

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
