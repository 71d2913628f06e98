import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { plan } from '../../../src/plan/plan.ts';
import { live } from '../../../src/prove/run.ts';
import { walk } from '../../../src/prove/walk.ts';
import type { HostKey } from '../../../src/runtime/hosts.ts';
import { reenterNetns, rootless, startNetns, stopNetns } from '../../../src/runtime/netns/index.ts';
import { needsNamespaces, stand, twoHosts } from '../../stand.ts';

const read = (path: string) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return 'none';
  }
};
const list = (path: string) => (existsSync(path) ? readdirSync(path) : []);
const children = (pid: number | string) => read(`/proc/${pid}/task/${pid}/children`).trim().split(' ');

/** All that a lab could leave behind on the machine, or change of it. */
const machine = () => ({
  namespaces: [...list('/run/netns'), ...list('/var/run/netns')],
  links: execFileSync('ip', ['-br', 'link'], { encoding: 'utf8' }),
  mounts: read('/proc/self/mountinfo'),
  rules: execFileSync('ip', ['rule'], { encoding: 'utf8' }),
  settings: [
    'net/ipv4/ip_forward',
    'net/ipv4/conf/all/rp_filter',
    'net/ipv4/conf/default/rp_filter',
    'net/ipv4/conf/all/send_redirects',
    'net/ipv4/ip_default_ttl',
    'net/ipv6/conf/all/disable_ipv6',
    'net/bridge/bridge-nf-call-iptables',
    'kernel/hostname',
    'vm/swappiness',
  ].map((name) => `${name} ${read(`/proc/sys/${name}`)}`),
  files: ['/run', '/etc', '/var', '/tmp', '/dev/shm', '/'].flatMap((folder) =>
    list(folder).filter((name) => name.includes('packetwalk-left')),
  ),
});

const namespace = (pid: string, kind: string) => {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
};

/** Every process of the sandbox whose first process is given, that one included. */
function inside(first: string): string[] {
  const sandbox = namespace(first, 'pid');
  return list('/proc').filter((pid) => /^\d+$/.test(pid) && sandbox && namespace(pid, 'pid') === sandbox);
}

const alive = (pid: string) => /\) [^ZX] /.test(read(`/proc/${pid}/stat`));

/** Waits until all of some processes are gone; the test's own time is the limit. */
async function gone(pids: string[]): Promise<void> {
  while (pids.some(alive)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Starts another process that stands a busy lab up; gives that process, its sandbox, and the first process within. */
async function elsewhere() {
  const script = fileURLToPath(new URL('../standing-lab.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import=tsx', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(child.stdout, 'data');
  const [sandbox = '', first = ''] = String(said).trim().split(' ');
  return { child, sandbox, first };
}

describe('the sandbox', () => {
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('leaves nothing after a normal end, though commands still run', async () => {
    const before = machine();
    const mine = children(process.pid);
    const lab = await stand(twoHosts());
    const [sandbox] = children(process.pid).filter((pid) => !mine.includes(pid));
    const pids = inside(children(sandbox!)[0]!);
    expect(pids).to.have.length.above(2);
    void lab.runtime.script('a', 'yes').catch(() => {});
    await lab.runtime.script(
      'a',
      'touch /run/packetwalk-left /etc/packetwalk-left /tmp/packetwalk-left; setsid sleep 1000 &',
    );
    await lab.runtime.script('a', 'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ip_default_ttl=7');
    expect(machine()).to.deep.equal(before);
    await lab[Symbol.asyncDispose]();
    await gone([sandbox!, ...pids]);
    expect(machine()).to.deep.equal(before);
  });

  it('ends all that runs in it when it is killed, and every question with an error', async () => {
    const before = machine();
    const mine = children(process.pid);
    const lab = await stand(twoHosts());
    const [sandbox] = children(process.pid).filter((pid) => !mine.includes(pid));
    const pids = inside(children(sandbox!)[0]!);
    const asked = lab.runtime.script('a', 'sleep 1000').then(String, (error: Error) => error.message);
    process.kill(Number(sandbox), 'SIGKILL');
    expect(await asked).to.match(/^the agent on this machine ended \(SIGKILL\)/);
    await gone([sandbox!, ...pids]);
    const late = await lab.runtime.script('a', 'true').then(String, (error: Error) => error.message);
    expect(late).to.match(/^the agent on this machine ended/);
    await lab[Symbol.asyncDispose]();
    expect(machine()).to.deep.equal(before);
  });

  it('leaves nothing when the process that stood it up is killed, however busy the lab is', async () => {
    const before = machine();
    const { child, sandbox, first } = await elsewhere();
    const pids = inside(first);
    expect(pids).to.have.length.above(5);
    child.kill('SIGKILL');
    await gone([sandbox, ...pids]);
    expect(machine()).to.deep.equal(before);
  });

  it('leaves nothing when its own first process is killed', async () => {
    const before = machine();
    const { child, sandbox, first } = await elsewhere();
    const pids = inside(first);
    process.kill(Number(first), 'SIGKILL');
    await gone([sandbox, ...pids]);
    expect(machine()).to.deep.equal(before);
    child.kill('SIGKILL');
  });

  it('stands on when it is told to stay, can be entered again, and ends when it is stopped', async () => {
    const before = machine();
    const lab = await stand(twoHosts());
    await lab.runtime.script('a', 'echo noted > /run/note');
    const key = (await lab.runtime.stay()).key as HostKey;
    const pids = inside(String(key.sandbox.pid));
    try {
      const again = await reenterNetns(lab.plan, key);
      const within = await again.script('a', 'cat /run/note; hostname; ip -br -4 addr show eth0');
      expect(within.stdout).to.match(/^noted\na\neth0\S* +UP +10\.0\.0\.1\/24/);
      const [result] = await walk(await live(lab.plan, again), lab.plan.walks);
      expect(result!.verdict).to.equal('passed');
      await again[Symbol.asyncDispose]();
      expect(alive(String(key.sandbox.pid))).to.equal(true);
    } finally {
      await stopNetns(key);
    }
    await gone(pids);
    expect(machine()).to.deep.equal(before);
  });

  it('says so when it cannot be entered again', async () => {
    const lab = await stand(twoHosts());
    const key = (await lab.runtime.stay()).key as HostKey;
    await stopNetns(key);
    await stopNetns(key);
    const again = await reenterNetns(lab.plan, key);
    const refused = await again.run('a', ['true']).then(String, (error: Error) => error.message);
    expect(refused).to.match(/^the agent on this machine ended/);
    await again[Symbol.asyncDispose]();
  });

  it(`is rootless for an ordinary user only (here: ${rootless})`, async () => {
    await using runtime = await startNetns(plan(twoHosts(), 'test'));
    expect(runtime.rootless).to.equal(process.getuid?.() !== 0);
  });
});
