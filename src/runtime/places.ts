import type { Plan } from '../plan.ts';
import type { Agent } from './agent.ts';
import { groups, ranLine } from './lines.ts';
import type { Frame, Runtime } from './runtime.ts';

/** How an agent finds a node: files that stand for its namespaces; none, where the agent's own are the node's. */
export interface Home {
  agent: Agent;
  mnt?: string;
  uts?: string;
  net?: string;
}

/** Works in the nodes of a lab and their pods, whichever agents have them. */
export function places(
  plan: Plan,
  homeOf: (node: string) => Home | undefined,
): Pick<Runtime, 'run' | 'script' | 'listen'> {
  const opened = new Set<string>();
  const nodeOf = (place: string) => plan.pods.find(({ name }) => name === place)?.node ?? place;

  /** The agent that has a place, which is told of it the first time. */
  const open = (place: string): Agent => {
    const node = nodeOf(place);
    const home = homeOf(node);
    if (!home) throw new Error(`no place ${place}`);
    const { agent, mnt = '', uts = '', net = '' } = home;
    if (opened.has(place)) return agent;
    opened.add(place);
    if (node !== place) open(node);
    const words = node === place ? ['', mnt, uts, net] : [node, '', '', `/run/netns/${place}`];
    agent.ask('place', place, ...words).catch(() => opened.delete(place));
    return agent;
  };

  return {
    async run(place, lines, { timeoutMs } = {}) {
      const list = groups(lines);
      return ranLine(list, await open(place).run(place, list, timeoutMs));
    },
    async script(place, script, { timeoutMs } = {}) {
      return { ...(await open(place).run(place, [{ argv: ['sh', '-c', script] }], timeoutMs)), command: script };
    },
    async listen(all, { bufferBytes = 8 << 20 } = {}) {
      const byAgent = new Map<Agent, string[]>();
      for (const place of all) byAgent.set(open(place), [...(byAgent.get(open(place)) ?? []), place]);
      const captures = await Promise.all([...byAgent].map(([agent, own]) => agent.listen(own, bufferBytes)));
      return {
        async drain() {
          const drained = await Promise.all(captures.map((each) => each.drain()));
          const frames = drained.reduce<Frame[]>((some, each) => some.concat(each.frames), []);
          return { frames, drops: Object.assign({}, ...drained.map(({ drops }) => drops)) };
        },
      };
    },
  };
}
