import type { Needs } from '../lab/needs.ts';
import type { Part } from '../lab/part.ts';
import { commandsOf, isTaught, podsNode } from '../lab/read.ts';
import { shapeProblems } from '../lab/shape.ts';
import type { TaughtStep } from '../lab/taught.ts';
import type { Check, Claim, Fault, Lab, Matrix, Walk } from '../lab/words.ts';
import { BadLab, problemText } from './bad-lab.ts';
import { type Link, links } from './cables.ts';
import { foundations } from './foundations.ts';
import { failureOf, type Listings, type PlannedHop, plannedHops, type Where } from './hops.ts';
import { problems } from './problems/index.ts';
import { type Daemons, type RealDaemon, withRealDaemons } from './real-daemons.ts';
import { type WithProtocols, withProtocols } from './registry.ts';
import { daemonsOf, liveness, type PlannedDaemon, type PlannedWait, type Typed, typed, waitsOf } from './script.ts';

export type { End, Link } from './cables.ts';
export type { Where } from './hops.ts';
export type { Typed } from './script.ts';

/** One step of setting up: cables and switches that the runtime lays, or lines typed at several places at once. */
export interface Step extends Omit<TaughtStep, 'do'> {
  title: string;
  cables?: Link[];
  commands?: Typed[];
}

/** A walk whose hops are read: those of the request, of the answer, of the end and of later packets, in this order. */
export interface PlannedWalk extends Omit<Walk, keyof Listings> {
  name: string;
  hops: PlannedHop[];
  /** Whether the walk says how the answer goes. */
  listsReply: boolean;
  /** What each of its later packets is; absent where it lists none. */
  later?: string[];
}

export interface PlannedCheck extends Check {
  title: string;
}

export interface PlannedMatrix extends Matrix {
  title: string;
}

/** How and where a walk is predicted to fail, or did. */
export interface Prediction {
  outcome: 'lost' | 'differs';
  part: Part;
  where: Where;
  /** Where else it may be, of a walk of several ways. */
  others?: { part: Part; where: Where }[];
}

export interface PlannedFault extends Omit<Fault, 'break' | 'fix' | 'lostAt' | 'differsAt'> {
  fails: Prediction;
  fault: string;
  walk: string;
  untouched: string[];
  break: Typed[];
  fix: Typed[];
}

/** Everything that a lab will do, in order, before any of it is done. Plain data, so that it can be kept and sent. */
export interface Plan extends WithProtocols {
  name: string;
  title: string;
  about?: string;
  notes?: string;
  /** The size that was asked for, where it is not the lab's own. */
  size?: { nodes?: number; pods?: number };
  needs?: Needs;
  nodes: { name: string; kind: 'host' | 'router' | 'switch' }[];
  pods: { name: string; node: string }[];
  links: Link[];
  steps: Step[];
  walks: PlannedWalk[];
  checks: PlannedCheck[];
  matrices: PlannedMatrix[];
  faults: PlannedFault[];
  daemons: PlannedDaemon[];
  /** The real daemons that it runs; absent where small ones play them. */
  real?: RealDaemon[];
  /** What its steps and faults wait for; absent where they wait for nothing. */
  waits?: PlannedWait[];
  claims: Record<string, Claim>;
  /** The lab’s file, where it brings protocols of its own. */
  protocolsFile?: string;
  /** What may be wrong with the lab, and does not keep it from running: a line each. */
  warnings: string[];
}

/** Works out all that a lab will do, without doing any of it. Throws a BadLab that lists every problem at once. */
export function plan(value: unknown, name: string, daemons: Daemons = 'small'): Plan {
  const shape = shapeProblems(value);
  if (shape.length) throw new BadLab(name, shape);
  if (daemons === 'small') return planned(value as Lab, name);
  const { lab, real } = withRealDaemons(value as Lab);
  return { ...planned(lab, name), real };
}

function planned(lab: Lab, name: string): Plan {
  const found = problems(lab);
  const wrong = found.filter(({ severity }) => severity !== 'warning');
  if (wrong.length) throw new BadLab(name, wrong);

  const kinds = Object.entries(lab.nodes);
  const nodes = kinds.flatMap(([name, kind]) => (podsNode(kind) ? [] : [{ name, kind: kind as 'host' }]));
  const pods = kinds.flatMap(([name, kind]) => (podsNode(kind) ? [{ name, node: podsNode(kind)! }] : []));
  const wired = links(lab).links;
  const walks = Object.entries(lab.walks).map(([name, walk]) => planWalk(name, walk));
  const first = Object.keys(lab.walks)[0]!;
  const checks = Object.entries(lab.checks ?? {});
  const setup = Object.values(lab.setup).map(commandsOf);
  const daemons = setup.flatMap(daemonsOf);
  const scriptsOfFaults = Object.values(lab.faults ?? {}).flatMap((fault) => [fault.break, fault.fix]);
  const restarted = scriptsOfFaults.flatMap(daemonsOf);
  const waits = [...setup, ...scriptsOfFaults].flatMap(waitsOf);
  return {
    name,
    title: lab.title,
    ...(lab.about && { about: lab.about }),
    ...(lab.notes && { notes: lab.notes }),
    ...(lab.needs && { needs: lab.needs }),
    nodes,
    pods,
    links: wired,
    steps: [
      ...foundations(nodes, pods, wired),
      ...Object.entries(lab.setup).flatMap(([title, step]) => {
        const commands = typed(commandsOf(step));
        const { do: _, ...said } = isTaught(step) ? step : { do: step };
        // What daemons do by themselves, or have no need of, is no step.
        return commands.length || !Object.keys(commandsOf(step)).length ? [{ title, ...said, commands }] : [];
      }),
    ],
    walks,
    checks: [...checks.flatMap(([title, check]) => ('run' in check ? [{ title, ...check }] : [])), ...run(daemons)],
    matrices: checks.flatMap(([title, check]) => ('pairs' in check ? [{ title, ...check }] : [])),
    faults: Object.entries(lab.faults ?? {}).map(([fault, definition]) => {
      const walk = definition.walk ?? first;
      const others = Object.keys(lab.walks).filter((name) => name !== walk);
      const untouched = definition.untouched === 'all' ? others : (definition.untouched ?? []);
      const { lostAt, differsAt, ...rest } = definition;
      const { hops } = walks.find(({ name }) => name === walk)!;
      const stated = [lostAt ?? differsAt ?? []].flat();
      const [at, ...besides] = stated.map((text) => failureOf(text, Object.keys(lab.nodes), hops)!);
      const outcome = lostAt ? ('lost' as const) : ('differs' as const);
      const fails = { outcome, ...at!, ...(besides.length && { others: besides }) };
      return { ...rest, fails, fault, walk, untouched, break: typed(definition.break), fix: typed(definition.fix) };
    }),
    daemons: [...daemons, ...restarted],
    ...(waits.length && { waits }),
    claims: lab.claims ?? {},
    warnings: found.map(problemText),
    ...withProtocols(lab),
  };
}

/** A walk of a lab, its hops read. */
export function planWalk(name: string, walk: Walk): PlannedWalk {
  const { request: _, reply, end: __, later, ...rest } = walk;
  const planned = { name, ...rest, hops: plannedHops(walk), listsReply: reply !== undefined };
  return later ? { ...planned, later: Object.keys(later) } : planned;
}

/** What the check is called that a daemon still runs. */
export const stillRuns = (daemon: string): string => `${daemon} still runs`;

/** A check for each kind of daemon: wherever it was started, it still runs. */
const run = (daemons: PlannedDaemon[]): PlannedCheck[] =>
  [...new Set(daemons.map(({ name }) => name))].map((name) => {
    const same = daemons.filter((each) => each.name === name);
    return {
      title: stillRuns(name),
      run: liveness(same[0]!),
      see: Object.fromEntries(same.map(({ place }) => [place, { lines: [`${name} runs`] }])),
    };
  });
