import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { bridge, veths } from '../../plan/lay-cables.ts';
import type { Plan } from '../../plan/plan.ts';
import { DAEMONS_AT, type RealDaemon } from '../../plan/real-daemons.ts';
import { CannotRun } from '../../plan/usage.ts';
import { type Home, places } from '../agent/places.ts';
import type { RunningAgent } from '../agent/start.ts';
import { needs, requireFeatures } from '../features.ts';
import { typeIn } from '../netns/sandbox.ts';
import type { Finding, Kind, Runtime } from '../runtime.ts';
import { cleanServices } from '../swarm/clean.ts';
import { attachTo, type Containers, enterContainers, startContainer } from './container.ts';
import { engine, engineAddress } from './engine.ts';
import { findImage, image } from './image.ts';
import { ownerHasEnded, ownerLabels } from './owner.ts';

interface Key extends Containers {
  run: string;
}

/** Nodes as containers. */
export const docker: Kind<Key> = {
  name: 'docker',
  about: 'containers',
  showsFiles: true,
  kernel: async () =>
    engine()
      .then((docker) => docker.info())
      .then(
        (info) => info.KernelVersion as string,
        () => undefined,
      ),
  start,
  reenter: async (plan, key) => runtime(plan, key, await enterContainers(key), undefined),
  attach: attachTo,
  async stands({ engine: address, run, containers }) {
    try {
      const running = await (await engine(address)).listContainers({ filters: { label: [`packetwalk.run=${run}`] } });
      return running.length >= Object.keys(containers).length;
    } catch {
      return false;
    }
  },
  async stop({ engine: address, containers }) {
    const docker = await engine(address);
    await Promise.all(Object.values(containers).map((id) => remove(docker.getContainer(id))));
  },
  clean,
  examine,
};

/** Removes a container and waits until it is gone; one that is gone already, or is just going, is no fault. */
async function remove(container: Docker.Container): Promise<void> {
  const gone = container.wait({ condition: 'removed' }).catch(() => {});
  await container.remove({ force: true, v: true }).catch(() => {});
  await gone;
}

// Docker's own set of capabilities, and these: NET_ADMIN for links, routes, rules and sysctls, SYS_ADMIN for the network
// namespaces that are pods. /proc/sys must be writable, and AppArmor's docker-default would deny the mounts of ip-netns(8).
const forNodes = {
  NetworkMode: 'none',
  CapAdd: ['NET_ADMIN', 'SYS_ADMIN'],
  SecurityOpt: ['apparmor=unconfined'],
  ReadonlyPaths: [],
} satisfies Docker.HostConfig;

const TUN = '/dev/net/tun';

/** The one device that a lab may need, which a container has only if it is given. */
const tun = {
  Devices: [{ PathOnHost: TUN, PathInContainer: TUN, CgroupPermissions: 'rw' }],
} satisfies Docker.HostConfig;

/** A real daemon as a file of a container’s; the engine refuses one that its machine does not have. */
const mountOf = ({ name, path = '' }: RealDaemon): Docker.MountSettings => ({
  Type: 'bind',
  Source: path,
  Target: `${DAEMONS_AT}/${name}`,
  ReadOnly: true,
});

/** The container that lays cables: it sees the processes of all others, whose namespaces netlink(7) finds by them. */
const forWires = { NetworkMode: 'none', PidMode: 'host', CapAdd: ['NET_ADMIN'] } satisfies Docker.HostConfig;

// Captures pass through a container's standard output: the engine must not write them to a log.
const forAll = { Init: true, AutoRemove: true, LogConfig: { Type: 'none', Config: {} } } satisfies Docker.HostConfig;

async function start(plan: Plan, _: unknown, say: (line: string) => void): Promise<Runtime> {
  const docker = await engine();
  const Image = await image(docker, say);
  const run = randomBytes(4).toString('hex');
  const begin = (node: string, HostConfig: Docker.HostConfig) =>
    startContainer(docker, {
      Image,
      name: `packetwalk-${run}-${plan.name}${node ? `-${node}` : '.wires'}`,
      Hostname: node || 'wires',
      Labels: {
        'packetwalk.run': run,
        'packetwalk.lab': plan.name,
        ...(node && { 'packetwalk.node': node }),
        ...ownerLabels(),
      },
      HostConfig: { ...HostConfig, ...forAll },
    });
  const nodes = plan.nodes.map(({ name }) => name);
  const forEach = { ...forNodes, ...(needs(plan).includes('tun') && tun), Mounts: (plan.real ?? []).map(mountOf) };
  const begun = await Promise.allSettled([begin('', forWires), ...nodes.map((node) => begin(node, forEach))]);
  const all = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    for (const each of begun) if (each.status === 'rejected') throw each.reason;
    const [wires, ...ofNodes] = all;
    const agents = new Map(nodes.map((node, i) => [node, ofNodes[i]!.agent]));
    const [pids] = await Promise.all([
      Promise.all(ofNodes.map(async ({ container }) => (await container.inspect()).State.Pid)),
      requireFeatures(ofNodes[0]!.agent, plan, 'the engine’s kernel'),
    ]);
    const containers = Object.fromEntries(nodes.map((node, i) => [node, ofNodes[i]!.container.id]));
    const pidOf = (node: string) => String(pids[nodes.indexOf(node)]);
    return runtime(plan, { engine: engineAddress()!, run, containers }, agents, { agent: wires!.agent, pidOf });
  } catch (error) {
    await Promise.all(all.map(({ agent }) => agent.close()));
    if (error instanceof CannotRun) throw error;
    throw new CannotRun(
      'unknown',
      `the container engine could not start the nodes: ${(error as Error).message.trim()}`,
    );
  }
}

function runtime(
  plan: Plan,
  key: Key,
  agents: Map<string, RunningAgent>,
  wires: { agent: RunningAgent; pidOf(node: string): string } | undefined,
): Runtime {
  const work = places(plan, (node): Home | undefined => {
    const agent = agents.get(node);
    return agent && { agent };
  });
  const every = [...agents.values(), ...(wires ? [wires.agent] : [])];
  return {
    ...work,
    name: docker.name,
    rootless: false,
    has: () => true,
    async cable(links) {
      let ran = await typeIn(wires!.agent, veths(links, wires!.pidOf));
      for (const { place, lines } of bridge(plan, links)) if (!ran.code) ran = await work.run(place, lines);
      return ran;
    },
    async stay() {
      await Promise.all([...agents.values()].map((agent) => agent.ask('stay')));
      await wires?.agent.close();
      for (const agent of agents.values()) agent.leave();
      return { runtime: docker.name, rootless: false, where: `${agents.size} containers of run ${key.run}`, key };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(every.map((agent) => agent.close()));
    },
  };
}

/** Removes the containers and services of runs on this machine that have ended; an engine that does not answer has none. */
async function clean(standing: Key[]): Promise<string[]> {
  if (!engineAddress()) return [];
  const docker = await engine().catch(() => undefined);
  const ours = (await docker?.listContainers({ all: true, filters: { label: ['packetwalk.run'] } })) ?? [];
  const left = ours.filter(
    ({ Labels }) => ownerHasEnded(Labels) && !standing.some(({ run }) => run === Labels['packetwalk.run']),
  );
  await Promise.all(left.map(({ Id }) => remove(docker!.getContainer(Id))));
  const containers = left.map(({ Names }) => `The container ${Names[0]?.slice(1)} is gone.`);
  return [...containers, ...(docker ? await cleanServices(docker) : [])];
}

async function examine(): Promise<Finding[]> {
  try {
    const docker = await engine();
    const info = await docker.info();
    const rootless = ((info.SecurityOptions ?? []) as string[]).some((option) => option.includes('rootless'));
    const found = await findImage(docker);
    return [
      {
        what: 'engine',
        ok: true,
        detail: `${info.ServerVersion} at ${engineAddress()}, Linux ${info.KernelVersion}${rootless ? ', rootless' : ''}`,
      },
      {
        what: 'image',
        ok: true,
        detail: found ?? 'none yet: it is built when a lab first needs it',
      },
    ];
  } catch (error) {
    return [
      { what: 'engine', ok: false, detail: (error as Error).message, mend: 'https://docs.docker.com/engine/install' },
    ];
  }
}
