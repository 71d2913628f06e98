import type { Plan } from '../../plan/plan.ts';

type Wired = Pick<Plan, 'nodes' | 'pods' | 'links'>;

/** What is to be put where: how much each node weighs, with its pods, and how many cables lead from it to each other one. */
interface Graph {
  names: string[];
  weights: number[];
  cables: Map<number, number>[];
  /** Whether a node is a host or a router, of which each machine has one at least. */
  isHost: boolean[];
  machines: number;
  /** The most that one machine takes. */
  most: number;
  /** The nodes whose machine is given, with that. */
  pinned: ReadonlyMap<number, number>;
}

/** A machine takes this part of the whole above its share: with none, a cable more is cut for the sake of one pod. */
const SLACK = 0.25;

/** How many beginnings are tried; of the results the first with the fewest cables cut is taken. */
const beginnings = (nodes: number) => Math.max(1, Math.min(16, Math.floor(600 / nodes)));

/**
 * Puts the nodes of a lab on so many machines, about as many places on each, so that few cables lead from one to another. The same
 * lab is always put so. `pinned` says which node is on which machine whatever else. No machine is left without a host or a router.
 */
export function partition(plan: Wired, machines: number, pinned: ReadonlyMap<string, number> = new Map()): string[][] {
  const graph = graphOf(plan, machines, pinned);
  const tried = graph.names.slice(0, beginnings(graph.names.length)).map((_, first) => {
    const placed = grown(graph, first);
    fill(graph, placed);
    while (moveOne(graph, placed) || exchangeTwo(graph, placed));
    return { placed, cut: cutOf(graph, placed) };
  });
  const best = tried.reduce((least, each) => (each.cut < least.cut ? each : least));
  return Array.from({ length: machines }, (_, machine) =>
    graph.names.filter((_, node) => best.placed[node] === machine),
  );
}

/** The cables that lead from one machine to another. */
export function cutCables({ links, pods }: Pick<Plan, 'links' | 'pods'>, groups: string[][]): Plan['links'] {
  const nodeOf = new Map(pods.map(({ name, node }) => [name, node]));
  const groupOf = (place: string) => groups.findIndex((group) => group.includes(nodeOf.get(place) ?? place));
  return links.filter(({ ends: [a, b] }) => groupOf(a.place) !== groupOf(b.place));
}

function graphOf({ nodes, pods, links }: Wired, machines: number, pinned: ReadonlyMap<string, number>): Graph {
  const names = nodes.map(({ name }) => name);
  const weights = names.map((name) => 1 + pods.filter(({ node }) => node === name).length);
  const cables = names.map(() => new Map<number, number>());
  for (const { ends } of links) {
    const [a, b] = ends.map(({ place }) => names.indexOf(place));
    if (a === undefined || b === undefined || a < 0 || b < 0 || a === b) continue;
    cables[a]!.set(b, (cables[a]!.get(b) ?? 0) + 1);
    cables[b]!.set(a, (cables[b]!.get(a) ?? 0) + 1);
  }
  const share = weights.reduce((sum, weight) => sum + weight, 0) / machines;
  return {
    ...{ names, weights, cables, machines },
    isHost: nodes.map(({ kind }) => kind !== 'switch'),
    most: Math.max(Math.ceil(share * (1 + SLACK)), ...weights),
    pinned: new Map([...pinned].map(([name, machine]) => [names.indexOf(name), machine])),
  };
}

const cutOf = ({ cables }: Graph, placed: number[]) =>
  cables.reduce((sum, to, a) => sum + [...to].reduce((cut, [b, n]) => cut + (placed[a] === placed[b] ? 0 : n), 0), 0) /
  2;

const cablesTo = ({ cables }: Graph, placed: number[], node: number, machine: number) =>
  [...cables[node]!].reduce((sum, [other, n]) => sum + (placed[other] === machine ? n : 0), 0);

const loadOf = ({ weights }: Graph, placed: number[], machine: number) =>
  weights.reduce((sum, weight, node) => sum + (placed[node] === machine ? weight : 0), 0);

/** Grows each machine's part from a node, by whichever node has the most cables to it, until it has its share. */
function grown(graph: Graph, first: number): number[] {
  const { names, weights, machines, pinned } = graph;
  const placed = names.map((_, node) => pinned.get(node) ?? -1);
  const order = [...names.keys()].map((i) => (i + first) % names.length);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  for (let machine = 0; machine < machines - 1; machine++)
    for (;;) {
      const load = loadOf(graph, placed, machine);
      const free = order.filter((node) => placed[node] === -1 && load + weights[node]! / 2 <= whole / machines);
      if (!free.length) break;
      const nearness = free.map((node) => cablesTo(graph, placed, node, machine));
      placed[free[nearness.indexOf(Math.max(...nearness))]!] = machine;
    }
  return placed.map((machine) => (machine === -1 ? machines - 1 : machine));
}

/** How many hosts and routers a machine has. */
const hostsOn = ({ isHost }: Graph, placed: number[], machine: number) =>
  placed.filter((at, node) => at === machine && isHost[node]).length;

/** Gives a machine without a host or a router the lightest one of a machine that has several. */
function fill(graph: Graph, placed: number[]): void {
  const { isHost, machines, pinned, weights } = graph;
  for (let machine = 0; machine < machines; machine++) {
    if (hostsOn(graph, placed, machine)) continue;
    const free = [...placed.keys()].filter(
      (node) => isHost[node] && !pinned.has(node) && hostsOn(graph, placed, placed[node]!) > 1,
    );
    const lightest = Math.min(...free.map((node) => weights[node]!));
    const taken = free.find((node) => weights[node] === lightest);
    if (taken !== undefined) placed[taken] = machine;
  }
}

/** What may be put elsewhere, how full machines are, and how many cables fewer are cut once a node is on another machine. */
function chances(graph: Graph, placed: number[]) {
  const { names, machines, pinned } = graph;
  return {
    free: [...names.keys()].filter((node) => !pinned.has(node)),
    loads: Array.from({ length: machines }, (_, machine) => loadOf(graph, placed, machine)),
    gain: (node: number, to: number) =>
      cablesTo(graph, placed, node, to) - cablesTo(graph, placed, node, placed[node]!),
  };
}

/** Moves a node if fewer cables are cut by it; says whether it did. */
function moveOne(graph: Graph, placed: number[]): boolean {
  const { weights, most, machines, isHost } = graph;
  const { free, loads, gain } = chances(graph, placed);
  const isNeeded = (node: number) => isHost[node] && hostsOn(graph, placed, placed[node]!) === 1;
  for (const node of free)
    for (let to = 0; to < machines; to++) {
      if (to === placed[node] || loads[to]! + weights[node]! > most || gain(node, to) <= 0 || isNeeded(node)) continue;
      placed[node] = to;
      return true;
    }
  return false;
}

/** Exchanges two nodes if fewer cables are cut by it (after Kernighan and Lin, 1970); says whether it did. */
function exchangeTwo(graph: Graph, placed: number[]): boolean {
  const { weights, most, cables, isHost } = graph;
  const { free, loads, gain } = chances(graph, placed);
  const fits = (a: number, b: number) => {
    const more = weights[b]! - weights[a]!;
    return loads[placed[a]!]! + more <= most && loads[placed[b]!]! - more <= most;
  };
  for (const a of free)
    for (const b of free) {
      const [from, to] = [placed[a]!, placed[b]!];
      if (from === to || isHost[a] !== isHost[b] || !fits(a, b)) continue;
      if (gain(a, to) + gain(b, from) - 2 * (cables[a]!.get(b) ?? 0) <= 0) continue;
      placed[a] = to;
      placed[b] = from;
      return true;
    }
  return false;
}
