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

/** What can be done at places alone, without their runtime. */
export type Work = Pick<
  Runtime,
  | 'run'
  | 'script'
  | 'interfaces'
  | 'listen'
  | 'probe'
  | 'heard'
  | 'netnsIds'
  | 'tentative'
  | 'read'
  | 'forget'
  | 'backlog'
> &
  Required<Pick<Runtime, 'terminal' | 'editions'>>;

/** Works in the nodes of a lab and their pods, whichever agents have them. */
export function places(plan: Plan, homeOf: (node: string) => Home | undefined): Work {
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

  /** Asks each agent about its own places, and gives each place its answer. */
  const each = async <Answer>(all: string[], ask: (agent: Agent, own: string[]) => Promise<Answer[]>) => {
    const answers = byAgent(all).map(async ([agent, own]) => {
      const list = await ask(agent, own);
      return own.map((place, i) => [place, list[i]!] as const);
    });
    return new Map((await Promise.all(answers)).flat());
  };

  return {
    async run(place, lines, options) {
      const list = groups(lines);
      return ranLine(list, await open(place).run(place, list, options));
    },
    async script(place, script, options) {
      return { ...(await open(place).run(place, [{ argv: argvOf(script) }], options)), command: script };
    },
    interfaces: (all) => each(all, (agent, own) => agent.interfaces(own)),
    terminal: (place, argv, options) => open(place).terminal(place, argv, options),
    probe: (place, echoes) => open(place).probe(place, echoes),
    heard: (place) => open(place).heard(place),
    async netnsIds(place, others) {
      const agent = open(place);
      const known = others.filter((other) => homeOf(nodeOf(other))?.agent === agent);
      for (const other of known) open(other);
      const ids = await agent.netnsIds(place, known);
      return new Map(known.map((other, i) => [other, ids[i]!]));
    },
    tentative: (all) => each(all, (agent, own) => agent.tentative(own)),
    read: (all, patterns) => each(all, (agent, own) => agent.read(own, patterns)),
    editions: (all, files) =>
      each([...all.keys()], (agent, own) =>
        agent.editions(
          own.map((place) => [place, all.get(place)!] as const),
          files,
        ),
      ),
    async forget(all, flows) {
      await Promise.all(byAgent(all).map(([agent, own]) => agent.forget(own, flows)));
    },
    async backlog() {
      const agents = new Set(plan.nodes.flatMap(({ name }) => homeOf(name)?.agent ?? []));
      return Math.max(0, ...(await Promise.all([...agents].map((agent) => agent.backlog()))));
    },
    async listen(all, { bufferBytes = 8 << 20 } = {}) {
      const captures = await Promise.all(
        byAgent(all).map(async ([agent, own]) => ({ agent, ...(await agent.listen(own, bufferBytes)) })),
      );
      const noting = new Set<Agent>();
      return {
        async trace(some) {
          const unheard = some.find((place) => !all.includes(place));
          if (unheard) throw new Error(`nobody listens in ${unheard}`);
          const of = new Map(captures.map(({ agent, trace }) => [agent, trace]));
          await Promise.all(byAgent([...some]).map(([agent, own]) => of.get(agent)!(own)));
        },
        async watchDrops(some) {
          const own = byAgent([...some]);
          for (const [agent] of own) noting.add(agent);
          const cannot = await Promise.all(own.map(([agent, few]) => agent.watchDrops(few)));
          return cannot.find((why) => why);
        },
        async kernelDrops() {
          return (await Promise.all([...noting].map((agent) => agent.kernelDrops()))).flat();
        },
        async ignore(ignored) {
          await Promise.all(captures.map((each) => each.ignore(ignored)));
        },
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
