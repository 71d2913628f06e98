import type { Plan } from '../../plan/plan.ts';
import type { Agent } from '../agent/agent.ts';
import { groups, ranLine } from '../agent/lines.ts';
import type { Home } from '../agent/places.ts';
import { type RunningAgent, startAgent } from '../agent/start.ts';
import { requireFeatures } from '../features.ts';
import type { Machine } from '../machine/machine.ts';
import type { Ran } from '../runtime.ts';
import { asIfGroupsWereTaken, wantsGroups } from './groups.ts';

/** Where a sandbox is on its machine. Plain data. */
export interface SandboxKey {
  rootless: boolean;
  /** Whether its processes are told that they have taken other groups, which without root nobody can. */
  asIfGroups?: boolean;
  /** Its first process, and when that started (clock ticks since boot), so that a reused id is told apart. */
  pid: number;
  startTicks: number;
  /** The process that holds each node's files, as the sandbox counts its processes. */
  holders: Record<string, number>;
}

/** A sandbox and the agent that is at work in it. */
export interface Sandbox {
  agent: RunningAgent;
  key: SandboxKey;
}

/** The commands that add nodes, in the sandbox's own namespace. */
export const addNodes = (plan: Pick<Plan, 'nodes'>): string[] => plan.nodes.map(({ name }) => `ip netns add ${name}`);

/**
 * Starts some nodes as network namespaces inside one sandbox on a machine: a process with its own mount, PID and, without
 * root, user namespace. When that process ends, however it ends, nothing of the nodes is left. It has a network namespace
 * of its own as well, unless the machine's network cards are to be given to the nodes.
 */
export async function startSandbox(
  machine: Machine,
  plan: Plan,
  { rootless = false, cards = false, sudo = false, kernel = 'this kernel' } = {},
): Promise<Sandbox> {
  const asIfGroups = rootless && wantsGroups(plan.needs);
  const unshare = [
    ...(sudo ? ['sudo', '-n'] : []),
    'unshare',
    ...(rootless ? ['--user', '--map-root-user'] : []),
    ...(cards ? [] : ['--net']),
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    ...(asIfGroups ? asIfGroupsWereTaken : []),
  ];
  const agent = await startAgent(machine, unshare, plan.name);
  try {
    const [pid, startTicks] = (await agent.ask('sandbox')).map(Number);
    const shown = (plan.real ?? []).flatMap(({ name, path = '' }) => [name, path]);
    const held = plan.nodes.map(
      async ({ name }) => [name, Number((await agent.ask('node', name, ...shown))[0])] as const,
    );
    const [holders] = await Promise.all([
      Promise.all(held),
      must(agent, addNodes(plan)),
      requireFeatures(agent, plan, kernel),
    ]);
    return {
      agent,
      key: {
        rootless,
        asIfGroups,
        pid: pid!,
        startTicks: startTicks!,
        holders: Object.fromEntries(holders),
      },
    };
  } catch (error) {
    await agent.close();
    throw error;
  }
}

/** Enters a sandbox that stands. */
export async function reenterSandbox(machine: Machine, name: string, key: SandboxKey, sudo = false): Promise<Sandbox> {
  return { agent: await startAgent(machine, [...(sudo ? ['sudo', '-n'] : []), ...entry(key)], name), key };
}

const entry = ({ pid, rootless, asIfGroups }: SandboxKey) => [
  'nsenter',
  '--target',
  String(pid),
  ...(rootless ? ['--user', '--preserve-credentials'] : []),
  '--net',
  '--mount',
  '--pid',
  ...(asIfGroups ? asIfGroupsWereTaken : []),
];

/** The words that start a command inside a place of a sandbox that stands. */
export function insideSandbox(plan: Plan, key: SandboxKey, place: string): string[] {
  const pod = plan.pods.find(({ name }) => name === place);
  const node = pod?.node ?? place;
  const at = `/proc/${key.holders[node]}/ns`;
  return [
    ...entry(key),
    'nsenter',
    `--mount=${at}/mnt`,
    `--uts=${at}/uts`,
    `--net=/run/netns/${node}`,
    ...(pod ? ['nsenter', `--net=/run/netns/${pod.name}`] : []),
  ];
}

/** How the agent of a sandbox finds one of its nodes. */
export function homeIn({ agent, key }: Sandbox, node: string): Home {
  const at = `/proc/${key.holders[node]}/ns`;
  return { agent, mnt: `${at}/mnt`, uts: `${at}/uts`, net: `/run/netns/${node}` };
}

/** Runs lines in a sandbox's own namespace. */
export async function typeIn(agent: Agent, lines: string[]): Promise<Ran> {
  const list = groups(lines);
  return ranLine(list, await agent.run('', list));
}

async function must(agent: Agent, lines: string[]): Promise<void> {
  const ran = await typeIn(agent, lines);
  if (ran.code) throw new Error(`${ran.command}: ${ran.stderr.trim()}`);
}
