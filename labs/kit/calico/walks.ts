import { at, type ExpectedHeader, ether, type Hop, icmp, ip, send, through, type Walk } from 'packetwalk';
import { addressIn } from '../cluster.ts';
import { notBack } from '../network-model.ts';
import { macs, reply, request } from '../ping.ts';
import { type Cluster, cali, document, mac } from './cluster.ts';

type Headers = ExpectedHeader<never>[];

const toCali: Headers = [ether({ dst: mac })];
const fromCali: Headers = [ether({ src: mac })];

/** Out of a pod of a node, up to the node. */
export const fromPod = <Node extends string, Pod extends string>(node: Node, pod: Pod, headers: Headers): Hop<Node | Pod>[] => [
  at(`${pod}:eth0`, 'Its MAC is that which answered for 169.254.1.1: the cali* device’s', toCali, headers),
  at(`${node}:${cali(pod)}`, 'The other end of the veth pair is in no bridge: the node routes', toCali, headers),
];

/** From a node into its own pod, by its name. */
export const toPod = <Node extends string, Pod extends string>(node: Node, pod: Pod, headers: Headers): Hop<Node | Pod>[] => [
  at(`${node}:${cali(pod)}`, 'The pod’s own /32 route leads to the pod’s own device', fromCali, headers),
  at(`${pod}:eth0`, 'It arrives with the sender’s own address', fromCali, headers),
];

type Name = keyof typeof document;
type PodName = keyof (typeof document)[Name]['pods'];

/** The node that a pod of the document is on. */
const homeOf = (pod: PodName) => (Object.keys(document) as Name[]).find((node) => pod in document[node].pods)!;

/** Out of a pod of the document, up to its node. */
export const outOf = (pod: PodName, headers: Headers): Hop<Name | PodName>[] => fromPod(homeOf(pod), pod, headers);

/** Into a pod of the document, from its node. */
export const into = (pod: PodName, headers: Headers): Hop<Name | PodName>[] => toPod(homeOf(pod), pod, headers);

/** From one node to another on its segment, as it is. */
export const direct = <Node extends string>(from: Node, to: Node, headers: Headers): Hop<Node>[] => [
  at(`${from}:enp0s1`, `The next hop is ${to} itself: nothing is wrapped`, macs(`${from}:enp0s1`, `${to}:enp0s1`), headers),
  at(`${to}:enp0s1`, 'On the wire are the addresses that it left with', macs(`${from}:enp0s1`, `${to}:enp0s1`), headers),
];

/** How a packet gets from one node to another. */
export type Carried<Node extends string> = (from: Node, to: Node, headers: Headers) => Hop<Node>[];

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
    request: [...fromPod(node, pod, request(src, dst)), ...carried(node, other, request(src, dst, 63)), ...toPod(other, peer, request(src, dst, 62))],
    reply: [...fromPod(other, peer, reply(dst, src)), ...carried(other, node, reply(dst, src, 63)), ...toPod(node, pod, reply(dst, src, 62))],
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
    request: [...fromPod(node, pod, whole), ...between, ...toPod(other, peer, request(src, dst, 62))],
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
    request: [...carried(node, other, request(src, dst)), ...toPod(other, peer, request(src, dst, 63))],
    reply: [...fromPod(other, peer, reply(dst, src)), ...carried(other, node, reply(dst, src, 63))],
  };
};

/** A pod pings another node: that address is not in the pool, so the packet gets its own node's, and needs no tunnel either way. */
export const podToNode = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  [node, pod]: [Node, Pod],
  other: Node,
  across: Carried<Node> = direct,
) => {
  const [src, as, dst] = [addressIn(cluster, [node, pod]), cluster[node].address, cluster[other].address];
  return {
    claims: [notBack],
    send: send(pod, `ping -c 1 ${dst}`),
    request: [...fromPod(node, pod, request(src, dst)), ...across(node, other, request(as, dst, 63))],
    reply: [...across(other, node, reply(dst, as)), ...toPod(node, pod, reply(dst, src, 63))],
  };
};

/** A pod pings a router that no BIRD speaks with. */
export const podToGateway = <Node extends string, Pod extends string, Router extends string>(
  cluster: Cluster<Node, Pod>,
  [node, pod]: [Node, Pod],
  router: Router,
  dst: string,
) => {
  const [src, as] = [addressIn(cluster, [node, pod]), cluster[node].address];
  return {
    send: send(pod, `ping -c 1 ${dst}`),
    request: [
      ...fromPod(node, pod, request(src, dst)),
      at<Node>(`${node}:enp0s1`, `It leaves the pool, so ${node} gives its own address`, request(as, dst, 63)),
      at<Router>(`${router}:eth0`, 'It need not know any pod', request(as, dst, 63)),
    ],
    reply: [
      at<Router>(`${router}:eth0`, 'It answers its neighbour', reply(dst, as)),
      at<Node>(`${node}:enp0s1`, `${node} puts the pod’s address back`, reply(dst, as)),
      ...toPod(node, pod, reply(dst, src, 63)),
    ],
  };
};

/** What netfilter does on a node with a packet from one of its pods to another: kube-proxy nothing, and Felix lets it pass. */
const pastNetfilter = <Node extends string>(node: Node, pod: string, peer: string): Hop<Node>[] => {
  const sends = `cali-from-wl-dispatch > cali-fw-${cali(pod)} > cali-pro-kns.default`;
  const receives = `cali-to-wl-dispatch > cali-tw-${cali(peer)} > cali-pri-kns.default`;
  const kubeProxy = 'KUBE-PROXY-FIREWALL > KUBE-FORWARD > KUBE-SERVICES > KUBE-EXTERNAL-SERVICES';
  return [
    through(node, 'raw PREROUTING > cali-PREROUTING > cali-rpf-skip: policy accept', 'Its source is the pod’s own: the way back leads to that pod'),
    through(node, 'mangle PREROUTING > cali-PREROUTING > cali-from-host-endpoint: policy accept', 'No policy is for the node itself'),
    through(
      node,
      'nat PREROUTING > cali-PREROUTING > cali-fip-dnat > KUBE-SERVICES: policy accept',
      'A pod’s address is no service’s: kube-proxy has no rule for it',
    ),
    through(
      node,
      `filter FORWARD > cali-FORWARD > cali-from-hep-forward > ${sends} > ${receives} > cali-to-hep-forward > cali-cidr-block > ${kubeProxy}: accept`,
      'Felix’s chains: this one may send, and that one receive; kube-proxy has nothing against it',
    ),
    through(node, 'mangle POSTROUTING > cali-POSTROUTING: policy accept', 'It bears the mark of what was accepted'),
    through(
      node,
      'nat POSTROUTING > KUBE-POSTROUTING > cali-POSTROUTING > cali-fip-snat > cali-nat-outgoing: policy accept',
      'It stays within the pool, so nobody masquerades it',
    ),
  ];
};

/** Two pods of one node: they share no subnet, so even these are routed. And what netfilter does with their packets. */
export const sameNode = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  node: Node,
  [pod, peer]: [Pod, Pod],
): Record<string, Walk<Node | Pod, 'CB-03' | 'CB-07' | 'PP-01'>> => {
  const [one, other] = [addressIn(cluster, [node, pod]), addressIn(cluster, [node, peer])];
  const arrives = toPod(node, pod, request(other, one, 63));
  return {
    [`${pod} pings ${peer} on the same node`]: {
      claims: ['CB-03'],
      send: send(pod, `ping -c 1 ${other}`),
      request: [...fromPod(node, pod, request(one, other)), ...toPod(node, peer, request(one, other, 63))],
      reply: [...fromPod(node, peer, reply(other, one)), ...toPod(node, pod, reply(other, one, 63))],
    },
    [`${peer} pings ${pod}, past all that netfilter has on ${node}`]: {
      claims: ['CB-03', 'CB-07', 'PP-01'],
      send: send(peer, `ping -c 1 ${one}`),
      request: [...fromPod(node, peer, request(other, one)), ...pastNetfilter(node, peer, pod), ...arrives],
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
    request: toPod(node, pod, request(src, dst)),
    reply: fromPod(node, pod, reply(dst, src)),
  };
};
