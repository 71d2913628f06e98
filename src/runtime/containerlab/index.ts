import { find } from '../../machine/programs.ts';
import type { Plan } from '../../plan/plan.ts';
import { CannotRun } from '../../plan/usage.ts';
import { places } from '../agent/places.ts';
import type { RunningAgent } from '../agent/start.ts';
import { attachTo, type Containers, enterContainers } from '../docker/container.ts';
import { engine, engineAddress } from '../docker/engine.ts';
import type { Kind, Runtime } from '../runtime.ts';

/** Nodes as containers that `containerlab deploy` has stood up; they are its own to destroy. */
export const containerlab: Kind<Containers> = {
  name: 'containerlab',
  about: 'containers that `containerlab deploy` stood up',
  async start(plan) {
    const key = await deployed(plan);
    return runtime(plan, key, await enterContainers(key));
  },
  reenter: async (plan, key) => runtime(plan, key, await enterContainers(key)),
  attach: attachTo,
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
async function deployed({ name, nodes }: Plan): Promise<Containers> {
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

const runtime = (plan: Plan, key: Containers, agents: Map<string, RunningAgent>): Runtime => ({
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
