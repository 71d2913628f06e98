import { at, type ExpectedHeader, ether, type Hop, icmp, ip, send, through, type Walk } from 'packetwalk';
import { type Cluster, cali, mac } from './calico.ts';
import { macs, reply, request } from './ping.ts';

type Headers = ExpectedHeader<never>[];

const toCali: Headers = [ether({ dst: mac })];
const fromCali: Headers = [ether({ src: mac })];

/** Out of a pod, up to its node. */
export const outOf = <Node extends string, Pod extends string>(node: Node, pod: Pod, headers: Headers): Hop<Node | Pod>[] => [
  at(`${pod}:eth0`, 'Its MAC is that which answered for 169.254.1.1: the cali* device’s', toCali, headers),
  at(`${node}:${cali(pod)}`, 'The other end of the veth pair is in no bridge: the node routes', toCali, headers),
];

/** From a node into its own pod. */
export const into = <Node extends string, Pod extends string>(node: Node, pod: Pod, headers: Headers): Hop<Node | Pod>[] => [
  at(`${node}:${cali(pod)}`, 'The pod’s own /32 route leads to the pod’s own device', fromCali, headers),
  at(`${pod}:eth0`, 'It arrives with the sender’s own address', fromCali, headers),
];

/** From one node to another on its segment, as it is. */
export const direct = <Node extends string>(from: Node, to: Node, headers: Headers): Hop<Node>[] => [
  at(`${from}:enp0s1`, `The next hop is ${to} itself: nothing is wrapped`, macs(`${from}:enp0s1`, `${to}:enp0s1`), headers),
  at(`${to}:enp0s1`, 'On the wire are the addresses that it left with', macs(`${from}:enp0s1`, `${to}:enp0s1`), headers),
];

/** How a packet gets from one node to another. */
export type Carried<Node extends string> = (from: Node, to: Node, headers: Headers) => Hop<Node>[];

const addressIn = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, [node, pod]: [Node, Pod]) => cluster[node].pods[pod]!;

/** A pod pings a pod of another node. */
export const podToPod = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  [node, pod]: [Node, Pod],
  [other, peer]: [Node, Pod],
  carried: Carried<Node>,
) => {
  const [src, dst] = [addressIn(cluster, [node, pod]), addressIn(cluster, [other, peer])];
  return {
    send: send(pod, `ping -c 1 ${dst}`),
    request: [...outOf(node, pod, request(src, dst)), ...carried(node, other, request(src, dst, 63)), ...into(other, peer, request(src, dst, 62))],
    reply: [...outOf(other, peer, reply(dst, src)), ...carried(other, node, reply(dst, src, 63)), ...into(node, pod, reply(dst, src, 62))],
  };
};

/** A pod pings a pod of another node with as much as one packet takes, which may not be cut; it crosses `between`. */
export const fullSized = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  [node, pod]: [Node, Pod],
  [other, peer]: [Node, Pod],
  length: number,
  between: Hop<NoInfer<Node>>[],
) => {
  const [src, dst] = [addressIn(cluster, [node, pod]), addressIn(cluster, [other, peer])];
  const whole = [ip({ src, dst, length, df: true }), icmp({ type: 'echo request' })];
  return {
    send: send(pod, `ping -c 1 -M do -s ${length - 28} ${dst}`),
    request: [...outOf(node, pod, whole), ...between, ...into(other, peer, request(src, dst, 62))],
  };
};

/** A node pings a pod of another node, with its own address or that of its end of a tunnel. */
export const nodeToPod = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  node: Node,
  [other, peer]: [Node, Pod],
  carried: Carried<Node>,
  src = cluster[node].address,
) => {
  const dst = addressIn(cluster, [other, peer]);
  return {
    send: send(node, `ping -c 1 ${dst}`),
    request: [...carried(node, other, request(src, dst)), ...into(other, peer, request(src, dst, 63))],
    reply: [...outOf(other, peer, reply(dst, src)), ...carried(other, node, reply(dst, src, 63))],
  };
};

/** A pod pings another node. The way there is always plain: a node’s own address is not a pod’s. */
export const podToNode = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  [node, pod]: [Node, Pod],
  other: Node,
  carried: Carried<Node>,
) => {
  const [src, dst] = [addressIn(cluster, [node, pod]), cluster[other].address];
  return {
    send: send(pod, `ping -c 1 ${dst}`),
    request: [...outOf(node, pod, request(src, dst)), ...direct(node, other, request(src, dst, 63))],
    reply: [...carried(other, node, reply(dst, src)), ...into(node, pod, reply(dst, src, 63))],
  };
};

/** What netfilter does on a node with a packet from one of its pods to another: kube-proxy nothing, and Felix lets it pass. */
const pastNetfilter = <Node extends string>(node: Node, pod: string, peer: string): Hop<Node>[] => {
  const sends = `cali-from-wl-dispatch > cali-fw-${cali(pod)} > cali-pro-kns.default`;
  const receives = `cali-to-wl-dispatch > cali-tw-${cali(peer)} > cali-pri-kns.default`;
  return [
    through(node, 'nat PREROUTING > KUBE-SERVICES: policy accept', 'A pod’s address is no service’s: kube-proxy has no rule for it'),
    through(node, `filter FORWARD > cali-FORWARD > ${sends} > ${receives}: accept`, 'Felix’s chains: this one may send, and that one receive'),
    through(node, 'nat POSTROUTING > KUBE-POSTROUTING: policy accept', 'Nobody marked it, so nobody masquerades it'),
  ];
};

/** Two pods of one node: they share no subnet, so even these are routed. And what netfilter does with their packets. */
export const sameNode = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  node: Node,
  [pod, peer]: [Pod, Pod],
): Record<string, Walk<Node | Pod, 'CB-03' | 'CB-07' | 'PP-01'>> => {
  const [one, other] = [addressIn(cluster, [node, pod]), addressIn(cluster, [node, peer])];
  const arrives = into(node, pod, request(other, one, 63));
  return {
    [`${pod} pings ${peer} on the same node`]: {
      claims: ['CB-03'],
      send: send(pod, `ping -c 1 ${other}`),
      request: [...outOf(node, pod, request(one, other)), ...into(node, peer, request(one, other, 63))],
      reply: [...outOf(node, peer, reply(other, one)), ...into(node, pod, reply(other, one, 63))],
    },
    [`${peer} pings ${pod}, past all that netfilter has on ${node}`]: {
      claims: ['CB-03', 'CB-07', 'PP-01'],
      send: send(peer, `ping -c 1 ${one}`),
      request: [...outOf(node, peer, request(other, one)), ...pastNetfilter(node, peer, pod), ...arrives],
    },
  };
};

/** A node pings its own pod. */
export const nodeToOwnPod = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  node: Node,
  pod: Pod,
  src = cluster[node].address,
) => {
  const dst = addressIn(cluster, [node, pod]);
  return {
    send: send(node, `ping -c 1 ${dst}`),
    request: into(node, pod, request(src, dst)),
    reply: outOf(node, pod, reply(dst, src)),
  };
};
