import { bridge } from '../plan/lay-cables.ts';
import type { Link, Plan } from '../plan/plan.ts';
import { BadUsage } from '../plan/usage.ts';
import { type Home, places, type Work } from './agent/places.ts';
import { allOrNone } from './all-or-none.ts';
import { copied } from './machine/copy.ts';
import { type Machine, quoted } from './machine/machine.ts';
import {
  homeIn,
  insideSandbox,
  reenterSandbox,
  type Sandbox,
  type SandboxKey,
  startSandbox,
  typeIn,
} from './netns/sandbox.ts';
import type { Ran, Runtime } from './runtime.ts';
import { joinCut, partOf } from './spread/lay.ts';
import { overRelays } from './spread/over-relays.ts';
import { relays } from './spread/relays.ts';

/** A machine that holds some of a lab's nodes in a sandbox. */
export interface Host {
  machine: Machine;
  /** What is said of its kernel: `the guest’s kernel`. */
  kernel: string;
  nodes: string[];
  /** The folder of the machine that daemons are copied to, where it does not see the files of this one. */
  daemonsTo?: string;
  /** Whether its user is not root and does without. */
  rootless?: boolean;
  /** Whether its user needs sudo to be root. */
  sudo?: boolean;
  /** The network card that becomes an interface of a node; without it, nodes are cabled by veth pairs, and relayed from host to host. */
  card?(place: string, iface: string): string;
}

/** What a later process needs to enter the hosts again. */
export interface HostKey {
  nodes: string[];
  sudo: boolean;
  sandbox: SandboxKey;
  /** What gives the host its network cards back. */
  giveBack: string;
}

/** The nodes of a lab on one or several hosts. */
export interface OnHosts extends Work, Pick<Runtime, 'cable' | 'has' | 'isElsewhere'> {
  keys: HostKey[];
  /** Lets the sandboxes go on when this process ends. */
  stay(): Promise<void>;
  /** Runs a script in each sandbox before it ends; what gives network cards back comes before it. */
  finally(script: string): Promise<void>;
  /** Lets go of the sandboxes without a word; what happens to them is for the caller to see. */
  leave(): void;
  close(): Promise<void>;
}

interface Held {
  host: Host;
  sandbox: Sandbox;
  key: HostKey;
}

/** Starts a sandbox on each host, side by side; none is left where one fails. */
export async function startOnHosts(plan: Plan, hosts: Host[]): Promise<OnHosts> {
  const begun = hosts.map(async (host): Promise<Held> => {
    const { real = [] } = plan;
    const own = {
      ...plan,
      nodes: plan.nodes.filter(({ name }) => host.nodes.includes(name)),
      real: host.daemonsTo ? await copied(host.machine, real, host.daemonsTo) : real,
    };
    const { machine, kernel, rootless = false, sudo = false, card, nodes } = host;
    const sandbox = await startSandbox(machine, own, { kernel, rootless, sudo, cards: card !== undefined });
    const giveBack = card
      ? cardsOf(between(plan), host)
          .map(({ back }) => back)
          .join('\n')
      : '';
    if (giveBack) await sandbox.agent.ask('finally', giveBack);
    return { host, sandbox, key: { nodes, sudo, sandbox: sandbox.key, giveBack } };
  });
  return onHosts(plan, await allHeld(hosts, begun));
}

/** What is held on all of some hosts; where one fails, none is held, and all are let go of. */
async function allHeld(hosts: Host[], begun: Promise<Held>[]): Promise<Held[]> {
  try {
    return await allOrNone(begun, ({ sandbox }) => sandbox.agent.close());
  } catch (error) {
    for (const { machine } of hosts) machine.close();
    throw error;
  }
}

/** Enters the sandboxes of a lab that stands, or none where one cannot be entered; hosts and keys are in the same order. */
export async function reenterHosts(plan: Plan, hosts: Host[], keys: HostKey[]): Promise<OnHosts> {
  const held = hosts.map(async (host, i): Promise<Held> => {
    const key = keys[i]!;
    return { host, key, sandbox: await reenterSandbox(host.machine, plan.name, key.sandbox, key.sudo) };
  });
  return onHosts(plan, await allHeld(hosts, held));
}

/** The words that start a command inside a place of a lab that stands, on the host that has it. */
export function insideHost(plan: Plan, keys: HostKey[], place: string): { host: number; argv: string[] } {
  const node = plan.pods.find(({ name }) => name === place)?.node ?? place;
  const host = keys.findIndex(({ nodes }) => nodes.includes(node));
  if (host < 0) throw new BadUsage(`${place} is no more than wire here: nothing can be typed there`);
  const { sudo, sandbox } = keys[host]!;
  return { host, argv: [...(sudo ? ['sudo', '-n'] : []), ...insideSandbox(plan, sandbox, place)] };
}

/** The words that end the sandbox of a standing lab on its host, its network cards given back first. */
export const endSandbox = ({ sudo, sandbox, giveBack }: HostKey): string[] => [
  ...(sudo ? ['sudo', '-n'] : []),
  'sh',
  '-c',
  `set -- $(sed 's/.*) //' /proc/${sandbox.pid}/stat) && [ "\${20}" = ${sandbox.startTicks} ] || exit 0
nsenter --target ${sandbox.pid} --net --mount --pid sh -c ${quoted(giveBack || ':')}
kill -KILL ${sandbox.pid}; while kill -0 ${sandbox.pid} 2>/dev/null; do :; done`,
];

/** The cables that end at no pod: those lie between nodes. */
const between = ({ links, pods }: Plan) =>
  links.filter(({ ends }) => !ends.some(({ place }) => pods.some(({ name }) => name === place)));

/** What a host's network cards become, and what makes them its own again. */
const cardsOf = (links: Link[], { nodes, card }: Host) =>
  links
    .flatMap(({ ends }) => ends)
    .filter(({ place }) => nodes.includes(place))
    .map(({ place, interface: name }) => {
      const own = card!(place, name);
      return {
        give: [`ip link set dev ${own} down`, `ip link set dev ${own} netns ${place} name ${name}`],
        // 1 is the sandbox's first process, which is in the host's own network namespace.
        back: `ip -n ${place} link set dev ${name} down\nip -n ${place} link set dev ${name} netns 1 name ${own}`,
      };
    });

const laidOn = ({ host: { machine, nodes }, sandbox: { agent } }: Held) => ({ machine: machine.name, nodes, agent });

function onHosts(plan: Plan, held: Held[]): OnHosts {
  const holder = (node: string) => held.find(({ host }) => host.nodes.includes(node));
  const relay = relays();
  const work = overRelays(
    places(plan, (node): Home | undefined => {
      const held = holder(node);
      return held && homeIn(held.sandbox, node);
    }),
    relay,
  );
  const agents = held.map(({ sandbox }) => sandbox.agent);

  const cableOn = async ({ host, sandbox }: Held, links: Link[]): Promise<Ran> => {
    if (host.card)
      return typeIn(
        sandbox.agent,
        cardsOf(links, host).flatMap(({ give }) => give),
      );
    let ran = await typeIn(sandbox.agent, partOf(links, host.nodes).lines);
    const switches = bridge(plan, links).filter(({ place }) => host.nodes.includes(place));
    for (const { place, lines } of switches) if (!ran.code) ran = await work.run(place, lines);
    return ran.code && held.length > 1 ? { ...ran, stderr: `on ${host.machine.name}: ${ran.stderr}` } : ran;
  };

  return {
    ...work,
    isElsewhere: true,
    keys: held.map(({ key }) => key),
    has: (place) => plan.pods.some(({ name }) => name === place) || holder(place) !== undefined,
    async cable(links) {
      const all = await Promise.all(held.map((each) => cableOn(each, links)));
      const failed = all.find(({ code }) => code !== 0);
      if (!failed) await joinCut(relay, work.interfaces, held.filter(({ host }) => !host.card).map(laidOn), links);
      return failed ?? all.at(-1)!;
    },
    async stay() {
      await Promise.all(agents.map((agent) => agent.ask('stay')));
      for (const agent of agents) agent.leave();
    },
    async finally(script) {
      await Promise.all(held.map(({ sandbox, key }) => sandbox.agent.ask('finally', `${key.giveBack}\n${script}`)));
    },
    leave() {
      for (const { host, sandbox } of held) {
        sandbox.agent.leave();
        host.machine.close();
      }
    },
    async close() {
      await Promise.all(agents.map((agent) => agent.close()));
      for (const { host } of held) host.machine.close();
    },
  };
}
