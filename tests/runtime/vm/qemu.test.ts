import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { lives } from '../../../src/runtime/machine/process.ts';
import { newc } from '../../../src/runtime/vm/newc.ts';
import { type Booted, boot, halt } from '../../../src/runtime/vm/qemu.ts';
import type { Accelerator } from '../../../src/runtime/vm/shape.ts';
import { scratch, whyNot } from './image.ts';
import { logIn } from './login.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const bootOne = [process.execPath, '--import', 'tsx', join(root, 'tests/runtime/vm/boot-one.ts')] as const;

describe('Virtual machines', function () {
  this.timeout(120_000);
  let place: Awaited<ReturnType<typeof scratch>>;
  const running: Booted[] = [];
  const said: string[] = [];

  before(async function () {
    const why = await whyNot();
    if (!why) {
      place = await scratch();
      return;
    }
    this.test!.parent!.title += ` (skipped: ${why})`;
    this.skip();
  });
  afterEach(() => halt(running.splice(0)));
  after(() => place?.[Symbol.dispose]());

  const at = (name: string) => join(place.folder, name);
  const say = (line: string) => said.push(line);
  const start = async (wanted: Parameters<typeof boot>[1], folder = at('run')) => {
    const booted = await boot(place.image, wanted, { folder, say });
    running.push(...booted);
    return booted;
  };
  const alone = [{ name: 'one', nics: [] }];
  const snapshots = () => readdirSync(place.image.folder).filter((name) => /^snapshot-[0-9a-f]+$/.test(name));
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail('it worked'),
      (error: Error) => error.message,
    );
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
  };

  it('leave no snapshot and no process when the first boot is killed half-way', async () => {
    const child = spawn(bootOne[0], [...bootOne.slice(1), JSON.stringify(place.image), at('killed')], { cwd: root });
    const file = join(at('killed'), '.template0', 'qemu.pid');
    await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
    const pid = Number(readFileSync(file, 'utf8'));
    child.kill('SIGKILL');
    const command = () => (existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '');
    await until(() => !command().includes(file));
    expect(snapshots()).to.deep.equal([]);
  });

  it('boot once, and start from a snapshot from then on', async () => {
    const [first] = await start(alone);
    expect(said.splice(0)).to.deep.equal(['Booting a virtual machine to start others from (0 cards, once)']);
    expect(lives(first!)).to.equal(true);
    await halt([first!]);
    expect([lives(first!), existsSync(at('run'))]).to.deep.equal([false, false]);

    const [second] = await start(alone);
    expect(said).to.deep.equal([]);
    using guest = await logIn(place.image, second!);
    expect(await guest.run('hostname; id -un')).to.equal('one\nroot');
    expect(Math.abs(Number(await guest.run('date +%s')) - Date.now() / 1000)).to.be.below(60);
  });

  it('outlive the process that boots them, and end by its note', async () => {
    const { stdout } = await promisify(execFile)(
      bootOne[0],
      [...bootOne.slice(1), JSON.stringify(place.image), at('left')],
      { cwd: root },
    );
    const booted: Booted = JSON.parse(stdout);
    running.push(booted);
    expect(lives(booted)).to.equal(true);
    using guest = await logIn(place.image, booted);
    expect(await guest.run('hostname')).to.equal('one');
    await halt([{ ...booted, startTicks: booted.startTicks + 1, folder: at('none') }]);
    expect(lives(booted)).to.equal(true);
    await halt([booted]);
    expect([lives(booted), existsSync(at('left'))]).to.deep.equal([false, false]);
  });

  it('do not clash when two labs start at once, and differ in what is random', async () => {
    const both = await Promise.all([start(alone, at('left')), start(alone, at('right'))]);
    const uuids = await Promise.all(
      both.map(async ([booted]) => {
        using guest = await logIn(place.image, booted!);
        return await guest.run('cat /proc/sys/kernel/random/uuid');
      }),
    );
    expect(new Set(uuids).size).to.equal(2);
  });

  it('reach nothing but each other', async () => {
    const callers: unknown[] = [];
    await using server = createServer((socket) => {
      callers.push(socket.remoteAddress);
      socket.end('hello');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const [booted] = await start(alone);
    using guest = await logIn(place.image, booted!);
    expect(await guest.run('ip route')).to.equal('10.0.2.2 dev eth0 scope link');
    expect(await guest.run(`timeout 1 busybox nc 10.0.2.2 ${port} </dev/null && echo reached`)).not.to.match(
      /hello|reached/,
    );
    expect(callers).to.deep.equal([]);
  });

  it('talk on a segment of three, and on one of two', async () => {
    const on = (name: string, ...segments: string[]) => ({ name, nics: segments.map((segment) => ({ segment })) });
    const booted = await start([on('a', 'lan', 'side'), on('b', 'lan'), on('c', 'lan', 'side')]);
    const guests = await Promise.all(booted.map((each) => logIn(place.image, each)));
    await Promise.all(
      guests.map((guest, i) =>
        guest.run(`for n in 1 2; do ip address add 10.0.$n.${i + 1}/24 dev eth$n; ip link set eth$n up; done`),
      ),
    );
    const ping = (from: number, address: string) => guests[from]!.run(`ping -c 1 -W 5 ${address} | grep -c ttl=`);
    const answers = await Promise.all([
      ...[ping(0, '10.0.1.2'), ping(0, '10.0.1.3'), ping(1, '10.0.1.3')],
      ...[ping(0, '10.0.2.3'), ping(2, '10.0.2.1')],
    ]);
    const macs = await Promise.all(guests.map((guest) => guest.run('cat /sys/class/net/eth1/address')));
    for (const guest of guests) guest[Symbol.dispose]();
    expect(answers).to.deep.equal(['1', '1', '1', '1', '1']);
    expect(macs).to.deep.equal(['02:70:00:00:00:01', '02:70:00:01:00:01', '02:70:00:02:00:01']);
  });

  it('do without an accelerator that does not work, and remember that', async () => {
    // Apple's, which no QEMU for Linux has.
    const foreign = 'hvf' as Accelerator;
    said.splice(0);
    for (const folder of [at('left'), at('right')])
      running.push(...(await boot(place.image, alone, { folder, say, accelerators: [foreign, 'tcg'] })));
    expect(said.length).to.equal(2);
    expect(said[0]).to.match(/^Booting/);
    expect(said[1]).to.match(/^Virtual machines do without hvf: QEMU of \.template0 ended/);
  });

  it('boot from nothing when the snapshot is of no use, and remove it', async () => {
    const shapes = snapshots();
    for (const name of shapes) truncateSync(join(place.image.folder, name, 'state'), 5000);
    said.splice(0);
    const [booted] = await start(alone);
    expect(said.join()).to.match(/^one boots from nothing, as its snapshot is of no use: QEMU cannot migrate/);
    expect(snapshots().length).to.equal(shapes.length - 1);
    using guest = await logIn(place.image, booted!);
    expect(await guest.run('hostname')).to.equal('one');
  });

  it('say the last words of a guest that does not come up, and leave nothing', async () => {
    const initramfs = at('empty');
    writeFileSync(initramfs, newc([{ path: '/init', mode: 0o755, bytes: Buffer.from('no program') }]));
    const image = { ...place.image, initramfs };
    const message = await failure(boot(image, alone, { folder: at('run'), say }));
    expect(message).to.match(/^QEMU of \.template0 ended .*\n.*Kernel panic/s);
    expect(existsSync(at('run'))).to.equal(false);
  });

  it('say which one is not up in time, and leave nothing', async () => {
    const image = { ...place.image, digest: 'other', kernel: place.image.kernel.replace('/boot/', '/boot/./') };
    const message = await failure(boot(image, alone, { folder: at('run'), say, deadlineMs: 1 }));
    expect(message).to.match(/^The virtual machine \.template0 is not up after 0\.001 s/);
    expect(existsSync(at('run'))).to.equal(false);
  });

  it('refuse names that cannot be those of a folder', async () => {
    const twice = [...alone, ...alone];
    expect(await failure(boot(place.image, twice, { folder: at('run'), say }))).to.match(/^"one" cannot be/);
    const away = [{ name: '../one', nics: [] }];
    expect(await failure(boot(place.image, away, { folder: at('run'), say }))).to.match(/^"..\/one" cannot be/);
  });

  it('say what to type where there is no QEMU', async () => {
    const env = { ...process.env, PATH: '/nonexistent' };
    const words = [...bootOne.slice(1), JSON.stringify(place.image), at('run')];
    const told = await failure(promisify(execFile)(bootOne[0], words, { cwd: root, env }));
    expect(told).to.include('Virtual machines need qemu-system-x86_64. Type: apt-get install qemu-system-x86');
    expect(existsSync(at('run'))).to.equal(false);
  });
});
