import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Context } from 'mocha';
import { needsNamespaces } from '../stand.ts';
import { daemonIn, daemonLab, routed } from './daemon-lab.ts';
import { ownFolder, packetwalk } from './packetwalk.ts';

describe('Real daemons', function () {
  this.timeout(120_000);
  const own = ownFolder();
  const run = packetwalk(own.folder, { XDG_CACHE_HOME: join(own.folder, 'cache') }, 120_000);
  after(() => own[Symbol.dispose]());
  before(function (this: Context) {
    needsNamespaces(this);
    writeFileSync(join(own.folder, 'mine.ts'), daemonLab);
  });
  const program = (script: string, version?: string) => daemonIn(own.folder, script, version);
  const verify = (...words: string[]) => run('verify', './mine.ts', ...words);

  it('are played by small ones, unless they are asked for', async () => {
    const { exitCode, stdout } = await verify('--json');
    expect([exitCode, JSON.parse(stdout).verdict, 'daemons' in JSON.parse(stdout)]).to.deep.equal([0, 'passed', false]);
  });

  it('run where their path is given, and the same walks and drills hold', async () => {
    const { exitCode, stdout } = await verify('--daemon', program(routed), '--drills', '--json');
    const { verdict, reason, daemons, daemonVersions, drills, checks } = JSON.parse(stdout);
    expect([exitCode, verdict, reason]).to.deep.equal([0, 'passed', '']);
    const path = join(own.folder, 'routed');
    expect(daemons).to.deep.equal(['routed 1.2.3']);
    expect(daemonVersions).to.deep.equal([
      { name: 'routed', path, version: '1.2.3', provenWith: null, differs: false },
    ]);
    expect(drills).to.have.length(1);
    expect(checks.map(({ title }: { title: string }) => title)).to.deep.equal(['routed still runs']);
  });

  it('that begin to work when they are asked for their versions do nothing at the node, and it is said that they tell none', async () => {
    const works =
      '[ "$1" = --version ] && { ip link del eth0; ip route add default via 10.0.0.2; kill -9 -1; exit 3; }';
    const { exitCode, stdout, stderr } = await verify('--daemon', program(routed, works), '--json');
    const path = join(own.folder, 'routed');
    expect([exitCode, stderr]).to.deep.equal([0, '']);
    expect(JSON.parse(stdout).daemons).to.deep.equal([`routed ${path} (it does not tell its version)`]);
    expect(JSON.parse(stdout).daemonVersions[0]).to.include({ version: null, differs: false });
  });

  it('of a version with which the lab was not proven are warned of, and the report says so', async () => {
    writeFileSync(join(own.folder, 'flannel.ts'), daemonLab.replaceAll('routed', 'flanneld'));
    program(routed, '[ "$1" = --version ] && { echo v0.27.4 >&2; exit; }');
    const given = ['--daemon', 'flanneld=./routed'];
    const { exitCode, stdout, stderr } = await run('verify', './flannel.ts', ...given, '--json');
    expect(stderr).to.match(
      /^Warning: flanneld at \S+\/routed is v0\.27\.4, and flannel was proven with v0\.28\.\d+: what differs may be the version’s\.$/,
    );
    const { daemons, daemonVersions } = JSON.parse(stdout);
    expect(daemonVersions[0]).to.include({ name: 'flanneld', version: 'v0.27.4', differs: true });
    expect(daemons[0]).to.match(/^flanneld v0\.27\.4 \(its labs were proven with v0\.28\.\d+\)$/);
    const both = await run('verify', './flannel.ts', '--daemons', 'both', ...given);
    expect(both.stdout).to.contain('real daemons: flanneld v0.27.4 (its labs were proven with v0.28.');
    expect([exitCode, both.exitCode]).to.deep.equal([0, 0]);
  });

  it('that are nowhere have the lab skipped, with what to type', async () => {
    const { exitCode, stdout } = await verify('--daemons', 'real');
    expect(stdout).to.contain('the real routed is not on this machine.').and.to.contain('--daemon routed=PATH');
    expect(exitCode).to.equal(0);
    expect((await verify('--daemons', 'real', '--strict')).exitCode).to.equal(1);
  });

  it('that end are told with their last words', async () => {
    const given = program("echo 'no configuration in /etc/routed'\nexit 3");
    const { exitCode, stdout } = await verify('--daemon', given);
    expect(stdout)
      .to.contain('routed')
      .and.to.contain('the daemon has ended')
      .and.to.contain('no configuration in /etc/routed');
    expect(exitCode).to.equal(1);
  });

  it('and small ones are compared: they agree', async () => {
    const { exitCode, stdout, all } = await verify(
      '--daemons',
      'both',
      '--daemon',
      program(routed),
      '--drills',
      '--json',
    );
    expect(exitCode, all).to.equal(0);
    const { runtimes, comparisons } = JSON.parse(stdout);
    expect(runtimes).to.deep.equal(['small daemons', 'real daemons']);
    expect(comparisons[0]).to.include({ verdict: 'passed', reason: '' });
    expect(comparisons[0].compared).to.be.greaterThan(5);
  });

  it('and small ones are compared: where they differ, each thing is named', async () => {
    const given = program('ip addr add 10.0.0.9/24 dev eth0\nip route replace $1 via $2 src 10.0.0.9\nexec sleep 1000');
    const { exitCode, stdout } = await verify('--daemons', 'both', '--daemon', given);
    expect(stdout.replace(/\s+/g, ' ')).to.contain('small daemons saw ip src 10.0.0.1, real daemons ip src 10.0.0.9');
    expect(exitCode).to.equal(1);
  });

  it('stay with a lab that stands, which is not taken for one with small ones', async () => {
    expect((await run('up', './mine.ts', '--daemon', program(routed))).exitCode).to.equal(0);
    const inside = await run(
      'exec',
      'mine',
      'a',
      'sh',
      '-c',
      'readlink /proc/$(cat /run/routed.pid)/exe; ls /run/daemons',
    );
    expect(inside.stdout).to.contain('routed');
    const other = await run('./mine.ts');
    expect([other.exitCode, other.stderr]).to.deep.equal([
      64,
      `mine stands with real daemons.\nTake it down first: npm run lab down mine`,
    ]);
    expect((await run('walk', 'mine')).exitCode).to.equal(0);
    expect((await run('down', 'mine')).exitCode).to.equal(0);
  });

  it('that a lab knows nothing of are refused, and so are other words', async () => {
    const given = program(routed);
    const refusals = [
      [['--daemons', 'medium'], '--daemons is small, real or both, not medium'],
      [['--daemon', 'routed'], '--daemon is NAME=PATH, not routed'],
      [['--daemon', 'router=./routed'], 'mine runs no router. Did you mean routed?'],
      [['--daemons', 'small', '--daemon', given], '--daemon belongs to --daemons real or both'],
      [
        ['--daemon', 'routed=./nothing'],
        'nothing is not there.\nSay where one is that runs here: --daemon routed=PATH',
      ],
      [['--daemons', 'both', '--daemon', 'routed=./mine.ts'], 'cannot be run (EACCES): type chmod +x'],
      [['--daemons', 'both', '--daemon', given, '--keep'], '--keep has no meaning beside it'],
    ] as const;
    for (const [words, says] of refusals) {
      const { exitCode, stderr } = await verify(...words);
      expect([exitCode, stderr], words.join(' ')).to.satisfy(
        ([code, text]: [number, string]) => code === 64 && text.includes(says),
      );
    }
    const up = await run('up', './mine.ts', '--daemons', 'both');
    expect([up.exitCode, up.stderr]).to.deep.equal([
      64,
      '--daemons both belongs to verify, which stands a lab up twice.',
    ]);
  });

  it('are shown as they are started', async () => {
    const { stdout } = await run('show', './mine.ts', '--daemons', 'real');
    expect(stdout).to.contain('/run/daemons/routed 10.9.0.0/24 10.0.0.2');
    expect((await run('show', './mine.ts')).stdout).to.contain('ip route add 10.9.0.0/24 via 10.0.0.2');
  });

  it('of a lab that plays none are not asked for', async () => {
    const { exitCode, stdout } = await run('verify', 'netns-veth', '--daemons', 'real');
    expect(stdout).to.contain('nothing in netns-veth stands for a real daemon');
    expect(exitCode).to.equal(0);
  });
});

describe('daemons', () => {
  const own = ownFolder();
  const run = packetwalk(own.folder, { XDG_CACHE_HOME: join(own.folder, 'cache') });
  after(() => own[Symbol.dispose]());

  it('--list says which can be built, in which version, and that none is', async () => {
    const { exitCode, stdout } = await run('daemons', '--list');
    expect(stdout)
      .to.match(/^kube-proxy +v1\.36\.3 +not built$/m)
      .and.to.match(/^flanneld +v0\.28\.10 +not built$/m);
    expect(exitCode).to.equal(0);
  });

  it('refuses a name that it does not know', async () => {
    const { exitCode, stderr } = await run('daemons', 'flaneld');
    expect(stderr).to.contain('there is no daemon flaneld to build. Did you mean flanneld?');
    expect(exitCode).to.equal(64);
  });
});
