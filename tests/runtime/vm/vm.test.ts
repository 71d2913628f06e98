import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { compare } from '../../../src/compare/compare.ts';
import { plan } from '../../../src/plan/plan.ts';
import { guest } from '../../../src/runtime/vm/guest.ts';
import { vm } from '../../../src/runtime/vm/index.ts';
import { openShell } from '../../../src/workshop/shell.ts';
import { daemonIn, daemonLab, routed } from '../../commands/daemon-lab.ts';
import { ownFolder, packetwalk, script, smallLab } from '../../commands/packetwalk.ts';
import { isNightly } from '../../labs/every-lab.ts';
import { twoHosts } from '../../stand.ts';
import { tellsDrops } from '../tells-drops.ts';
import { whyNot } from './image.ts';
import { proxied } from './proxied.ts';

const onVm = ['--runtime', 'vm'];
const perNode = [...onVm, '--machines', 'per-node'];

describe('vm', function () {
  this.timeout(240_000);
  const own = ownFolder();
  const run = packetwalk(own.folder, {}, 200_000);
  const runs = join(own.folder, `packetwalk-${process.getuid?.()}`);

  before(async function () {
    const why = await whyNot();
    if (!why) return;
    this.test?.parent?.eachTest((test) => {
      test.title += ` (skipped: ${why})`;
    });
    this.skip();
  });

  before(() => writeFileSync(join(own.folder, 'mine.ts'), smallLab()));
  after(() => own[Symbol.dispose]());

  afterEach(() => expect([guests(), folders()]).to.deep.equal([[], []]));

  /** QEMU processes whose words name this test's own folder. */
  const guests = () =>
    readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(own.folder) &&
          /qemu/.test(readFileSync(`/proc/${pid}/comm`, 'utf8')) &&
          !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
        );
      } catch {
        return false;
      }
    });
  const folders = () => (existsSync(runs) ? readdirSync(runs).filter((name) => name.startsWith('vm-')) : []);

  it('is chosen by auto for a lab that needs what this kernel lacks, and says so', async () => {
    const { stdout, exitCode } = await run('verify', 'ipip-tunnel', '--drills', '--json');
    const { verdict, reason, runtime, why } = JSON.parse(stdout);
    expect({ verdict, exitCode }, reason).to.deep.equal({ verdict: 'passed', exitCode: 0 });
    if (runtime === 'vm') expect(why).to.match(/^this kernel has no .*(ipip|dummy).*: running in a virtual machine/);
    else expect({ runtime, why }).to.deep.equal({ runtime: 'netns', why: null });
  });

  it(`finds the same as namespaces on this machine, ${isNightly ? 'in one machine, and ' : ''}in one a node`, async () => {
    const ways = { netns: ['--runtime', 'netns'], ...(isNightly && { vm: onVm }), 'vm/per-node': perNode };
    const runs = await Promise.all(
      Object.entries(ways).map(async ([runtime, words]) => {
        const { stdout } = await run('verify', 'flannel-vxlan-routed', ...words, '--drills', '--json');
        const document = JSON.parse(stdout);
        return { runtime, document, ...document, durationMs: 0 };
      }),
    );
    for (const { runtime, verdict, reason } of runs)
      expect({ verdict, reason }, runtime).to.deep.equal({ verdict: 'passed', reason: '' });
    expect(compare('flannel-vxlan-routed', runs)).to.include({ verdict: 'passed', reason: '' });
  });

  for (const [title, words] of [
    ['in one machine', onVm],
    ['in one machine a node', perNode],
  ] as const)
    it(`stands until it is taken down, ${title}`, async () => {
      await run('up', './mine.ts', ...words);
      expect((await run('status')).stdout).to.match(/mine .*vm, QEMU process/);
      expect(await run('exec', 'mine', 'b', 'sh', '-c', 'hostname; exit 3')).to.include({ stdout: 'b', exitCode: 3 });
      for (let i = 0; i < 2; i++) expect((await run('walk', 'mine')).exitCode).to.equal(0);
      expect((await run('down', 'mine')).stdout).to.match(/mine is down/);
    });

  it('runs on the kernel that is asked for, says which, and stands on no other', async () => {
    const { release } = await guest(() => {});
    const chosen = [...onVm, '--kernel', release];
    await run('up', './mine.ts', ...chosen);
    try {
      expect(await run('exec', 'mine', 'a', 'uname', '-r')).to.include({ stdout: release, exitCode: 0 });
      expect((await run('status')).stdout).to.contain(`, Linux ${release}`);
      const other = await run('prove', './mine.ts', ...onVm, '--kernel', '98.7');
      expect(other.stderr).to.match(
        /^mine stands, and not by --kernel 98\.7: QEMU process \d+, Linux .*\nTake it down/,
      );
      expect(other.exitCode).to.equal(64);
      const { stdout, exitCode } = await run('prove', './mine.ts', ...chosen, '--json');
      const { verdict, kernel } = JSON.parse(stdout);
      expect({ verdict, kernel, exitCode }).to.deep.equal({ verdict: 'passed', kernel: release, exitCode: 0 });
    } finally {
      await run('down', 'mine');
    }
    const none = await run('verify', './mine.ts', ...onVm, '--kernel', '98.7', '--json');
    expect(none).to.include({ stdout: '', exitCode: 64 });
    expect(none.stderr).to.match(/^there is no Linux 98\.7 /);
  });

  it('has real daemons copied into its machines', async () => {
    writeFileSync(join(own.folder, 'led.ts'), daemonLab);
    const daemon = ['--daemon', daemonIn(own.folder, routed)];
    for (const words of [onVm, perNode]) {
      const { stdout, exitCode } = await run('verify', './led.ts', ...words, ...daemon, '--drills', '--json');
      const { verdict, reason, daemons } = JSON.parse(stdout);
      expect({ verdict, exitCode }, reason).to.deep.equal({ verdict: 'passed', exitCode: 0 });
      expect(daemons).to.deep.equal(['routed 1.2.3']);
    }
  });

  it('has the proxies of labs in its machines, with what they load', async () => {
    writeFileSync(join(own.folder, 'proxied.ts'), proxied);
    const { stdout, exitCode } = await run('verify', './proxied.ts', ...onVm, '--json');
    const { verdict, reason } = JSON.parse(stdout);
    expect({ verdict, exitCode }, reason).to.deep.equal({ verdict: 'passed', exitCode: 0 });
  });

  it('lends a terminal in which a workshop’s shell comes to its prompt', async () => {
    await using runtime = await vm.start(plan(twoHosts(), 'lent'), {}, () => {});
    const shell = await openShell(runtime, 'a', { rows: 24, columns: 80 }, () => {});
    const { code, printed } = await shell.run('cat <(hostname) /dev/stdin </dev/null', 60_000);
    expect(code).to.equal(0);
    expect(printed).to.contain('\na\r\n');
  });

  it('tells why the guest’s kernel dropped a packet', async () => {
    expect(await tellsDrops(vm)).to.equal(undefined);
  });

  it('has no way from a guest to what listens on this machine', async () => {
    const heard: string[] = [];
    const server = createServer((socket) => heard.push(String(socket.remoteAddress))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await run('up', './mine.ts', ...onVm);
    try {
      const login = JSON.parse(readFileSync(join(runs, 'mine.json'), 'utf8')).standing.key;
      const { logIn } = await import('../../../src/runtime/ssh/login.ts');
      const { runOn } = await import('../../../src/runtime/machine/machine.ts');
      const guest = await logIn({
        ...{ name: 'guest', host: '127.0.0.1', user: 'root' },
        ...{ port: login.machines[0].sshPort, privateKey: login.privateKey },
      });
      const tries = ['127.0.0.1', '10.0.2.2'].map(
        (to) => `timeout 2 bash -c 'echo > /dev/tcp/${to}/${port}' && echo reached`,
      );
      const { output } = await runOn(guest, ['sh', '-c', `${tries.join('; ')}; ip route`]);
      guest.close();
      expect(output).not.to.match(/reached|default/);
    } finally {
      server.close();
      await run('down', 'mine');
    }
    expect(heard).to.deep.equal([]);
  });

  it('leaves nothing behind that clean does not remove, whenever it is killed', async () => {
    const moments: ((child: ChildProcess) => Promise<void>)[] = [
      async () => until(() => folders().length > 0),
      async () => until(() => guests().length > 0),
      async (child) => void (await once(child.stdout!, 'data')),
    ];
    for (const words of [onVm, perNode])
      for (const moment of moments) {
        const child = spawn(process.execPath, [script, 'verify', 'flannel-vxlan', ...words], {
          stdio: ['ignore', 'pipe', 'ignore'],
          env: { ...process.env, TMPDIR: own.folder },
        });
        await moment(child);
        child.kill('SIGKILL');
        await once(child, 'exit');
        await run('clean');
        expect([guests(), folders()], words.join(' ')).to.deep.equal([[], []]);
      }
  });

  it('leaves nothing when it is interrupted while its machine starts', async () => {
    for (const moment of [() => folders().length > 0, () => guests().length > 0]) {
      const child = spawn(process.execPath, [script, 'verify', 'flannel-vxlan', ...onVm], {
        stdio: 'ignore',
        env: { ...process.env, TMPDIR: own.folder },
      });
      const ended = once(child, 'exit');
      await until(moment);
      child.kill('SIGINT');
      expect(await ended).to.deep.equal([130, null]);
      expect([guests(), folders()]).to.deep.equal([[], []]);
    }
  });

  it('ends by itself when it is killed in mid-lab', async () => {
    const child = spawn(process.execPath, [script, 'verify', 'flannel-vxlan', ...onVm], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, TMPDIR: own.folder },
    });
    await once(child.stdout!, 'data');
    child.kill('SIGKILL');
    await until(() => !guests().length);
    await run('clean');
  });

  it('is unknown, and says which, when the machine ends in mid-lab', async () => {
    const verifying = run('verify', 'flannel-vxlan', ...onVm, '--json');
    await until(() => guests().length > 0);
    // By then the first answer of the agent is still to come, or a command's.
    for (const pid of guests()) process.kill(Number(pid), 'SIGKILL');
    const { stdout, exitCode } = await verifying;
    expect(exitCode).to.equal(2);
    expect(JSON.parse(stdout)).to.include({ verdict: 'unknown' });
    expect(JSON.parse(stdout).reason).to.match(/flannel-vxlan/);
  });

  it('is skipped, with what to type, where there is no QEMU', async () => {
    const poor = packetwalk(own.folder, { PATH: '/nowhere' });
    const { all, exitCode } = await poor('verify', './mine.ts', ...onVm);
    expect(exitCode).to.equal(0);
    expect(all?.replaceAll(/\s+/g, ' ')).to.match(/skipped .*need qemu-system-x86_64.* Type: .*apt-get install/);
  });
});

/** Waits for something that comes about without us; the test's own time is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
