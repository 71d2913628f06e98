import { hasPackage, install, installLine, missing } from '../../machine/install.ts';
import { toolsOf } from '../../plan/needs.ts';
import type { Plan } from '../../plan/plan.ts';
import { CannotRun } from '../../plan/usage.ts';
import { type Host, type HostKey, insideHost, type OnHosts, reenterHosts, startOnHosts } from '../hosts.ts';
import { local } from '../machine/local.ts';
import { kill, lives } from '../machine/process.ts';
import type { Kind, Runtime } from '../runtime.ts';
import { limit } from './limit.ts';

export const rootless = process.getuid?.() !== 0;

/** Nodes as network namespaces on this machine. */
export const netns: Kind<HostKey> = {
  name: 'netns',
  about: 'network namespaces on this machine',
  showsFiles: true,
  async start(plan) {
    checkTools(plan);
    return startNetns(plan);
  },
  reenter: (plan, key) => reenterNetns(plan, key),
  attach: (plan, key, place, argv, env) => local.attach([...insideHost(plan, [key], place).argv, ...argv], env),
  stands: async ({ sandbox }) => lives(sandbox),
  stop: (key) => stopNetns(key),
  clean: async () => [],
  examine: async () => (await import('./this-machine.ts')).examineThisMachine(),
};

function checkTools(plan: Plan): void {
  if (process.platform !== 'linux')
    throw new CannotRun('skipped', 'network namespaces are a thing of Linux, which this machine does not run');
  const tools = toolsOf(plan);
  const absent = process.env.PACKETWALK_SET_UP ? install(tools) : missing(tools);
  if (!absent.length) return;
  const list = absent.map(({ command, why }) => `${command}, which ${why}`).join('; ');
  const advice = absent.some(hasPackage)
    ? `Type: ${installLine(absent)}`
    : 'Which package has it, the lab does not say.';
  throw new CannotRun('skipped', `this machine lacks ${list}. ${advice}`);
}

const here = ({ nodes }: Plan): Host => ({
  machine: local,
  kernel: 'this kernel',
  rootless,
  nodes: nodes.map(({ name }) => name),
});

/** Starts a lab's nodes in one sandbox on this machine. */
export const startNetns = async (plan: Plan): Promise<Runtime> => runtime(await startOnHosts(plan, [here(plan)]));

/**
 * Enters the sandbox of a lab that stands. Who lets go of it does not wait until the agent has closed its captures, each of which
 * takes the kernel some ten milliseconds (packet_release, af_packet.c): it ends by itself once this process has.
 */
export async function reenterNetns(plan: Plan, key: HostKey): Promise<Runtime> {
  const hosts = await reenterHosts(plan, [here(plan)], [key]);
  return { ...runtime(hosts), [Symbol.asyncDispose]: async () => hosts.leave() };
}

function runtime({ keys: [key], close, ...work }: OnHosts): Runtime {
  let limited: Disposable | undefined;
  return {
    ...work,
    name: netns.name,
    rootless,
    runsOwnPrograms: true,
    async stay() {
      await work.stay();
      return { runtime: netns.name, rootless, where: `process ${key!.sandbox.pid}`, key };
    },
    limit(most) {
      limited ??= limit(key!.sandbox.pid, most);
    },
    async [Symbol.asyncDispose]() {
      await close();
      limited?.[Symbol.dispose]();
    },
  };
}

/** Ends a standing lab's sandbox; the kernel ends everything inside it. */
export const stopNetns = ({ sandbox }: HostKey): Promise<void> => kill([sandbox]);
