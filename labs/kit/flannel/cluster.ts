import { grown, type Node, type Pod, type Size } from '../cluster.ts';

/** A node of a flannel cluster: its address on the underlay, its /24 of pods, and the MAC of its flannel.1. */
export interface FlannelNode<PodName extends string = string> extends Node<PodName> {
  /** The first three bytes of its pod CIDR: `10.42.0` for 10.42.0.0/24. */
  subnet: string;
  mac: string;
}

/** A node as a line is typed on it. */
export type Named = Omit<FlannelNode, 'pods'>;

export type Cluster<Name extends string = string, PodName extends string = string> = Record<Name, FlannelNode<PodName>>;

/** The outer end of a pod's veth pair, on its node: `vethA` for `podA`. */
export const veth = (pod: string) => pod.replace(/^pod/, 'veth');

const pod = <const Name extends string>(name: Name, address: string) => ({ [name]: { address, veth: veth(name) } }) as Record<Name, Pod>;

/** The cluster of the document ‘Kubernetes Network’, section 1c, with the MACs of its section 6b. */
export const document: Cluster<'master' | 'node1' | 'node2', 'podA' | 'podB' | 'podC' | 'podD'> = {
  master: { address: '192.168.205.4', subnet: '10.42.0', mac: '0a:8e:04:d9:0c:27', pods: pod('podA', '10.42.0.65') },
  node1: {
    address: '192.168.205.3',
    subnet: '10.42.1',
    mac: '62:c8:a9:ce:ca:4e',
    pods: { ...pod('podB', '10.42.1.9'), ...pod('podC', '10.42.1.6') },
  },
  node2: { address: '192.168.205.5', subnet: '10.42.2', mac: 'ee:87:b2:4a:fd:62', pods: pod('podD', '10.42.2.6') },
};

/** The MAC that a CNI plugin would derive from an address: `0a:58`, then its four bytes. */
const macFrom = (address: string) => ['0a', '58', ...address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');

/** The document's cluster, or with more nodes and pods: node3 is 192.168.205.6 with 10.42.3.0/24. */
export const sized = (size: Size): typeof document =>
  grown<keyof typeof document, FlannelNode>(document, size, {
    nodes: { document: 'three', most: 252, room: '192.168.205.0/24 has room for 252' },
    pods: { most: 253, room: 'a node’s /24 has room for 253 beside cni0' },
    node: (n) => [`node${n}`, { address: `192.168.205.${n + 3}`, subnet: `10.42.${n}`, mac: macFrom(`10.42.${n}.0`), pods: {} }],
    podAddress: ({ subnet }, number) => `${subnet}.${number + 1}`,
    veth,
  }) as typeof document;

/** Its node2 in another subnet, behind the router gw; all others stay on one segment. */
export const routed = (cluster: typeof document): typeof document => ({ ...cluster, node2: { ...cluster.node2, address: '192.168.206.5' } });

/** The router of the subnet that a node is in. */
export const gatewayOf = ({ address }: Pick<FlannelNode, 'address'>) => address.replace(/\d+$/, '1');
