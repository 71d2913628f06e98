import type { Part } from '../lab/part.ts';
import { podsNode } from '../lab/read.ts';
import { shapeProblems } from '../lab/shape.ts';
import type { Check, Claim, Fault, Lab, Matrix, Walk } from '../lab/words.ts';
import { BadLab, problemText } from './bad-lab.ts';
import { type Link, links } from './cables.ts';
import { foundations } from './foundations.ts';
import { failureOf, type PlannedHop, plannedHops, type Where } from './hops.ts';
import { problems } from './problems/index.ts';
import { daemonsOf, liveness, type PlannedDaemon, type Typed, typed } from './script.ts';

export type { End, Link } from './cables.ts';
export type { Where } from './hops.ts';
export type { Typed } from './script.ts';

/** One step of setting up: cables and switches that the runtime lays, or lines typed at several places at once. */
export interface Step {
  title: string;
  cables?: Link[];
  commands?: Typed[];
}

/** A walk whose hops are read: those of the request, of the answer and of the end, in this order. */
export interface PlannedWalk extends Omit<Walk, Part> {
  name: string;
  hops: PlannedHop[];
  /** Whether the walk says how the answer goes. */
  listsReply: boolean;
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
export interface Plan {
  name: string;
  title: string;
  about?: string;
  /** The size that was asked for, where it is not the lab's own. */
  size?: { nodes?: number; pods?: number };
  nodes: { name: string; kind: 'host' | 'router' | 'switch' }[];
  pods: { name: string; node: string }[];
  links: Link[];
  steps: Step[];
  walks: PlannedWalk[];
  checks: PlannedCheck[];
  matrices: PlannedMatrix[];
  faults: PlannedFault[];
  daemons: PlannedDaemon[];
  claims: Record<string, Claim>;
  /** What may be wrong with the lab, and does not keep it from running: a line each. */
  warnings: string[];
}

/** Works out all that a lab will do, without doing any of it. Throws a BadLab that lists every problem at once. */
export function plan(value: unknown, name: string): Plan {
  const shape = shapeProblems(value);
  if (shape.length) throw new BadLab(name, shape);
  const lab = value as Lab;
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
  const daemons = Object.values(lab.setup).flatMap(daemonsOf);
  const restarted = Object.values(lab.faults ?? {}).flatMap((fault) => [fault.break, fault.fix].flatMap(daemonsOf));
  return {
    name,
    title: lab.title,
    ...(lab.about && { about: lab.about }),
    nodes,
    pods,
    links: wired,
    steps: [
      ...foundations(nodes, pods, wired),
      ...Object.entries(lab.setup).map(([title, commands]) => ({ title, commands: typed(commands) })),
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
      const { part, where } = failureOf((lostAt ?? differsAt)!, Object.keys(lab.nodes), hops)!;
      const fails = { outcome: lostAt ? ('lost' as const) : ('differs' as const), part, where };
      return { ...rest, fails, fault, walk, untouched, break: typed(definition.break), fix: typed(definition.fix) };
    }),
    daemons: [...daemons, ...restarted],
    claims: lab.claims ?? {},
    warnings: found.map(problemText),
  };
}

function planWalk(name: string, { request, reply, end, ...rest }: Walk): PlannedWalk {
  const lists = { request, ...(reply && { reply }), ...(end && { end }) };
  return { name, ...rest, hops: plannedHops(lists), listsReply: reply !== undefined };
}

/** The places whose hooks of netfilter some walks list. */
export const hookedPlaces = (walks: PlannedWalk[]): string[] => [
  ...new Set(walks.flatMap(({ hops }) => hops.flatMap(({ kind, place }) => (kind === 'hook' ? [place] : [])))),
];

/** A check for each kind of daemon: wherever it was started, it still runs. */
const run = (daemons: PlannedDaemon[]): PlannedCheck[] =>
  [...new Set(daemons.map(({ name }) => name))].map((name) => {
    const same = daemons.filter((each) => each.name === name);
    return {
      title: `${name} still runs`,
      run: liveness(same[0]!),
      see: Object.fromEntries(same.map(({ place }) => [place, { lines: [`${name} runs`] }])),
    };
  });
