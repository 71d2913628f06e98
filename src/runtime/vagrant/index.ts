import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { find } from '../../machine/programs.ts';
import { toolsOf } from '../../plan/needs.ts';
import type { Plan } from '../../plan/plan.ts';
import { CannotRun } from '../../plan/usage.ts';
import { allOrNone } from '../all-or-none.ts';
import { type Host, type HostKey, insideHost, type OnHosts, reenterHosts, startOnHosts } from '../hosts.ts';
import { type Machine, runOn } from '../machine/machine.ts';
import { leftBehind, removeFolder, runFolder } from '../machine/run-folder.ts';
import { machines } from '../machine-per-node.ts';
import type { Choice, Finding, Kind, Runtime, Say } from '../runtime.ts';
import { type Login, logIn } from '../ssh/login.ts';

interface Key {
  /** Vagrant's own notes on the machines. */
  folder: string;
  lab: string;
  logins: Login[];
  hosts: HostKey[];
}

/** Nodes as virtual machines that Vagrant brings up, from the Vagrantfile at the top. */
export const vagrant: Kind<Key> = {
  name: 'vagrant',
  about: 'virtual machines that Vagrant brings up',
  start,
  async reenter(plan, key) {
    const hosts = await allOrNone(
      key.logins.map(async (login, i) => hostOn(plan, key.hosts[i]!.nodes[0]!, login, await logIn(login))),
      ({ machine }) => machine.close(),
    );
    const work = await reenterHosts(plan, hosts, key.hosts);
    // Whoever only enters them leaves the machines as they are.
    return { ...runtime(work, key), [Symbol.asyncDispose]: work.close };
  },
  async attach(plan, key, place, argv, env) {
    const inside = insideHost(plan, key.hosts, place);
    return (await logIn(key.logins[inside.host]!)).attach([...inside.argv, ...argv], env);
  },
  stands: async ({ folder }) => existsSync(join(folder, 'machines')),
  stop: ({ folder, lab }) => destroy(folder, lab, () => {}),
  clean,
  examine,
};

const RUN = 'vagrant';

/** The folder of the Vagrantfile: one above this. */
function top(folder = dirname(fileURLToPath(import.meta.url))): string {
  if (existsSync(join(folder, 'Vagrantfile'))) return folder;
  if (folder === dirname(folder))
    throw new CannotRun('skipped', 'there is no Vagrantfile: run it in a clone of packetwalk’s repository');
  return top(dirname(folder));
}

/** What of Vagrant's many lines a person waits for. */
const milestones =
  /^==> .*(Bringing machine|booted and ready|Removing domain|Destroying VM|Downloading|could not be found)/;

const settings = (folder: string, lab: string) => ({
  ...process.env,
  LAB: lab,
  VAGRANT_DOTFILE_PATH: folder,
  VAGRANT_CWD: top(),
  VAGRANT_CHECKPOINT_DISABLE: '1',
});

/** Runs vagrant; on failure throws its last lines. */
async function run(words: string[], folder: string, lab: string, say: Say): Promise<string> {
  const { execa } = await import('execa');
  const child = execa('vagrant', words, { env: settings(folder, lab), reject: false, all: true, stdin: 'ignore' });
  child.all?.on('data', (chunk: Buffer) => {
    for (const line of String(chunk).split('\n')) if (milestones.test(line)) say(line.slice(4));
  });
  const { exitCode, all = '', stdout, code } = await child;
  if (code === 'ENOENT')
    throw new CannotRun('skipped', 'Vagrant is not installed. See https://developer.hashicorp.com/vagrant/install');
  if (exitCode !== 0) {
    const last = all.trim().split('\n').slice(-8);
    throw new CannotRun('unknown', `vagrant ${words.join(' ')} failed (exit code ${exitCode}):`, ...last);
  }
  return stdout;
}

async function start(plan: Plan, { lab = plan.name }: Choice, say: Say): Promise<Runtime> {
  const folder = runFolder(RUN, lab);
  try {
    await run(['up'], folder, lab, say);
    const named = logins(await run(['ssh-config'], folder, lab, () => {}));
    const own = machines(plan).map(({ name, node }) => ({ node, login: named.find((login) => login.name === name)! }));
    const hosts = await Promise.all(
      own.map(async ({ node, login }) => {
        const machine = await logIn(login);
        await installTools(plan, machine, login);
        return hostOn(plan, node, login, machine);
      }),
    );
    const work = await startOnHosts(plan, hosts);
    return runtime(work, { folder, lab, logins: own.map(({ login }) => login), hosts: work.keys });
  } catch (error) {
    await destroy(folder, lab, say).catch((late: Error) => say(late.message));
    throw error;
  }
}

/** The logins that `vagrant ssh-config` prints, as ssh_config(5) blocks. */
export function logins(config: string): Login[] {
  return config
    .split(/^Host /m)
    .slice(1)
    .map((block) => {
      const [name = '', ...lines] = block.split('\n').map((line) => line.trim());
      const value = (word: string) =>
        lines
          .find((line) => line.startsWith(`${word} `))
          ?.slice(word.length + 1)
          .replace(/^"(.*)"$/, '$1') ?? '';
      return {
        name: name.replace(/^"(.*)"$/, '$1'),
        host: value('HostName'),
        port: Number(value('Port')),
        user: value('User'),
        privateKey: readFileSync(value('IdentityFile'), 'utf8'),
      };
    });
}

/** Sees to it that a machine has the programs that a lab's commands name. */
async function installTools(plan: Plan, machine: Machine, { name, user }: Login): Promise<void> {
  const wanted = toolsOf(plan);
  const root = user === 'root' ? '' : 'sudo -n ';
  const commands = wanted.map(({ command }) => command).join(' ');
  const packages = [...new Set(wanted.map((tool) => tool.packages.apt))].join(' ');
  const script = `PATH=$PATH:/usr/lib/cni; for tool in ${commands}; do command -v $tool >/dev/null || missing=1; done
[ -z "$missing" ] || { ${root}apt-get update -qq && ${root}env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ${packages}; }`;
  const { ended, output } = await runOn(machine, ['sh', '-c', script]);
  if (ended === 'exit code 0') return;
  const last = output.trim().split('\n').slice(-5);
  throw new CannotRun('unknown', `the tools cannot be installed on ${name} (${ended}):`, ...last);
}

async function hostOn(plan: Plan, node: string, { name, user }: Login, machine: Machine): Promise<Host> {
  const { output } = await runOn(machine, [
    'sh',
    '-c',
    'cd /sys/class/net; for d in *; do echo "$(cat $d/address) $d"; done',
  ]);
  const cards = new Map(output.split('\n').map((line) => line.split(' ') as [string, string]));
  const nics = machines(plan).find((each) => each.node === node)!.nics;
  const card = (_: string, iface: string) => cards.get(nics.find((nic) => nic.interface === iface)!.mac) ?? iface;
  return { machine, kernel: `the kernel of ${name}`, nodes: [node], sudo: user !== 'root', card };
}

const runtime = (work: OnHosts, key: Key): Runtime => ({
  ...work,
  name: vagrant.name,
  rootless: false,
  async stay() {
    await work.stay();
    return { runtime: vagrant.name, rootless: false, where: `${key.logins.length} machines of Vagrant`, key };
  },
  async [Symbol.asyncDispose]() {
    await work.close();
    await destroy(key.folder, key.lab, () => {});
  },
});

async function destroy(folder: string, lab: string, say: Say): Promise<void> {
  if (existsSync(join(folder, 'machines'))) await run(['destroy', '--force'], folder, lab, say);
  removeFolder(folder);
}

async function clean(standing: Key[]): Promise<string[]> {
  const left = leftBehind(
    RUN,
    standing.map((key) => key.folder),
  );
  await Promise.all(left.map(({ folder, lab }) => destroy(folder, lab, () => {})));
  return left.map(({ folder }) => `The machines of ${basename(folder)} are gone.`);
}

async function examine(): Promise<Finding[]> {
  const path = find('vagrant');
  if (!path)
    return [{ what: 'vagrant', ok: false, detail: 'missing', mend: 'https://developer.hashicorp.com/vagrant/install' }];
  const { execa } = await import('execa');
  const { stdout = '' } = await execa('vagrant', ['plugin', 'list'], { reject: false, stdin: 'ignore' });
  const provider = [stdout.includes('libvirt') && 'libvirt', find('VBoxManage') && 'VirtualBox'].filter(Boolean);
  return [
    { what: 'vagrant', ok: true, detail: path },
    provider.length
      ? { what: 'provider', ok: true, detail: provider.join(', ') }
      : {
          what: 'provider',
          ok: false,
          detail: 'none',
          mend: 'vagrant plugin install vagrant-libvirt, or install VirtualBox',
        },
  ];
}
