import { createHash } from 'node:crypto';
import { grown, type Node, type Pod, type Size, those } from '../cluster.ts';

/** A node of a Calico cluster: its address on the underlay, and its block of pod addresses. */
export interface CalicoNode<PodName extends string = string> extends Node<PodName> {
  /** The /26 that Calico’s IPAM gave the node: `10.42.0.64/26`. */
  block: string;
}

export type Cluster<Name extends string = string, PodName extends string = string> = Record<Name, CalicoNode<PodName>>;

/** A node as a line is typed on it. */
export type Named = Omit<CalicoNode, 'pods'>;

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

/** The node’s end of a pod’s veth pair, as Calico’s CNI plugin calls it: by a hash of the namespace and the pod. */
export const cali = (pod: string, namespace = 'default') => `cali${sha1(`${namespace}.${pod}`).slice(0, 11)}`;

/** A pod by its name and address. */
export const pod = <const Name extends string>(name: Name, address: string, namespace?: string) =>
  ({ [name]: { address, veth: cali(name, namespace) } }) as Record<Name, Pod>;

/**
 * The documents say how Calico works, but print no addresses. So these are the nodes and pods of the document ‘Kubernetes
 * Network’, section 1c, which the flannel labs have as well: the same pods, carried in another way.
 */
export const document: Cluster<'master' | 'node1' | 'node2', 'podA' | 'podB' | 'podC' | 'podD'> = {
  master: { address: '192.168.205.4', block: '10.42.0.64/26', pods: pod('podA', '10.42.0.65') },
  node1: { address: '192.168.205.3', block: '10.42.1.0/26', pods: { ...pod('podB', '10.42.1.9'), ...pod('podC', '10.42.1.6') } },
  node2: { address: '192.168.205.5', block: '10.42.2.0/26', pods: pod('podD', '10.42.2.6') },
};

export const pool = '10.42.0.0/16';

/** The document's cluster, or with more nodes and pods: node3 is 192.168.205.6 with 10.42.3.0/26. */
export const sized = (size: Size): typeof document =>
  grown<keyof typeof document, CalicoNode>(document, size, {
    nodes: { document: 'three', most: 252, room: '192.168.205.0/24 has room for 252' },
    pods: { most: 62, room: 'a node’s block, a /26, has room for 62 between its first and its last address' },
    node: (n) => [`node${n}`, { address: `192.168.205.${n + 3}`, block: `10.42.${n}.0/26`, pods: {} }],
    podAddress: addressOf,
    veth: cali,
  }) as typeof document;

/** Its nodes in two subnets: every other one, from node2 on, is in 192.168.206.0/24. */
export const acrossSubnets = (cluster: typeof document): typeof document => {
  const moved = Object.entries<CalicoNode>(cluster).map(([name, node], n) => {
    const away = n >= 2 && n % 2 === 0;
    return [name, away ? { ...node, address: node.address.replace('.205.', '.206.') } : node];
  });
  return Object.fromEntries(moved) as typeof document;
};

/** Those of a cluster's nodes that are in a subnet. */
export const within = <Name extends string, PodName extends string>(cluster: Cluster<Name, PodName>, subnet: string) =>
  those(cluster, (node) => networkOf(node) === subnet);

/** An address of a node’s block, by its number; the first one is for the node’s end of a tunnel, where there is one. */
export function addressOf({ block }: Pick<CalicoNode, 'block'>, number: number) {
  const [network, first] = [block.slice(0, block.lastIndexOf('.')), /\.(\d+)\//.exec(block)?.[1]];
  return `${network}.${Number(first) + number}`;
}

/** The subnet of the underlay that a node is in. */
export const networkOf = ({ address }: Pick<CalicoNode, 'address'>) => `${address.slice(0, address.lastIndexOf('.'))}.0/24`;

/** The MAC of every cali* device. */
export const mac = 'ee:ee:ee:ee:ee:ee';

/** The MAC that Felix gives a node’s vxlan.calico: an f, and a hash of the node’s name. */
export const vtepMac = (node: string) => `66${sha1(node).slice(0, 10)}`.match(/../g)!.join(':');
