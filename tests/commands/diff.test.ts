import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

describe('What differs from when a lab was proven', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder);
  const note = join(own.folder, `packetwalk-${process.getuid?.()}`, 'baselines', 'mine.json');
  const at = (place: string, ...words: string[]) => run('exec', 'mine', place, '--', ...words);
  before(() => writeFileSync(join(own.folder, 'mine.ts'), smallLab()));
  beforeEach(async () => {
    expect((await run('up', './mine.ts')).exitCode).to.equal(0);
  });
  after(async () => {
    await run('clean');
    own[Symbol.dispose]();
  });

  it('is nothing on a lab fresh from up, nor after its walks', async () => {
    await run('walk', 'mine');
    const { all, exitCode } = await run('diff', 'mine');
    expect(all).to.match(/^mine is as it was when it was set up, .*\.$/);
    expect(exitCode).to.equal(0);
  });

  it('is told place by place, and nothing once it is mended', async () => {
    await at('b', 'ip', 'route', 'add', 'blackhole', '10.0.9.0/24');
    await at('a', 'sysctl', '-qw', 'net.ipv4.conf.eth0.rp_filter=2');
    await at('a', 'ip', 'link', 'set', 'eth0', 'mtu', '1400');
    const { stdout, exitCode } = await run('diff', 'mine');
    const lines = stdout.split('\n');
    expect(lines[0]).to.match(/^mine differs in 3 things from when it was set up, .*:$/);
    expect(lines.slice(1)).to.deep.equal([
      '',
      'a',
      '  link eth0: mtu is 1400, was 1500',
      '  setting net.ipv4.conf.eth0.rp_filter is 2, was 0',
      '',
      'b',
      '  route blackhole 10.0.9.0/24 is new',
      '',
      'Stand it up anew: npm run lab down mine, then npm run lab up mine',
    ]);
    expect(exitCode).to.equal(1);

    const json = JSON.parse((await run('diff', 'mine', '--json')).stdout);
    expect(json).to.include({ lab: 'mine', after: 'set-up' });
    expect(json.unasked).to.deep.equal([]);
    expect(json.differences.at(-1)).to.deep.equal({
      place: 'b',
      what: 'route',
      change: 'new',
      subject: '10.0.9.0/24',
      after: 'blackhole 10.0.9.0/24',
      sentence: 'b: route blackhole 10.0.9.0/24 is new',
    });

    await at('b', 'ip', 'route', 'del', 'blackhole', '10.0.9.0/24');
    await at('a', 'sysctl', '-qw', 'net.ipv4.conf.eth0.rp_filter=0');
    await at('a', 'ip', 'link', 'set', 'eth0', 'mtu', '1500');
    expect((await run('diff', 'mine')).exitCode).to.equal(0);
  });

  it('is counted from the last proof that passed', async () => {
    await at('b', 'ip', 'route', 'add', 'blackhole', '10.0.9.0/24');
    expect((await run('./mine.ts')).exitCode).to.equal(0);
    const proven = await run('diff', 'mine');
    expect(proven.all).to.match(/^mine is as it was when it was proven/);
    await at('b', 'ip', 'link', 'set', 'eth0', 'down');
    expect((await run('./mine.ts')).exitCode).to.equal(1);
    const broken = await run('diff', 'mine');
    expect(broken.stdout).to.contain('link eth0: state is down, was up').and.to.contain('when it was proven');
    await run('down', 'mine');
  });

  it('is forgotten when the lab is taken down, and never taken from another stand-up', async () => {
    const kept = readFileSync(note, 'utf8');
    await run('down', 'mine');
    expect(existsSync(note)).to.equal(false);
    await run('up', './mine.ts');
    writeFileSync(note, kept);
    const { all, exitCode } = await run('diff', 'mine');
    expect(all).to.equal(
      'mine stands, but what its places were like when it was set up is not known.\n' +
        'Prove it, and it is known from then on: npm run lab mine',
    );
    expect(exitCode).to.equal(64);
  });

  it('is not told of a lab that does not stand, or of which another version kept something', async () => {
    const strange = JSON.parse(readFileSync(note, 'utf8'));
    writeFileSync(note, JSON.stringify({ ...strange, version: strange.version + 1 }));
    expect((await run('diff', 'mine')).exitCode).to.equal(64);
    rmSync(note);
    expect((await run('diff', 'mine')).exitCode).to.equal(64);
    await run('clean');
    const { all, exitCode } = await run('diff', 'flannel-vxlan');
    expect(all).to.match(/^flannel-vxlan does not stand\./);
    expect(exitCode).to.equal(64);
  });
});
