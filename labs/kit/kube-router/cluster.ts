import { createHash } from 'node:crypto';
import type { Commands, Daemon } from 'packetwalk';
import { type Node as AnyNode, grown, onEvery, type Size } from '../cluster.ts';

/** A node: its address, the switch and the router of its subnet, and the first three bytes of its pod CIDR. */
export interface KubeRouterNode<PodName extends string = string> extends AnyNode<PodName> {
  lan: 'subnet-a' | 'subnet-b';
  gateway: string;
  subnet: string;
}

/** A node as a line is typed on it. */
export type Named = Omit<KubeRouterNode, 'pods'>;

const a = { lan: 'subnet-a', gateway: '172.20.32.1' } as const;
const b = { lan: 'subnet-b', gateway: '172.20.64.1' } as const;

/** The cluster of ‘A day in the life of packet’; the pods are those of the services that it lists. */
export const document = {
  'ip-172-20-42-25': { ...a, address: '172.20.42.25', subnet: '100.96.2', pods: { frontend: { address: '100.96.2.2', veth: 'veth-frontend' } } },
  'ip-172-20-32-100': {
    ...a,
    address: '172.20.32.100',
    subnet: '100.96.4',
    pods: { 'redis-master': { address: '100.96.4.2', veth: 'veth-master' }, 'redis-slave1': { address: '100.96.4.3', veth: 'veth-slave1' } },
  },
  'ip-172-20-49-17': { ...a, address: '172.20.49.17', subnet: '100.96.0', pods: { dashboard: { address: '100.96.0.2', veth: 'veth-dashboard' } } },
  'ip-172-20-67-180': { ...b, address: '172.20.67.180', subnet: '100.96.3', pods: { 'kube-dns': { address: '100.96.3.2', veth: 'veth-dns' } } },
  'ip-172-20-75-91': { ...b, address: '172.20.75.91', subnet: '100.96.1', pods: { 'redis-slave2': { address: '100.96.1.2', veth: 'veth-slave2' } } },
} as const satisfies Record<string, KubeRouterNode>;

export type Node = keyof typeof document;
export type PodName = { [node in Node]: keyof (typeof document)[node]['pods'] }[Node];
export type Cluster = Record<Node, KubeRouterNode<PodName>>;

/** The document's cluster, or with more nodes, in turn in subnet A and B, and pods: the sixth node is 172.20.33.5 with 100.96.5.0/24. */
export const sized = (size: Size): Cluster =>
  grown<Node, KubeRouterNode>(document, size, {
    nodes: { document: 'five', most: 256, room: '100.96.0.0/16 has a /24 for 256' },
    pods: { most: 253, room: 'a node’s /24 has room for 253 beside kube-bridge' },
    node: (n) => {
      const placed = n % 2 ? { ...a, address: `172.20.33.${n}` } : { ...b, address: `172.20.65.${n}` };
      return [`ip-${placed.address.replaceAll('.', '-')}`, { ...placed, subnet: `100.96.${n}`, pods: {} }];
    },
    podAddress: ({ subnet }, number) => `${subnet}.${number + 1}`,
    veth: (pod) => pod.replace(/^pod/, 'veth'),
  }) as Cluster;

/** The name of each tunnel by the node that it leads to. */
export type Tunnels = (to: Pick<KubeRouterNode, 'address'>) => string;

/** The device that leads to a node of the other subnet: `tun-172207591` for 172.20.75.91. */
export const tunnel: Tunnels = ({ address }) => `tun-${address.replaceAll('.', '')}`;

/** The same device since v2: `tun-3c941f0685c`, which is tun- and the first eleven digits of a hash of the address without dots. */
export const tunnelOfV2: Tunnels = ({ address }) => `tun-${createHash('sha256').update(address.replaceAll('.', '')).digest('hex').slice(0, 11)}`;

/** The MAC that the bridge plugin makes of an address: 0a:58, and its four bytes. */
export const macOf = (address: string) => ['0a', '58', ...address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');

/** A node's peers in the other subnet. */
export const farOf = <Peer extends Named>({ lan, peers }: { lan: string; peers: Peer[] }) => peers.filter((peer) => peer.lan !== lan);

const value = (address: string) => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);

/** Of two, the one with the higher address calls: when both do at once, GoBGP closes both connections and waits for minutes. */
export const isCalledBy = (own: Named, peer: Named) => value(own.address) < value(peer.address);

const until = (condition: string) => `until ${condition}; do sleep 0.2; done`;

/** GoBGP ends on one node, and the others forget its pods; with GoBGP ends what listens to it. */
export const dies = 'kill -KILL $(cat /run/gobgpd.pid)';
export const forgets = (name: Node) => until(`[ -z "$(ip route show ${document[name].subnet}.0/24)" ]`);

/** The daemons that the lab starts on a node. */
export interface Daemons {
  gobgpd: Daemon;
  controller(node: Named & { peers: Named[] }): Daemon;
}

/** It starts again, and learns what the others know; then they have learned of its pods. */
export const restarts = (cluster: Cluster, name: Node, { gobgpd, controller }: Daemons) => {
  const knows = until(`[ -n "$(ip route show ${document[name].subnet}.0/24)" ]`);
  const all = onEvery(cluster, (n) => (n.name === name ? [gobgpd, controller(n)] : knows));
  return { [name]: all[name], ...all } as Commands<Node>;
};
