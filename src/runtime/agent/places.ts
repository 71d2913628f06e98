import type { Plan } from '../../plan/plan.ts';
import type { Frame, Runtime } from '../runtime.ts';
import type { Agent } from './agent.ts';
import { argvOf, groups, ranLine } from './lines.ts';

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
): Pick<Runtime, 'run' | 'script' | 'interfaces' | 'listen' | 'probe'> {
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

  const byAgent = (all: string[]): [Agent, string[]][] => {
    const own = new Map<Agent, string[]>();
    for (const place of all) own.set(open(place), [...(own.get(open(place)) ?? []), place]);
    return [...own];
  };

  return {
    async run(place, lines, { timeoutMs } = {}) {
      const list = groups(lines);
      return ranLine(list, await open(place).run(place, list, timeoutMs));
    },
    async script(place, script, { timeoutMs } = {}) {
      return { ...(await open(place).run(place, [{ argv: argvOf(script) }], timeoutMs)), command: script };
    },
    async interfaces(all) {
      const answers = byAgent(all).map(async ([agent, own]) => {
        const lists = await agent.interfaces(own);
        return own.map((place, i) => [place, lists[i]!] as const);
      });
      return new Map((await Promise.all(answers)).flat());
    },
    probe: (place, echoes) => open(place).probe(place, echoes),
    async listen(all, { bufferBytes = 8 << 20, traced = [] } = {}) {
      const captures = await Promise.all(
        byAgent(all).map(([agent, own]) =>
          agent.listen(
            own,
            bufferBytes,
            own.filter((place) => traced.includes(place)),
          ),
        ),
      );
      return {
        async drain() {
          const drained = await Promise.all(captures.map((each) => each.drain()));
          const frames = drained.reduce<Frame[]>((some, each) => some.concat(each.frames), []);
          return {
            frames,
            traces: drained.flatMap(({ traces }) => traces),
            drops: Object.assign({}, ...drained.map(({ drops }) => drops)),
          };
        },
      };
    },
  };
}
