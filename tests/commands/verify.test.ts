import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { find, frequent } from '../../src/machine/programs.ts';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

describe('verify', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder);
  after(() => own[Symbol.dispose]());
  const file = (text: string) => {
    writeFileSync(join(own.folder, 'mine.ts'), text);
    return './mine.ts';
  };

  it('proves a lab of one’s own, by its path', async () => {
    const { exitCode, stdout } = await run('verify', file(smallLab()));
    expect(stdout).to.contain('Two hosts on one cable').and.to.contain('1 of 1 walk as listed');
    expect(exitCode).to.equal(0);
  });

  it('prints one JSON document and writes JUnit XML and Markdown', async () => {
    const { exitCode, stdout } = await run(
      'verify',
      file(smallLab()),
      '--json',
      '--junit',
      join(own.folder, 'j.xml'),
      '--markdown',
      join(own.folder, 'm.md'),
    );
    const document = JSON.parse(stdout);
    expect(document).to.include({ schemaVersion: 2, lab: 'mine', runtime: 'netns', verdict: 'passed', reason: '' });
    expect(document).to.have.all.keys(
      ...[
        'schemaVersion',
        'lab',
        'title',
        'runtime',
        'why',
        'rootless',
        'verdict',
        'reason',
        'steps',
        'checks',
        'walks',
        'claims',
        'drills',
      ],
      'durations',
    );
    expect(document.durations).to.have.all.keys('setUpMs', 'firstVerifiedPacketMs', 'totalMs', 'downMs');
    expect(readFileSync(join(own.folder, 'j.xml'), 'utf8')).to.match(/^<\?xml/);
    expect(readFileSync(join(own.folder, 'm.md'), 'utf8')).to.contain('passed');
    expect(exitCode).to.equal(0);
  });

  it('a walk that goes elsewhere fails, with exit code 1', async () => {
    const { exitCode, stdout } = await run(
      'verify',
      file(smallLab({ setup: `'Drop it': { b: 'ip link set eth0 down' }` })),
      '--json',
    );
    expect(JSON.parse(stdout)).to.include({ verdict: 'failed' });
    expect(exitCode).to.equal(1);
  });

  it('a command that fails is told with its step, node and output, and the lab is taken down', async () => {
    const lab = file(smallLab({ setup: `'Go wrong': { a: 'ip link set nosuch up' }` }));
    const { exitCode, stdout } = await run('verify', lab);
    expect(stdout).to.contain('Go wrong').and.to.contain('ip link set nosuch up').and.to.contain('Cannot find device');
    expect(exitCode).to.equal(1);
    expect((await run('status')).stdout).to.contain('No lab stands.');
  });

  it('with --keep a lab whose step failed is left standing', async () => {
    const lab = file(smallLab({ setup: `'Go wrong': { a: 'ip link set nosuch up' }` }));
    await run('verify', lab, '--keep', '--brief');
    expect((await run('exec', 'mine', 'a', '--', 'ip', '-br', 'addr', 'show', 'eth0')).stdout).to.contain(
      '10.0.0.1/24',
    );
    expect((await run('down', 'mine')).exitCode).to.equal(0);
  });

  it('what this kernel has not is skipped with the reason; --strict counts it', async () => {
    // `ip link add` adds no netdevsim, wherever it is.
    const lab = file(smallLab({ setup: `'Add what no kernel has': { a: 'ip link add x type netdevsim' }` }));
    const here = ['verify', lab, '--runtime', 'netns', '--json'];
    const { exitCode, stdout } = await run(...here);
    expect(JSON.parse(stdout)).to.include({ verdict: 'skipped', reason: 'this kernel has no netdevsim' });
    expect(exitCode).to.equal(0);
    expect((await run(...here, '--strict')).exitCode).to.equal(1);
  });

  it('what a lab says that it needs must be known or explained; what is not there skips, and says so', async () => {
    const needing = (needs: string) => file(smallLab().replace('nodes:', `needs: ${needs},\n  nodes:`));
    const refused = await run('verify', needing("{ programs: ['traceroutee'], kernel: ['netemm'] }"));
    expect(refused.exitCode).to.equal(64);
    expect(refused.stderr)
      .to.match(/ needs\.programs\[0\] \(line \d+, column \d+\): traceroutee is not known\. /)
      .and.to.contain('Did you mean traceroute?')
      .and.to.match(/ needs\.kernel\[0\] \(line \d+, column \d+\): netemm is not known\. /);
    const misspelt = await run('verify', needing("{ program: ['ip'] }"));
    expect(misspelt.exitCode).to.equal(64);
    expect(misspelt.stderr).to.match(
      / needs\.program \(line \d+, column \d+\): is no field here\. Did you mean programs\?/,
    );
    for (const [needs, reason] of [
      ["{ devices: ['newkind'] }", 'this kernel has no newkind'],
      [
        "{ programs: [{ command: 'no-such' }] }",
        'this machine lacks no-such, which is needed by the lab. Which package has it, the lab does not say.',
      ],
    ]) {
      const { stdout, exitCode } = await run('verify', needing(needs!), '--runtime', 'netns', '--json');
      expect(JSON.parse(stdout)).to.include({ verdict: 'skipped', reason });
      expect(exitCode).to.equal(0);
    }
  });

  it('a misspelt device type fails, with exit code 1 and what was meant', async () => {
    const lab = file(smallLab({ setup: `'Add a bridge': { a: 'ip link add br0 up type brdige' }` }));
    const { exitCode, stdout } = await run('verify', lab);
    expect(stdout).to.contain('brdige is no kind of device. Did you mean bridge?').and.to.contain('mine: failed');
    expect(exitCode).to.equal(1);
  });

  it('a misspelt program fails, with exit code 1 and what was meant', async () => {
    const lab = file(smallLab({ setup: `'Look': { a: 'traceroutee -n 10.0.0.2' }` }));
    const { exitCode, stdout } = await run('verify', lab);
    expect(stdout).to.contain('There is no program traceroutee. Did you mean traceroute?');
    expect(exitCode).to.equal(1);
  });

  it('a known program that is not there leaves the verdict open: exit code 2', async function () {
    const tool = frequent.find(({ command }) => !find(command));
    if (!tool) {
      this.test!.title += ' (skipped: every known program is installed here)';
      return this.skip();
    }
    const lab = file(smallLab({ setup: `'Start it': { a: '${tool.command}' }` }));
    const { exitCode, stdout } = await run('verify', lab, '--json');
    const { verdict, steps } = JSON.parse(stdout);
    expect(verdict).to.equal('unknown');
    expect(steps.at(-1).failure.output).to.contain(`${tool.command} is not installed there. Type: `);
    expect(exitCode).to.equal(2);
  });

  it('a missing tool is named with its use and the line that installs it, and skips', async () => {
    const poor = packetwalk(own.folder, { PATH: '/nowhere' });
    const { exitCode, stdout } = await poor('verify', file(smallLab()), '--json');
    const { verdict, reason } = JSON.parse(stdout);
    expect(verdict).to.equal('skipped');
    expect(reason)
      .to.match(/this machine lacks .*unshare, which makes the sandbox/)
      .and.to.match(/Type: .*install/);
    expect(exitCode).to.equal(0);
  });

  it('Ctrl-C takes the lab down and ends with 130', async () => {
    const child = run('verify', 'flannel-vxlan', '--drills', '--brief');
    await new Promise<void>((seen) => child.stdout.on('data', (text) => String(text).includes('Walks') && seen()));
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    expect(stderr).to.contain('taking down');
    expect(exitCode).to.equal(130);
  });
});
