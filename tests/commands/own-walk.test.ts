import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

describe('A walk of one’s own', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder);
  const walk = (...words: string[]) => run('walk', 'mine', ...words);

  before(async function () {
    needsNamespaces(this);
    this.timeout(60_000);
    writeFileSync(join(own.folder, 'mine.ts'), smallLab());
    expect((await run('up', './mine.ts')).exitCode).to.equal(0);
  });
  after(async () => {
    await run('down', 'mine');
    own[Symbol.dispose]();
  });

  it('is read as a tree, and ends with how it ended and what its sender was told', async () => {
    const { stdout, exitCode } = await walk('a', 'b');
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(
      /^a# ping -c 1 10\.0\.0\.2\n\na\n {2}└ eth0 {2}out {2}10\.0\.0\.1 → 10\.0\.0\.2, ICMP echo request/,
    );
    expect(stdout).to.match(/\nb\n {2}└ eth0 {2}in\n\nreply\nb\n/);
    expect(stdout).to.match(/\n✓ answered by b after [\d.]+ ms\n {2}a was told: 64 bytes from 10\.0\.0\.2.*$/);
  });

  it('is printed in the words of a lab, and nothing else, or as data', async () => {
    expect((await walk('a', 'b', '--as-lab')).stdout).to.match(/^'a pings b': \{\n[\s\S]*\n\},$/);
    const data = JSON.parse((await walk('a', 'b:eth0', '--json')).stdout);
    expect(data).to.include({ lab: 'mine', to: 'b:eth0', address: '10.0.0.2', answered: true, verdict: 'passed' });
    expect(data).to.include({ outcome: 'answered', answeredBy: 'b' });
    expect(data.hops).to.have.length(4);
    expect(data.walk).to.match(/^'a pings b:eth0'/);
  });

  it('tries a connection, sends a datagram, and runs a command', async () => {
    const tcp = await walk('a', 'b', '--tcp', '80');
    expect(tcp.stdout).to.contain(
      '✗ refused by b: TCP reset from port 80\n  a was told: bash: connect: Connection refused',
    );
    expect(tcp.exitCode).to.equal(1);
    const udp = await walk('a', 'b', '--udp', '53');
    expect(udp.stdout).to.contain('✗ refused by b: ICMP port unreachable');
    for (const words of [
      ['ping -c 1 10.0.0.2'],
      ['--', 'ping', '-c', '1', '10.0.0.2'],
      ['--', 'sh', '-c', 'ping -c 1 10.0.0.2'],
    ])
      expect((await walk('a', ...words)).stdout, words.join()).to.contain('✓ answered by b');
    expect((await walk('a', '--', 'true')).exitCode).to.equal(2);
  });

  it('says why nothing left, and lists no empty path', async () => {
    const { stdout, exitCode } = await walk('a', '9.9.9.9');
    expect(exitCode).to.equal(1);
    expect(stdout).to.contain(
      '✗ the packet did not leave a\n  a was told: ping: connect: Network is unreachable\n  Cause: ',
    );
    const { stdout: notation } = await walk('a', '9.9.9.9', '--as-lab');
    expect(notation).to.contain('Network is unreachable').and.not.to.contain('request: [');
  });

  it('refuses what is no place and no address, and options that do not go together', async () => {
    for (const [words, says] of [
      [['a', '999.1.1.1'], /999\.1\.1\.1 is no IPv4 address/],
      [['a', 'bb'], /bb is no place, .* Did you mean \w\?/],
      [['aa', 'b'], /there is no node or pod aa\. Did you mean \w\?/],
      [['a', 'b:eth1'], /b has no interface eth1\. Did you mean eth0\?/],
      [['a', 'b', 'c'], /more than one place[\s\S]*walk mine a -- b c/],
      [['a', 'ping', '-c', '1', '10.0.0.2'], /A command of your own goes behind --/],
      [['a', '--', 'ping', '10.0.0.2'], /a walk follows one packet: ping -c 1/],
      [['a', 'b', '--tcp', '80', '--udp', '53'], /--tcp or --udp/],
      [['a', 'b', '--tcp', 'http'], /http is no port/],
      [['a', 'b', '--json', '--as-lab'], /--json or --as-lab/],
      [['a', 'b', '--junit', 'x.xml'], /--junit is for the walks that the lab lists/],
      [['a', '--tcp', '80', '--', 'true'], /a command says itself what it sends/],
      [['1', '--tcp', '80'], /--tcp goes with FROM and TO/],
    ] as const) {
      const { stderr, stdout, exitCode } = await walk(...words);
      expect(stderr, words.join(' ')).to.match(says);
      expect(stdout, words.join(' ')).to.equal('');
      expect(exitCode, words.join(' ')).to.equal(64);
    }
  });

  it('leaves alone the walks that the lab lists, by number and by title', async () => {
    for (const words of [['1'], ['a pings b'], ['a', 'pings', 'b']])
      expect((await walk(...words)).stdout, words.join(' ')).to.contain('1 of 1 walk as listed');
  });
});

describe('A walk of a lab that stands', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder);
  const file = join(own.folder, 'edited.ts');

  before(async function () {
    needsNamespaces(this);
    this.timeout(60_000);
    writeFileSync(file, smallLab());
    expect((await run('up', './edited.ts')).exitCode).to.equal(0);
  });
  after(async () => {
    await run('down', 'edited');
    own[Symbol.dispose]();
  });

  it('is refused where its file has a problem by now: nothing passes that was misspelt since', async () => {
    writeFileSync(file, smallLab().replace('walks:', 'wakls:'));
    const { stdout, stderr, exitCode } = await run('walk', 'edited');
    expect({ stdout, exitCode }).to.deep.equal({ stdout: '', exitCode: 64 });
    expect(stderr).to.match(/wakls.*is no field here\. Did you mean walks\?/);
  });

  it('is as it was where its file is gone, and says so', async () => {
    rmSync(file);
    const { stdout, stderr, exitCode } = await run('walk', 'edited');
    expect(exitCode).to.equal(0);
    expect(stderr).to.match(/The file of edited cannot be read any more .*: walking it as it was\./);
    expect(stdout).to.contain('1 of 1 walk as listed');
  });
});

describe('A walk of one’s own that was pasted into a lab', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder);
  const servers = `b: [
      'sysctl -w net.ipv6.conf.eth0.disable_ipv6=0', 'ip -6 address add fd00::2/64 dev eth0 nodad',
      daemon('web', 'socat TCP4-LISTEN:80,fork,reuseaddr EXEC:cat', { 'It listens': 'ss -ltn | grep -q :80' }),
      daemon('echo', 'socat UDP4-LISTEN:53,fork,reuseaddr EXEC:cat', { 'It listens': 'ss -lun | grep -q :53' }),
    ],
    a: ['sysctl -w net.ipv6.conf.eth0.disable_ipv6=0', 'ip -6 address add fd00::1/64 dev eth0 nodad']`;
  const small = smallLab({ setup: `'Both have IPv6, and b serves': { ${servers} }` }).replace(
    'import { at,',
    'import { daemon, ether, icmp6, ip6, tcp, udp, at,',
  );
  const asked = [
    ['b', '--tcp', '80'],
    ['b', '--udp', '53'],
    ['b', '--tcp', '81'],
    ['--', 'ping', '-6', '-c', '1', 'fd00::2'],
    ['--', 'sh', '-c', 'echo hello | socat -t1 - UDP4:10.0.0.2:53'],
    ['b'],
  ];

  before(async function () {
    needsNamespaces(this);
    this.timeout(120_000);
    writeFileSync(join(own.folder, 'mine.ts'), small);
    expect((await run('up', './mine.ts')).exitCode).to.equal(0);
  });
  after(async () => {
    await run('down', 'mine');
    await run('down', 'pasted');
    own[Symbol.dispose]();
  });

  it('passes whenever the lab is proven, for nothing that is drawn anew each time stands in it', async function () {
    this.timeout(180_000);
    const walks: string[] = [];
    for (const [i, words] of asked.entries()) {
      const { stdout } = await run('walk', '--as-lab', 'mine', 'a', ...words);
      expect(stdout, words.join(' ')).to.contain('request: [');
      walks.push(stdout.replace(/^'.*?': \{\n/, `'${i}': {\n`));
    }
    writeFileSync(join(own.folder, 'pasted.ts'), small.replace('walks: {', `walks: {\n${walks.join('\n')}`));
    for (const _ of [1, 2]) {
      const { all, exitCode } = await run('verify', './pasted.ts');
      expect(exitCode, `${all}\n${walks.join('\n')}`).to.equal(0);
      expect(all).to.contain('7 of 7 walks');
    }
  });
});
