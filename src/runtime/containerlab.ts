import type { Plan } from '../plan.ts';
import { find } from '../tools.ts';
import { CannotRun } from '../usage.ts';
import type { RunningAgent } from './agent.ts';
import { attachContainer, enterContainer } from './docker/container.ts';
import { engine, engineAddress } from './docker/engine.ts';
import { places } from './places.ts';
import type { Kind, Runtime } from './runtime.ts';

/** Which engine has a topology's containers, and which they are, by node. */
interface Key {
  engine: string;
  containers: Record<string, string>;
}

/** Nodes as containers that `containerlab deploy` has stood up; they are its own to destroy. */
export const containerlab: Kind<Key> = {
  name: 'containerlab',
  about: 'containers that `containerlab deploy` stood up',
  async start(plan) {
    const key = await deployed(plan);
    return runtime(plan, key, await agentsIn(key));
  },
  reenter: async (plan, key) => runtime(plan, key, await agentsIn(key)),
  async attach(plan, key, place, argv, env) {
    const pod = plan.pods.find(({ name }) => name === place);
    const words = pod ? ['nsenter', `--net=/run/netns/${pod.name}`, ...argv] : argv;
    return attachContainer(await engine(key.engine), key.containers[pod?.node ?? place]!, words, env);
  },
  async stands(key) {
    try {
      const running = await (await engine(key.engine)).listContainers();
      return Object.values(key.containers).every((id) => running.some(({ Id }) => Id === id));
    } catch {
      return false;
    }
  },
  stop: async () => {},
  clean: async () => [],
  async examine() {
    const path = find('containerlab');
    return [
      path
        ? { what: 'containerlab', ok: true, detail: path }
        : { what: 'containerlab', ok: false, detail: 'missing', mend: 'https://containerlab.dev/install' },
    ];
  },
};

/** The containers of a topology by the labels that containerlab gives them (containerlab.dev/manual/nodes). */
async function deployed({ name, nodes }: Plan): Promise<Key> {
  const docker = await engine();
  const found = await docker.listContainers({ filters: { label: [`containerlab=${name}`] } });
  const containers = Object.fromEntries(found.map(({ Id, Labels }) => [Labels['clab-node-name'] ?? '', Id]));
  const absent = nodes.filter((node) => !containers[node.name]).map((node) => node.name);
  if (!absent.length) return { engine: engineAddress()!, containers };
  const deploy = `sudo containerlab deploy --topo containerlab/${name}.clab.yml`;
  if (found.length)
    throw new CannotRun('unknown', `the topology ${name} runs without ${absent.join(', ')}. Type: ${deploy}`);
  if (!find('containerlab'))
    throw new CannotRun('skipped', 'containerlab is not installed. See https://containerlab.dev/install');
  throw new CannotRun('skipped', `the topology ${name} is not deployed. Type: ${deploy}`);
}

async function agentsIn({ engine: address, containers }: Key): Promise<Map<string, RunningAgent>> {
  const docker = await engine(address);
  const entered = Object.entries(containers).map(
    async ([node, id]) => [node, await enterContainer(docker, id, node)] as const,
  );
  return new Map(await Promise.all(entered));
}

const runtime = (plan: Plan, key: Key, agents: Map<string, RunningAgent>): Runtime => ({
  ...places(plan, (node) => {
    const agent = agents.get(node);
    return agent && { agent };
  }),
  name: containerlab.name,
  rootless: false,
  isSetUp: true,
  has: () => true,
  cable: () => Promise.reject(new Error('containerlab has laid the cables')),
  async stay() {
    return { runtime: containerlab.name, rootless: false, where: `${agents.size} containers of containerlab`, key };
  },
  async [Symbol.asyncDispose]() {
    await Promise.all([...agents.values()].map((agent) => agent.close()));
  },
});
