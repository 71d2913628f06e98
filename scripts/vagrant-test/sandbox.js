// Runs a command where libvirt and Vagrant work without systemd, in namespaces that end with the command.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBox } from './box.js';

const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
const script = fileURLToPath(new URL('libvirt.sh', import.meta.url));

const packages = {
  vagrant: 'vagrant vagrant-libvirt',
  libvirtd: 'libvirt-daemon-system',
  dnsmasq: 'dnsmasq-base',
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  setpriv: 'util-linux',
};

/** Why no such sandbox can be had here, if none can. */
export function whyNot() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'virtual machines of tests are Linux on x86-64';
  if (process.getuid?.() !== 0) return 'a libvirt of its own is started by root only';
  const missing = Object.keys(packages).filter(
    (command) => spawnSync('sh', ['-c', `command -v ${command}`], { env: { ...process.env, PATH } }).status !== 0,
  );
  if (missing.length)
    return `there is no ${missing.join(', ')}. Type: apt-get install --no-install-recommends ${missing.map((command) => packages[command]).join(' ')}`;
  const { status, stderr } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `unshare cannot make namespaces here: ${stderr.trim()}`;
}

/** Runs a command there, where the Vagrantfile has machines of a box of ours; returns its exit code. */
export async function run(argv, bundle, say) {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `packetwalk-vagrant-${process.pid}-`));
  try {
    const started = performance.now();
    const settings = await makeBox(folder, bundle, say);
    say(`box: ${seconds(started)}`);
    return await inside(argv, {
      ...process.env,
      PATH,
      TMPDIR: folder,
      VAGRANT_HOME: join(folder, 'home'),
      VAGRANT_DOTFILE_PATH: join(folder, 'state'),
      VAGRANT_CHECKPOINT_DISABLE: '1',
      VAGRANT_DEFAULT_PROVIDER: 'libvirt',
      LIBVIRT_DEFAULT_URI: 'qemu:///system',
      PACKETWALK_VAGRANT_EXTRA: settings,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes the folders of runs that were killed. */
async function sweep() {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = /^packetwalk-vagrant-(\d+)-/.exec(name) ?? [];
    if (pid && !existsSync(`/proc/${pid}`)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** How long ago, as a person is told. */
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

function inside(argv, env) {
  const child = spawn(
    'setpriv',
    [
      // However this process ends, the sandbox ends with it.
      ...['--pdeathsig', 'KILL', 'unshare', '--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'],
      ...['sh', script, ...argv],
    ],
    { env, stdio: 'inherit' },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ? 1 : code));
  });
}
