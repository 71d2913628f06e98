import type { Link, Plan } from '../plan/plan.ts';
import { macOf } from './mac.ts';

/** A network adapter: the interface it is of its node, and the name of the network that it is on. */
export interface Nic {
  network: string;
  mac: string;
  interface: string;
}

/** A virtual machine that is one node; named after its lab as well, so that labs may stand side by side. */
export interface NodeMachine {
  name: string;
  node: string;
  nics: Nic[];
}

/** The virtual machines of a lab. Its switches, and each cable between two nodes, are networks; pods live in their nodes. */
export function machines(plan: Pick<Plan, 'name' | 'nodes' | 'links'>): NodeMachine[] {
  const network = networks(plan);
  return plan.nodes
    .filter(({ kind }) => kind !== 'switch')
    .map(({ name: node }) => ({
      name: `${plan.name}-${node}`,
      node,
      nics: plan.links.flatMap((link) => {
        const on = network(link);
        return on === undefined
          ? []
          : link.ends
              .filter(({ place }) => place === node)
              .map((end) => ({ network: on, mac: macOf(plan.name, node, end.interface), interface: end.interface }));
      }),
    }));
}

/** The network that a cable is, or is a part of; a pod's cable is none. */
function networks({ name, nodes, links }: Pick<Plan, 'name' | 'nodes' | 'links'>): (link: Link) => string | undefined {
  const segments = new Map(nodes.filter(({ kind }) => kind === 'switch').map((node) => [node.name, node.name]));
  for (const { ends } of links) {
    const [one, other] = ends.map(({ place }) => segments.get(place));
    if (one === undefined || other === undefined) continue;
    for (const [node, segment] of segments) if (segment === other) segments.set(node, one);
  }
  const known = new Set(nodes.map((node) => node.name));
  return ({ ends: [a, b] }) => {
    if (!known.has(a.place) || !known.has(b.place)) return undefined;
    return `${name}-${segments.get(a.place) ?? segments.get(b.place) ?? `${a.place}-${a.interface}`}`;
  };
}
