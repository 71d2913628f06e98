import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installLine } from '../../machine/install.ts';
import { find, qemuPackages, tool } from '../../machine/programs.ts';
import type { Plan } from '../../plan/plan.ts';
import { BadUsage, CannotRun } from '../../plan/usage.ts';
import { allOrNone } from '../all-or-none.ts';
import { type Host, type HostKey, insideHost, type OnHosts, reenterHosts, startOnHosts } from '../hosts.ts';
import { kill, lives, startTicks } from '../machine/process.ts';
import { leftBehind, removeFolder, runFolder } from '../machine/run-folder.ts';
import { machines } from '../machine-per-node.ts';
import type { Choice, Finding, Kind, Runtime, Say } from '../runtime.ts';
import { type Login, logIn } from '../ssh/login.ts';
import { chosenKernel } from './chosen-kernel.ts';
import { cacheFolder, guest } from './guest.ts';
import { qemu } from './machine.ts';
import { type Booted, boot, halt } from './qemu.ts';
import { accelerators } from './shape.ts';

interface Key {
  /** Holds what belongs to the machines; removed with them. */
  folder: string;
  machines: Booted[];
  hosts: HostKey[];
  /** Of the machines' user, and the key by which they are known. */
  privateKey: string;
  hostKey: string;
  /** The release of their kernel. */
  kernel: string;
  /** What that was asked for by. */
  askedKernel?: string;
}

/** Nodes in virtual machines: one machine that holds them all as namespaces, or one a node. */
export const vm: Kind<Key> = {
  name: 'vm',
  about: 'a virtual machine with a kernel of its own',
  showsFiles: true,
  start,
  async reenter(plan, key) {
    const hosts = await allOrNone(
      key.machines.map(async (machine, i) => ({ ...(await hostOn(machine, key)), nodes: key.hosts[i]!.nodes })),
      ({ machine }) => machine.close(),
    );
    const work = await reenterHosts(plan, hosts, key.hosts);
    // Whoever only enters them leaves the machines as they are.
    return { ...runtime(work, key), [Symbol.asyncDispose]: work.close };
  },
  async attach(plan, key, place, argv, env) {
    const inside = insideHost(plan, key.hosts, place);
    return (await logIn(loginTo(key.machines[inside.host]!, key))).attach([...inside.argv, ...argv], env);
  },
  stands: async ({ machines }) => machines.every(lives),
  stop: ({ machines, folder }) => end(machines, folder),
  clean: async (standing) => clean(standing),
  examine: async () => examine(),
};

/** What restarts a machine at once (sysrq.rst); QEMU was told to end instead. */
const POWER_OFF = 'echo b > /proc/sysrq-trigger';

const RUN = 'vm';

/** Real daemons are files of some 50 to 100 MB, in a machine all of whose files are in its memory. */
const WITH_DAEMONS_MB = 2048;

async function start(plan: Plan, { machinePerNode = false, kernel }: Choice, say: Say): Promise<Runtime> {
  if (!find(qemu)) throw new CannotRun('skipped', `virtual machines need ${qemu}. Type: ${installLine([qemuTool])}`);
  const folder = runFolder(RUN, plan.name);
  let booted: Booted[] = [];
  try {
    const image = await guest(say, kernel === undefined ? undefined : await chosenKernel(kernel, say));
    const { privateKey, hostKey, release } = image;
    const wanted = machinePerNode
      ? machines(plan).map(({ node, nics }) => ({
          name: node,
          nics: nics.map(({ network }) => ({ segment: network })),
        }))
      : [{ name: plan.name, nics: [] }];
    const size = { ...(!machinePerNode && { cpus: 2 }), ...(plan.real?.length && { memoryMb: WITH_DAEMONS_MB }) };
    booted = await boot(image, wanted, { folder, say, ...size });
    const own = machines(plan);
    const hosts = await Promise.all(
      booted.map(async (machine, i): Promise<Host> => {
        const host = await hostOn(machine, { privateKey, hostKey });
        if (!machinePerNode) return { ...host, nodes: plan.nodes.map(({ name }) => name) };
        const { node, nics } = own[i]!;
        const card = (_: string, name: string) => `eth${nics.findIndex((nic) => nic.interface === name) + 1}`;
        return { ...host, nodes: [node], card };
      }),
    );
    const work = await startOnHosts(plan, hosts);
    await work.finally(POWER_OFF);
    return runtime(work, {
      folder,
      machines: booted,
      hosts: work.keys,
      privateKey,
      hostKey,
      kernel: release,
      ...(kernel && { askedKernel: kernel }),
    });
  } catch (error) {
    await end(booted, folder);
    if (error instanceof CannotRun || error instanceof BadUsage) throw error;
    throw new CannotRun('unknown', (error as Error).message);
  }
}

const loginTo = ({ name, sshPort }: Booted, { privateKey, hostKey }: Pick<Key, 'privateKey' | 'hostKey'>): Login => ({
  name: `the virtual machine ${name}`,
  host: '127.0.0.1',
  port: sshPort,
  user: 'root',
  privateKey,
  isHostKey: (key) => key.toString('base64') === hostKey,
  // A machine that ended ends its connection; one that is emulated may have nothing of a busy processor for a while.
  silentMs: 60_000,
});

const hostOn = async (machine: Booted, key: Pick<Key, 'privateKey' | 'hostKey'>): Promise<Omit<Host, 'nodes'>> => ({
  machine: await logIn(loginTo(machine, key)),
  daemonsTo: '/root/daemons',
  kernel: 'the guest’s kernel',
});

const runtime = (work: OnHosts, key: Key): Runtime => ({
  ...work,
  name: vm.name,
  rootless: false,
  kernel: key.kernel,
  async stay() {
    await work.stay();
    const pids = key.machines.map(({ pid }) => pid).join(', ');
    const { kernel, askedKernel } = key;
    const where = `QEMU process ${pids}, Linux ${kernel}`;
    return { runtime: vm.name, rootless: false, where, key, ...(askedKernel && { askedKernel }) };
  },
  async [Symbol.asyncDispose]() {
    await work.leave();
    await end(key.machines, key.folder);
  },
});

async function end(machines: Booted[], folder: string): Promise<void> {
  await halt(machines);
  removeFolder(folder);
}

/** Ends the machines, and removes the folders, of runs whose process has ended. */
async function clean(standing: Key[]): Promise<string[]> {
  const left = leftBehind(
    RUN,
    standing.map((key) => key.folder),
  );
  for (const { folder } of left) {
    await kill(pidsIn(folder).map((pid) => ({ pid, startTicks: startTicks(pid) })));
    removeFolder(folder);
  }
  return left.map(({ folder }) => `The virtual machines of ${basename(folder)} are gone.`);
}

/** The processes whose numbers lie in a folder, and whose own words name it. */
const pidsIn = (folder: string): number[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => Number(read(join(folder, entry.name, 'qemu.pid'))))
    .filter((pid) => pid > 0 && read(`/proc/${pid}/cmdline`).includes(folder));

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

function examine(): Finding[] {
  const path = find(qemu);
  const images = existsSync(cacheFolder()) ? readdirSync(cacheFolder()).filter((name) => name.startsWith('image')) : [];
  const fast = accelerators().filter((each) => each !== 'tcg');
  return [
    path
      ? { what: qemu, ok: true, detail: path }
      : { what: qemu, ok: false, detail: 'missing; it runs virtual machines', mend: installLine([qemuTool]) },
    {
      what: 'acceleration',
      ok: true,
      detail: fast.length
        ? `${fast.join(', ')} is tried first, emulation if it does not work`
        : 'none here: guests are emulated, which is slower and gives the same verdicts',
    },
    {
      what: 'guest',
      ok: true,
      detail: images.length
        ? `in ${dirname(join(cacheFolder(), '-'))}`
        : 'none yet: it is built when a lab first needs it',
    },
  ];
}

const qemuTool = tool(qemu, 'runs virtual machines', qemuPackages);
