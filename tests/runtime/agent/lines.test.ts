import { expect } from 'chai';
import { argvOf, groups, ranLine } from '../../../src/runtime/agent/lines.ts';

const batches = (...lines: string[]) => groups(lines).map(({ argv, lines }) => [argv.join(' '), ...lines]);

describe('groups', () => {
  it('has neighbouring ip lines share one process, and bridge lines another', () => {
    expect(
      batches(
        'ip link add one type bridge',
        'ip addr add 10.0.0.1/24 dev one',
        'bridge fdb show',
        'bridge link',
        'ip route',
      ),
    ).to.deep.equal([
      ['ip -batch -', 'ip link add one type bridge', 'ip addr add 10.0.0.1/24 dev one'],
      ['bridge -batch -', 'bridge fdb show'],
      ['bridge link', 'bridge link'],
      ['ip route', 'ip route'],
    ]);
  });

  it('gives the process its lines without the tool’s name', () => {
    expect(groups(['ip link set one up', 'ip route add default via 10.0.0.1'])[0]!.stdin).to.equal(
      'link set one up\nroute add default via 10.0.0.1\n',
    );
  });

  it('does not lose a line behind one of the same tool that stands alone', () => {
    expect(batches('ip -6 route add default via fd00::1', 'ip route add default via 10.0.0.1')).to.deep.equal([
      ['ip -6 route add default via fd00::1', 'ip -6 route add default via fd00::1'],
      ['ip -batch -', 'ip route add default via 10.0.0.1'],
    ]);
  });

  it('keeps the order: a line between ends the sharing', () => {
    expect(batches('ip link set one up', 'sysctl -w x=1', 'ip link set two up')).to.deep.equal([
      ['ip -batch -', 'ip link set one up'],
      ['sysctl -w x=1', 'sysctl -w x=1'],
      ['ip -batch -', 'ip link set two up'],
    ]);
  });

  it('leaves to a shell all that a shell would read otherwise', () => {
    for (const line of [
      'ip link set $one up',
      'ip link set `cat one` up',
      'ip link set one up && true',
      'ip link set one up || true',
      'ip link set one up; true',
      'ip link set one up & true',
      'ip link show one | cat',
      'ip link show one > /run/one',
      'ip link set "one" up',
      "ip link set 'one' up",
      'ip link set one\\ two up',
      'ip link show o*',
      'ip link show o?e',
      'ip link set one up # so',
      'ip link set ~ up',
      '! ip link show one',
      'ipset create one hash:ip',
      'iptables -A FORWARD -j DROP',
    ])
      expect(batches(line), line).to.deep.equal([[`sh -c ${line}`, line]]);
  });

  it('starts no shell for one plain command of a program, and one for all else', () => {
    for (const line of ['ip netns exec one true', 'ip -n one link set two up', 'ping -c 1 10.0.0.1', 'cat /run/one'])
      expect(argvOf(line)).to.deep.equal(line.split(' '));
    for (const script of [
      'cd /run',
      'A=1 ip link',
      'ip link\nip addr',
      "ss 'sport = :80'",
      'ping -c 1 $one',
      ' ip link',
    ])
      expect(argvOf(script)).to.deep.equal(['sh', '-c', script]);
  });

  it('is none for no lines', () => {
    expect(groups([])).to.deep.equal([]);
  });
});

describe('ranLine', () => {
  const list = groups(['true', 'ip link set one up', 'ip link set two up', 'ip link set three up', 'false']);
  const ran = (group: number, code: number, stderr = '', stdout = '') => ranLine(list, { group, code, stdout, stderr });

  it('is the line of a batch that failed, without what ip says of its batch', () => {
    expect(ran(1, 1, 'Cannot find device "two"\nCommand failed -:2\n')).to.deep.equal({
      command: 'ip link set two up',
      code: 1,
      stdout: '',
      stderr: 'Cannot find device "two"\n',
    });
  });

  it('is the line of its own that failed', () => {
    expect(ran(2, 1, 'no\n')).to.include({ command: 'false', stderr: 'no\n' });
    expect(ran(0, 3).command).to.equal('true');
  });

  it('is the last line when all went well', () => {
    expect(ran(2, 0, '', 'done\n')).to.deep.equal({ command: 'false', code: 0, stdout: 'done\n', stderr: '' });
  });

  it('is no line when there was none', () => {
    expect(ranLine([], { group: 0, code: 0, stdout: '', stderr: '' }).command).to.equal('');
  });

  it('takes nobody’s word for a number that is no line', () => {
    expect(ran(0, 1, 'Command failed -:9\n').command).to.equal('true');
  });
});
