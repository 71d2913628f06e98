import type { Kind } from 'packetwalk';

/** A pod: its address, and the outer end of its veth pair, on its node. */
export interface Pod {
  address: string;
  veth: string;
}

/** A node: its address on the underlay, and its pods by name. A technology adds what it knows of a node besides. */
export interface Node<Name extends string = string> {
  address: string;
  pods: { [pod in Name]?: Pod };
}

type PodName<Of extends Node> = keyof Of['pods'] & string;

/** A node as a lab's line sees it: by its name, without pods. */
type Named<Name extends string, Of extends Node> = Omit<Of, 'pods'> & { name: Name };

/** A pod as a lab's line sees it: by its name, with the node that it is on. */
type PodOn<Name extends string, Of extends Node> = Pod & { name: PodName<Of>; node: Named<Name, Of> };

/** A node as a lab's line sees it: with its pods, and with all other nodes. */
export type Member<Name extends string, Of extends Node> = Named<Name, Of> & { pods: PodOn<Name, Of>[]; peers: Named<Name, Of>[] };

const entries = <Key extends string, Value>(record: { [key in Key]?: Value }) => Object.entries(record) as [Key, Value][];

function members<Name extends string, Of extends Node>(cluster: Record<Name, Of>): Member<Name, Of>[] {
  const all = entries(cluster).map(([name, node]): Named<Name, Of> => ({ ...node, name }));
  return all.map((node) => ({
    ...node,
    pods: (Object.entries(cluster[node.name].pods) as [PodName<Of>, Pod][]).map(([name, pod]) => ({ ...pod, name, node })),
    peers: all.filter(({ name }) => name !== node.name),
  }));
}

const podsIn = <Name extends string, Of extends Node>(cluster: Record<Name, Of>) => members(cluster).flatMap(({ pods }) => pods);

/** The lines of each of a list, one under the other. */
export const each = <Of>(list: readonly Of[], line: (one: Of) => string) => list.map(line).join('\n');

/** Something for every node, such as its cable: `forEvery(cluster, (n) => …)`. */
export const forEvery = <Name extends string, Of extends Node, const Given>(cluster: Record<Name, Of>, given: (n: Member<Name, Of>) => Given) =>
  members(cluster).map(given);

/** Something for every pod, such as its cable. */
export const forEveryPod = <Name extends string, Of extends Node, const Given>(cluster: Record<Name, Of>, given: (pod: PodOn<Name, Of>) => Given) =>
  podsIn(cluster).map(given);

/** What is typed, or expected, on every node: `onEvery(cluster, (n) => …)`. */
export const onEvery = <Name extends string, Of extends Node, Given>(cluster: Record<Name, Of>, given: (n: Member<Name, Of>) => Given) =>
  Object.fromEntries(members(cluster).map((n) => [n.name, given(n)])) as Record<Name, Given>;

/** What is typed, or expected, in every pod. */
export const inEveryPod = <Name extends string, Of extends Node, Given>(cluster: Record<Name, Of>, given: (pod: PodOn<Name, Of>) => Given) =>
  Object.fromEntries(podsIn(cluster).map((pod) => [pod.name, given(pod)])) as Record<PodName<Of>, Given>;

export const nodesOf = <Name extends string, Of extends Node>(cluster: Record<Name, Of>) => Object.keys(cluster) as Name[];
export const podsOf = <Name extends string, Of extends Node>(cluster: Record<Name, Of>) => podsIn(cluster).map(({ name }) => name);

/** The address of a pod of a node. */
export const addressIn = <Name extends string, Of extends Node>(cluster: Record<Name, Of>, [node, pod]: [Name, PodName<Of>]) =>
  (cluster[node].pods as Record<string, Pod>)[pod]!.address;

/** Every node as a router, every pod in its node. */
export const kinds = <Name extends string, Of extends Node>(cluster: Record<Name, Of>) =>
  Object.fromEntries([
    ...nodesOf(cluster).map((name) => [name, 'router']),
    ...podsIn(cluster).map(({ name, node }) => [name, `pod on ${node.name}`]),
  ]) as Record<Name | PodName<Of>, Kind<Name>>;

/** A cluster's nodes that are such as is asked for. */
export const those = <Name extends string, Of extends Node>(cluster: Record<Name, Of>, are: (node: Of) => boolean) =>
  Object.fromEntries(entries(cluster).filter(([, node]) => are(node))) as Record<Name, Of>;

/** How many nodes a cluster has, and how many pods each of them has at least. */
export interface Size {
  nodes?: number;
  pods?: number;
}

/** How a documented cluster grows: for how many there is room and why, and what is added. */
interface Growth<Of extends Node> {
  nodes: { document: string; most: number; room: string };
  pods: { most: number; room: string };
  /** The node of a number, counted from 0, as yet without pods. */
  node(number: number): [name: string, node: Of];
  /** The address of a node's pod, by its number from 1 to the most. */
  podAddress(node: Of, number: number): string;
  veth(pod: string): string;
}

/**
 * A documented cluster with more nodes, and pods on each, at the lowest addresses that are free: the pod with 10.42.3.2 is
 * pod3-2. Throws in a sentence where there is no room for them, or where documented ones would be missing.
 */
export function grown<Name extends string, Of extends Node>(
  document: Record<Name, Of>,
  { nodes, pods = 1 }: Size,
  growth: Growth<Of>,
): Record<Name, Of> {
  const documented = entries(document);
  const count = nodes ?? documented.length;
  refuse('nodes', count, documented.length, growth.nodes.most, `the document has ${growth.nodes.document}, and ${growth.nodes.room}`);
  refuse('pods a node', pods, 1, growth.pods.most, growth.pods.room);
  const all = Array.from({ length: count }, (_, number) => documented[number] ?? growth.node(number));
  return Object.fromEntries(all.map(([name, node]) => [name, { ...node, pods: { ...node.pods, ...added(node, pods, growth) } }])) as Record<Name, Of>;
}

function refuse(what: string, asked: number, least: number, most: number, because: string) {
  if (!Number.isInteger(asked) || asked < least || asked > most)
    throw new Error(`${asked} ${what} cannot be: from ${least} to ${most}, since ${because}`);
}

function added<Of extends Node>(node: Of, count: number, { pods, podAddress, veth }: Growth<Of>): Record<string, Pod> {
  const taken = Object.values(node.pods as Record<string, Pod>).map(({ address }) => address);
  const free = Array.from({ length: pods.most }, (_, i) => podAddress(node, i + 1)).filter((address) => !taken.includes(address));
  const more = free.slice(0, Math.max(0, count - taken.length)).map((address): [string, Pod] => {
    const name = `pod${address.split('.').slice(2).join('-')}`;
    return [name, { address, veth: veth(name) }];
  });
  return Object.fromEntries(more);
}
