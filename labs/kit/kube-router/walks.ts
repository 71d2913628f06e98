import { at, type ExpectedHeader, type Hop, ip, tcp } from 'packetwalk';
import { document, type KubeRouterNode, type Node, type PodName, type Tunnels } from './cluster.ts';

type Headers = ExpectedHeader<never>[];
type Place = Node | PodName | 'router' | 'client';

const home = (pod: PodName) => {
  const [node, { pods }] = (Object.entries(document) as [Node, KubeRouterNode][]).find(([, { pods }]) => pod in pods)!;
  return { node, veth: pods[pod]!.veth };
};

/** Out of a pod, up to its node. */
export function outOf(pod: PodName, headers: Headers): Hop<Place>[] {
  const { node, veth } = home(pod);
  return [
    at(`${pod}:eth0`, 'The pod hands a plain packet to its gateway', headers),
    at(`${node}:${veth}`, 'Out of the pod, into the bridge', headers),
    at(`${node}:kube-bridge`, 'It bears the MAC of kube-bridge: it is for the node', headers),
  ];
}

/** From a node into its own pod. */
export function into(pod: PodName, headers: Headers): Hop<Place>[] {
  const { node, veth } = home(pod);
  return [
    at(`${node}:kube-bridge`, 'The node routes it to its own pods', headers),
    at(`${node}:${veth}`, 'Out of the bridge, by the pod’s port', headers),
    at(`${pod}:eth0`, 'It arrives', headers),
  ];
}

/** Between two pods of one node. */
export const withinNode = (from: PodName, to: PodName, headers: Headers): Hop<Place>[] => [
  at(`${from}:eth0`, 'Both are in one subnet: the frame is for the other pod', headers),
  at(`${home(from).node}:${home(from).veth}`, 'Into the bridge', headers),
  at(`${home(to).node}:${home(to).veth}`, 'Out of the bridge: no TTL is spent', headers),
  at(`${to}:eth0`, 'It never left the node', headers),
];

/** Between two nodes of one subnet. */
export const besides = (from: Node, to: Node, headers: Headers): Hop<Place>[] => [
  at(`${from}:eth0`, 'Both nodes are in one subnet: it leaves as it is', headers),
  at(`${to}:eth0`, 'Nothing is wrapped around it on the wire', headers),
];

const port = (node: Node) => (document[node].lan === 'subnet-a' ? 'router:eth0' : 'router:eth1');

/** Between two nodes of different subnets; the headers are those for a TTL. */
export const acrossRouter = (from: Node, to: Node, ttl: number, headers: (ttl: number) => Headers): Hop<Place>[] => [
  at(`${from}:eth0`, 'Out to the subnet’s router', headers(ttl)),
  at(port(from), 'The router sees two nodes’ addresses, whatever is inside', headers(ttl)),
  at(port(to), 'It knows the way to nodes; one TTL is spent', headers(ttl - 1)),
  at(`${to}:eth0`, 'Into the other subnet', headers(ttl - 1)),
];

/** Between them as well, in IP in IP: the outer header copies the inner TTL, and adds 20 bytes to the length. */
export const throughTunnel =
  (tunnel: Tunnels) =>
  (from: Node, to: Node, ttl: number, inner: Headers, length?: number): Hop<Place>[] => {
    const [src, dst] = [document[from].address, document[to].address];
    return [
      at(`${from}:${tunnel(document[to])}`, 'The route leads into a tunnel', inner),
      ...acrossRouter(from, to, ttl, (outer) => [ip({ src, dst, ttl: outer, protocol: 4, ...(length && { length: length + 20 }) }), ...inner]),
      at(`${to}:${tunnel(document[from])}`, 'The tunnel’s other end takes it out, untouched', inner),
    ];
  };

/** From outside the cluster to a node; the headers are those for a TTL. */
export const fromClient = (to: Node, headers: (ttl: number) => Headers): Hop<Place>[] => [
  at('client:eth0', 'To any node, at a port that all of them have', headers(64)),
  at('router:eth2', 'The client is behind the same router', headers(64)),
  at(port(to), 'It knows the node', headers(63)),
  at(`${to}:eth0`, 'The port is IPVS’s: no process listens there', headers(63)),
];

/** From a node to a host outside the cluster. */
export const toClient = (from: Node, ttl: number, headers: (ttl: number) => Headers): Hop<Place>[] => [
  at(`${from}:eth0`, 'Outside it bears the node’s own address', headers(ttl)),
  at(port(from), 'To the router', headers(ttl)),
  at('router:eth2', 'Out of the cluster', headers(ttl - 1)),
  at('client:eth0', 'Nobody outside learns of pods', headers(ttl - 1)),
];

/** A call at a TCP port, in one process: it ends with the answer, or a second after it has called. */
export const call = (address: string, port: number) =>
  `perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); alarm 1; connect(S, sockaddr_in(${port}, inet_aton(q(${address})))) and print <S>'`;

/** The answer to a call's first packet. */
export const answered = (src: string, dst: string, port: number, ttl = 64) => [ip({ src, dst, ttl }), tcp({ src: port, flags: 'SA' })];
