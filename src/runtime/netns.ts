import { readFileSync } from 'node:fs';
import type { Link, Plan } from '../plan.ts';
import { install, installLine, missing, toolsOf } from '../tools.ts';
import { CannotRun } from '../usage.ts';
import { local } from './local.ts';
import { places } from './places.ts';
import type { Kind, Ran, Runtime } from './runtime.ts';
import {
  homeIn,
  insideSandbox,
  reenterSandbox,
  type Sandbox,
  type SandboxKey,
  startSandbox,
  typeIn,
} from './sandbox.ts';
import { bridge, veths } from './wires.ts';

export const rootless = process.getuid?.() !== 0;

/** Nodes as network namespaces on this machine. */
export const netns: Kind<SandboxKey> = {
  name: 'netns',
  about: 'network namespaces on this machine',
  async start(plan) {
    checkTools(plan);
    return startNetns(plan);
  },
  reenter: reenterNetns,
  attach: (plan, key, place, argv, env) => local.attach([...insideSandbox(plan, key, place), ...argv], env),
  stands: async (key) => netnsStands(key),
  stop: stopNetns,
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
  throw new CannotRun('skipped', `this machine lacks ${list}. Type: ${installLine(absent)}`);
}

/** Starts a lab's nodes in one sandbox on this machine. */
export async function startNetns(plan: Plan): Promise<Runtime> {
  return runtime(plan, await startSandbox(local, plan, { rootless }));
}

/** Enters the sandbox of a lab that stands. */
export async function reenterNetns(plan: Plan, key: SandboxKey): Promise<Runtime> {
  return runtime(plan, await reenterSandbox(local, plan.name, key));
}

function runtime(plan: Plan, sandbox: Sandbox): Runtime {
  const { agent, key } = sandbox;
  const work = places(plan, (node) => homeIn(sandbox, node));
  return {
    ...work,
    name: netns.name,
    rootless,
    cable: (links) => cableWithin(plan, links, sandbox, work.run),
    async stay() {
      await agent.ask('stay');
      agent.leave();
      return { runtime: netns.name, rootless, where: `process ${key.pid}`, key };
    },
    [Symbol.asyncDispose]: () => agent.close(),
  };
}

/** Lays cables between nodes of one sandbox. */
export async function cableWithin(plan: Plan, links: Link[], { agent }: Sandbox, run: Runtime['run']): Promise<Ran> {
  let ran = await typeIn(agent, veths(links));
  for (const { place, lines } of bridge(plan, links)) if (!ran.code) ran = await run(place, lines);
  return ran;
}

/** When a process started, in clock ticks since boot (proc(5), stat field 22); NaN when there is none. */
export function startTicks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return Number.NaN;
  }
}

/** Whether the sandbox that was noted is still there, and its number not another process's by now. */
export const netnsStands = ({ pid, startTicks: started }: SandboxKey) => startTicks(pid) === started;

/** Ends a standing lab's sandbox; the kernel ends everything inside it. */
export async function stopNetns(key: SandboxKey): Promise<void> {
  if (!netnsStands(key)) return;
  process.kill(key.pid, 'SIGKILL');
  while (netnsStands(key)) await new Promise((resolve) => setTimeout(resolve, 1));
}
