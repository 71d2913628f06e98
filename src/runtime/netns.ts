import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { firstIndex, type Link, type Plan } from '../plan.ts';
import { agentFile, connect } from './agent.ts';
import { groups, ranLine } from './lines.ts';
import { searchPath } from './path.ts';
import type { Runtime, Standing } from './runtime.ts';

export const rootless = process.getuid?.() !== 0;

/** The commands that add the nodes, and those that connect them, in the sandbox's own namespace. */
export const addNodes = (plan: Plan) => plan.nodes.map(({ name }) => `ip netns add ${name}`);
export const addCables = (links: Link[]) =>
  links.map(
    ({ ends: [a, b] }, i) =>
      `ip link add name ${a.interface} index ${firstIndex + i} netns ${a.place} type veth peer name ${b.interface} netns ${b.place}`,
  );

/**
 * Starts a lab's nodes as network namespaces inside one sandbox: a process with its own network, mount, PID and, without
 * root, user namespace. When that process ends, however it ends, nothing of the lab is left.
 */
export async function startNetns(plan: Plan): Promise<Runtime> {
  const sandbox = enter(
    [
      'unshare',
      ...(rootless ? ['--user', '--map-root-user'] : []),
      '--net',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
    ],
    plan.name,
  );
  try {
    return runtime(plan, sandbox, ...(await addAll(plan, sandbox)));
  } catch (error) {
    sandbox.child.stdin.end();
    await sandbox.ended;
    throw error;
  }
}

/** Adds a sandbox's nodes; gives its first process, and by node the one that holds its files. */
async function addAll(plan: Plan, { agent, pid }: ReturnType<typeof enter>): Promise<[number, Record<string, number>]> {
  await agent.ask('sandbox');
  const added = agent.run('', groups(addNodes(plan)));
  const holders = Object.fromEntries(
    await Promise.all(plan.nodes.map(async ({ name }) => [name, Number((await agent.ask('node', name))[0])] as const)),
  );
  const ran = ranLine(groups(addNodes(plan)), await added);
  if (ran.code) throw new Error(`${ran.command}: ${ran.stderr.trim()}`);
  return [firstProcess(pid), holders];
}

/** Enters the sandbox of a lab that stands. */
export async function reenterNetns(plan: Plan, standing: Standing): Promise<Runtime> {
  return runtime(plan, enter(entry(standing), plan.name), standing.pid, standing.holders);
}

const entry = ({ pid, rootless }: Standing) => [
  'nsenter',
  '--target',
  String(pid),
  ...(rootless ? ['--user', '--preserve-credentials'] : []),
  '--net',
  '--mount',
  '--pid',
];

/** The words that start a command inside a place of a standing lab, for a terminal's own use. */
export function insideNetns(plan: Plan, standing: Standing, place: string): string[] {
  const pod = plan.pods.find(({ name }) => name === place);
  const node = pod?.node ?? place;
  const at = `/proc/${standing.holders[node]}/ns`;
  return [
    ...entry(standing),
    'nsenter',
    `--mount=${at}/mnt`,
    `--uts=${at}/uts`,
    `--net=/run/netns/${node}`,
    ...(pod ? ['nsenter', `--net=/run/netns/${pod.name}`] : []),
  ];
}

function enter(words: string[], name: string) {
  const child = spawn(words[0]!, [...words.slice(1), 'perl', agentFile, name], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, PATH: searchPath },
    cwd: '/',
  });
  const agent = connect(child.stdin, child.stdout);
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      agent.end(new Error(`cannot start ${words[0]}: ${error.message}`));
      resolve();
    });
    child.on('close', (code, signal) => {
      agent.end(new Error(`the sandbox ended (${signal ?? `exit code ${code}`})${said && `: ${said.trim()}`}`));
      resolve();
    });
  });
  return { agent, pid: child.pid ?? 0, child, ended };
}

function runtime(plan: Plan, sandbox: ReturnType<typeof enter>, pid: number, holders: Record<string, number>): Runtime {
  const { agent, child, ended } = sandbox;
  const open = new Set<string>();
  const place = (name: string) => {
    if (open.has(name)) return;
    open.add(name);
    const pod = plan.pods.find((each) => each.name === name);
    if (pod) place(pod.node);
    const at = `/proc/${holders[name]}/ns`;
    const files = pod ? ['', ''] : [`${at}/mnt`, `${at}/uts`];
    agent.ask('place', name, pod?.node ?? '', ...files, `/run/netns/${name}`).catch(() => open.delete(name));
  };
  return {
    name: 'netns',
    rootless,
    async cable(links) {
      const list = groups(addCables(links));
      return ranLine(list, await agent.run('', list));
    },
    async run(name, lines, { timeoutMs } = {}) {
      place(name);
      const list = groups(lines);
      return ranLine(list, await agent.run(name, list, timeoutMs));
    },
    async script(name, script, { timeoutMs } = {}) {
      place(name);
      return { ...(await agent.run(name, [{ argv: ['sh', '-c', script] }], timeoutMs)), command: script };
    },
    listen(places, { bufferBytes = 8 << 20 } = {}) {
      places.forEach(place);
      return agent.listen(places, bufferBytes);
    },
    async stay() {
      await agent.ask('stay');
      child.unref();
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      return { runtime: 'netns', rootless, pid, startTicks: startTicks(pid), holders };
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}

/** When a process started, in clock ticks since boot (proc(5), stat field 22); NaN when there is none. */
function startTicks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return Number.NaN;
  }
}

const firstProcess = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());

/** Whether the sandbox that was noted is still there, and its number not another process's by now. */
export const netnsStands = ({ pid, startTicks: started }: Standing) => startTicks(pid) === started;

/** Ends a standing lab's sandbox; the kernel ends everything inside it. */
export async function stopNetns(standing: Standing): Promise<void> {
  if (!netnsStands(standing)) return;
  process.kill(standing.pid, 'SIGKILL');
  while (netnsStands(standing)) await new Promise((resolve) => setTimeout(resolve, 1));
}
