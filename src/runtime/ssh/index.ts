import type { Plan } from '../../plan/plan.ts';
import { BadUsage } from '../../plan/usage.ts';
import { allOrNone } from '../all-or-none.ts';
import { endSandbox, type Host, type HostKey, insideHost, type OnHosts, reenterHosts, startOnHosts } from '../hosts.ts';
import { runOn } from '../machine/machine.ts';
import type { Kind, Runtime } from '../runtime.ts';
import { spreadOver } from '../spread/spread-over.ts';
import { type HostEntry, loginOf, nameOf, readHosts } from './hosts-file.ts';
import { logIn } from './login.ts';

interface Key {
  entries: HostEntry[];
  hosts: HostKey[];
}

/** Nodes on hosts that the user has: one host for all as namespaces, several that they are spread over, or a host for each with its cards. */
export const ssh: Kind<Key> = {
  name: 'ssh',
  about: 'hosts that you have, reached over SSH',
  async start(plan, { hosts: path, spread = false, on, image }, say) {
    if (on) return (await import('../swarm/spread.ts')).startOverSwarm(plan, image, say);
    if (!path) throw new BadUsage('which hosts? Type --hosts FILE; docs/ssh.md says what it holds.');
    const entries = await readHosts(path, plan, spread);
    const pinned = new Map(entries.flatMap(({ node }, i) => (node ? [[node, i] as const] : [])));
    const groups = spread ? spreadOver(plan, entries.map(nameOf), say, pinned) : undefined;
    const hosts = await logInto(entries, (entry, i) => hostOf(plan, entry, groups?.[i]));
    const work = await startOnHosts(plan, hosts);
    return runtime(work, { entries, hosts: work.keys });
  },
  async reenter(plan, key) {
    const hosts = await logInto(key.entries, (entry) => hostOf(plan, entry));
    return runtime(await reenterHosts(plan, hosts, key.hosts), key);
  },
  async attach(plan, key, place, argv, env) {
    const inside = insideHost(plan, key.hosts, place);
    return (await logIn(loginOf(key.entries[inside.host]!))).attach([...inside.argv, ...argv], env);
  },
  async stands({ entries, hosts }) {
    const answers = await all(entries, async (entry, i) => {
      const { pid, startTicks } = hosts[i]!.sandbox;
      const machine = await logIn(loginOf(entry));
      const { output } = await runOn(machine, ['cat', `/proc/${pid}/stat`]);
      machine.close();
      return output.slice(output.lastIndexOf(')') + 2).split(' ')[19] === String(startTicks);
    });
    return answers.every(Boolean);
  },
  async stop({ entries, hosts }) {
    await all(entries, async (entry, i) => {
      const machine = await logIn(loginOf(entry));
      await runOn(machine, endSandbox(hosts[i]!));
      machine.close();
    });
  },
  // A sandbox ends with the connection that it was started over.
  clean: async () => [],
  examine: async () => [
    { what: 'hosts', ok: true, detail: 'those that --hosts FILE lists: Linux with perl and iproute2' },
  ],
};

const all = <Entry, Result>(entries: Entry[], each: (entry: Entry, i: number) => Promise<Result>) =>
  Promise.all(entries.map(each));

/** Logs into all hosts at once; into none where one refuses. */
const logInto = (entries: HostEntry[], each: (entry: HostEntry, i: number) => Promise<Host>): Promise<Host[]> =>
  allOrNone(entries.map(each), ({ machine }) => machine.close());

async function hostOf(plan: Plan, entry: HostEntry, group?: string[]): Promise<Host> {
  const { user, node, interfaces } = entry;
  return {
    machine: await logIn(loginOf(entry)),
    kernel: `the kernel of ${nameOf(entry)}`,
    sudo: user !== 'root',
    ...(node && !group
      ? { nodes: [node], card: (_: string, name: string) => interfaces[name]! }
      : { nodes: group ?? plan.nodes.map(({ name }) => name) }),
  };
}

const runtime = (work: OnHosts, key: Key): Runtime => ({
  ...work,
  name: ssh.name,
  rootless: false,
  async stay() {
    await work.stay();
    return { runtime: ssh.name, rootless: false, where: key.entries.map(({ host }) => host).join(', '), key };
  },
  [Symbol.asyncDispose]: work.close,
});
