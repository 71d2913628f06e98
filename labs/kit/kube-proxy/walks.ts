import { at, type ExpectedHeader, ip, tcp, through } from 'packetwalk';
import { veth } from '../flannel/cluster.ts';
import { throughTunnel, tunnel } from '../flannel/walks.ts';
import { cluster, type Hops, type Node } from './cluster.ts';

export type Headers = ExpectedHeader<never>[];
/** A packet with a TTL. */
export type Packet = (ttl: number) => Headers;

/** The last segment of who called a port. */
export const ended = (src: string, dst: string, port: number, ttl = 64) => [ip({ src, dst, ttl }), tcp({ dst: port, flags: 'FA' })];

const forward = 'filter FORWARD > KUBE-PROXY-FIREWALL > KUBE-FORWARD' as const;

/** nat asks KUBE-SERVICES, by the chains behind it. */
export const natted = (node: Node, chains: string, why: string): Hops => [through(node, `nat PREROUTING > KUBE-SERVICES > ${chains}`, why)];

/** A connection's first packet, forwarded without a mark. */
export const unmarked = (node: Node): Hops => [
  through(node, `${forward} > KUBE-SERVICES > KUBE-EXTERNAL-SERVICES: policy accept`, 'Nothing refuses it, and nothing but the policy accepts it'),
  through(node, 'nat POSTROUTING > KUBE-POSTROUTING: policy accept', 'It bears no mark: its source stays'),
];

/** A connection's first packet with the mark 0x4000, forwarded. */
export const marked = (node: Node, as: string): Hops => [
  through(node, `${forward}: accept`, 'KUBE-FORWARD accepts what bears the mark, whatever the policy'),
  through(node, 'nat POSTROUTING > KUBE-POSTROUTING: masquerade fully-random', `The mark is why it becomes ${as}, and it is taken off`),
];

/** A packet that is not a connection's first. */
export const known = (node: Node): Hops => [through(node, 'filter FORWARD > KUBE-FORWARD: accept', 'It belongs to a connection: nat is not asked')];

/** A connection's first packet at a node that has neither its service nor its NodePort to look after. */
const bystander = (node: Node): Hops => [
  through(node, 'nat PREROUTING > KUBE-SERVICES: policy accept', `To ${node} it is for a pod, and for no service`),
  ...unmarked(node),
];

/** From one node's flannel.1 to another's; the outer packet is the nodes' own, and passes what is theirs of filter. */
export const across = (from: Node, to: Node, inner: Headers): Hops => {
  const outer = tunnel(cluster[from], cluster[to]);
  return [
    at(`${from}:flannel.1`, `${from} routes it into the tunnel`, inner),
    through(from, 'filter OUTPUT > KUBE-FIREWALL: policy accept', 'The wrapped packet is one of the node’s own'),
    at(`${from}:enp0s1`, 'It leaves wrapped in UDP', outer, inner),
    at(`${to}:enp0s1`, `The underlay carries it to ${to} like any datagram`, outer, inner),
    through(to, 'filter INPUT > KUBE-FIREWALL > KUBE-NODEPORTS: policy accept', 'To the hooks it is for the node, until it is unwrapped'),
    at(`${to}:flannel.1`, 'The wrapping is off', inner),
  ];
};

/** From master, or from node2, to podC on node1; `first` says whether it begins a connection. */
export const toPodC = (from: 'master' | 'node2', packet: Packet, ttl: number, first = true): Hops => [
  ...across(from, 'node1', packet(ttl)),
  ...(first ? bystander('node1') : known('node1')),
  at('node1:cni0', 'node1 routes it to its own subnet: another TTL is spent', packet(ttl - 1)),
  at('node1:vethC', 'The bridge knows which port leads to the pod', packet(ttl - 1)),
  at('podC:eth0', 'The endpoint sees its own address and port', packet(ttl - 1)),
];

/** From podC to master or node2, up to where its tunnel ends. */
export const fromPodC = (to: 'master' | 'node2', packet: Packet): Hops => [
  at('podC:eth0', 'The endpoint answers who called it, from its own address', packet(64)),
  at('node1:vethC', 'Out of the pod', packet(64)),
  at('node1:cni0', 'Up to its node', packet(64)),
  ...known('node1'),
  ...across('node1', to, packet(63)),
];

/** From a pod to its node's bridge, up to where PREROUTING sees it. */
export const intoBridge = (pod: 'podA' | 'podB', packet: Headers): Hops => {
  const node = pod === 'podA' ? 'master' : 'node1';
  return [
    at(`${pod}:eth0`, 'The pod calls an address that is in no subnet: to its gateway', packet),
    at(`${node}:${veth(pod)}`, 'Into the bridge, where bridged frames pass iptables too', packet),
  ];
};

/** From node to node, in a walk that lists no hooks. */
export const tunnelled = (from: Node, to: Node, inner: Headers): Hops => throughTunnel(cluster, [from, to], inner);

/** From master, or from node2, to podC, in a walk that lists no hooks of theirs. */
export const carriedToPodC = (from: 'master' | 'node2', packet: Packet, ttl: number): Hops => [
  ...tunnelled(from, 'node1', packet(ttl)),
  ...withinNode1(packet(ttl - 1)),
];

/** From node1 to its own pod. */
export const withinNode1 = (packet: Headers): Hops => [
  at('node1:cni0', 'The endpoint is on this node', packet),
  at('node1:vethC', 'The bridge knows which port leads to the pod', packet),
  at('podC:eth0', 'The endpoint sees its own address and port', packet),
];

/** From podC to master or node2, in a walk that lists no hooks of theirs. */
export const carriedFromPodC = (to: 'master' | 'node2', packet: Packet): Hops => [...outOfPodC(packet(64)), ...tunnelled('node1', to, packet(63))];

/** From podC up to its node. */
export const outOfPodC = (packet: Headers): Hops => [
  at('podC:eth0', 'The endpoint answers who called it, from its own address', packet),
  at('node1:vethC', 'Out of the pod', packet),
  at('node1:cni0', 'Up to its node', packet),
];
