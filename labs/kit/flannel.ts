import { at, type Commands, type ExpectedHeader, type Hop, ip, type Kind, udp, vxlan } from 'packetwalk';

/** A node of a flannel cluster: its address on the underlay, its /24 of pods, and the MAC of its flannel.1. */
export interface FlannelNode<Pod extends string = string> {
  address: string;
  /** The first three bytes of its pod CIDR: `10.42.0` for 10.42.0.0/24. */
  subnet: string;
  mac: string;
  pods: { [pod in Pod]?: string };
}

export type Cluster<Node extends string = string, Pod extends string = string> = Record<Node, FlannelNode<Pod>>;

/** The cluster of the document ‘Kubernetes Network’, section 1c, with the MACs of its section 6b. */
export const document: Cluster<'master' | 'node1' | 'node2', 'podA' | 'podB' | 'podC' | 'podD'> = {
  master: { address: '192.168.205.4', subnet: '10.42.0', mac: '0a:8e:04:d9:0c:27', pods: { podA: '10.42.0.65' } },
  node1: {
    address: '192.168.205.3',
    subnet: '10.42.1',
    mac: '62:c8:a9:ce:ca:4e',
    pods: { podB: '10.42.1.9', podC: '10.42.1.6' },
  },
  node2: { address: '192.168.205.5', subnet: '10.42.2', mac: 'ee:87:b2:4a:fd:62', pods: { podD: '10.42.2.6' } },
};

const entries = <Key extends string, Value>(record: { [key in Key]?: Value }) => Object.entries(record) as [Key, Value][];

/** The outer end of a pod's veth pair, on its node: `vethA` for `podA`. */
export const veth = (pod: string) => pod.replace(/^pod/, 'veth');

/** Every node as a router, every pod in its node. */
export function nodes<Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>): Record<Node | Pod, Kind<Node>> {
  const all = entries(cluster).flatMap(([node, { pods }]): [string, Kind<Node>][] => [
    [node, 'router'],
    ...Object.keys(pods).map((pod): [string, Kind<Node>] => [pod, `pod on ${node}`]),
  ]);
  return Object.fromEntries(all) as Record<Node | Pod, Kind<Node>>;
}

export const hostsOf = <Node extends string>(cluster: Cluster<Node, string>) => Object.keys(cluster) as Node[];
export const podsOf = <Pod extends string>(cluster: Cluster<string, Pod>) => entries(cluster).flatMap(([, { pods }]) => Object.keys(pods) as Pod[]);

/** The nodes, each on a cable into one switch. */
export const segment = <Node extends string, Switch extends string>(cluster: Cluster<Node, string>, lan: Switch) =>
  entries(cluster).map(([node, { address }]) => `${node}:enp0s1 ${address}/24 -- ${lan}` as const);

/** The pods, each on a cable into its node. */
export const podCables = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  entries(cluster).flatMap(([node, { pods }]) => entries(pods).map(([pod, address]) => `${pod}:eth0 ${address}/24 -- ${node}:${veth(pod)}` as const));

const everywhere = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  typed: (node: FlannelNode<Pod>, name: Node) => string,
): Commands<Node> => Object.fromEntries(entries(cluster).map(([name, node]) => [name, typed(node, name)])) as Commands<Node>;

const peers = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, name: Node) =>
  entries(cluster).flatMap(([peer, node]) => (peer === name ? [] : [node]));

/** The bridge cni0 with its pods, as flannel's CNI plugin has the bridge plugin make it. */
export function bridge<Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, mtu: number): Commands<Node | Pod> {
  const pods = entries(cluster).flatMap(([, { subnet, pods }]) =>
    entries(pods).map(([pod]) => [pod, `ip link set eth0 mtu ${mtu}\nip route add default via ${subnet}.1`]),
  );
  return {
    ...everywhere(cluster, ({ subnet, pods }) =>
      [
        `ip link add cni0 mtu ${mtu} up type bridge`,
        ...Object.keys(pods).map((pod) => `ip link set ${veth(pod)} mtu ${mtu} master cni0`),
        `ip addr add ${subnet}.1/24 brd ${subnet}.255 dev cni0`,
      ].join('\n'),
    ),
    ...(Object.fromEntries(pods) as Commands<Pod>),
  };
}

/** One end of the tunnel: a VXLAN device that learns nothing, with the pod CIDR's base address. */
export const vtep = ({ address, subnet, mac }: FlannelNode, { vni = 1, port = 8472 } = {}) => `
  ip link add flannel.1 address ${mac} mtu 1450 type vxlan id ${vni} local ${address} dev enp0s1 dstport ${port} nolearning
  ip link set flannel.1 up
  ip addr add ${subnet}.0/32 dev flannel.1`;

/** How one node learns of its peers: for each a neighbour, an fdb entry and a route. */
export function introduction<Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, name: Node): string {
  const all = peers(cluster, name);
  return [
    ...all.map(({ subnet, mac }) => `ip neigh add ${subnet}.0 lladdr ${mac} dev flannel.1 nud permanent`),
    ...all.map(({ subnet }) => `ip route add ${subnet}.0/24 via ${subnet}.0 dev flannel.1 onlink`),
    ...all.map(({ mac, address }) => `bridge fdb append ${mac} dev flannel.1 dst ${address} self permanent`),
  ].join('\n');
}

export const vteps = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) => everywhere(cluster, (node) => vtep(node));

export const introductions = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  everywhere(cluster, (_, name) => introduction(cluster, name));

/** The routes of host-gw mode: each peer's pods are behind that peer's own address. */
export const routesViaPeers = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  everywhere(cluster, (_, name) =>
    peers(cluster, name)
      .map(({ subnet, address }) => `ip route add ${subnet}.0/24 via ${address} dev enp0s1`)
      .join('\n'),
  );

/** The file by which flanneld tells the CNI plugin which subnet and MTU it got. */
export const subnetEnv = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, network: string) =>
  everywhere(
    cluster,
    ({ subnet }) => `
  mkdir -p /run/flannel
  printf 'FLANNEL_NETWORK=${network}\\nFLANNEL_SUBNET=${subnet}.1/24\\nFLANNEL_MTU=1450\\nFLANNEL_IPMASQ=true\\n' > /run/flannel/subnet.env`,
  );

/** What is expected on every node, by node. */
export const onEvery = <Node extends string, Pod extends string, Seen>(
  cluster: Cluster<Node, Pod>,
  seen: (node: FlannelNode<Pod>, peers: FlannelNode<Pod>[]) => Seen,
) => Object.fromEntries(entries(cluster).map(([name, node]) => [name, seen(node, peers(cluster, name))])) as Record<Node, Seen>;

/** The headers that VXLAN puts in front, from one node to another. */
export const tunnel = (from: FlannelNode, to: FlannelNode) => [ip({ src: from.address, dst: to.address }), udp({ dst: 8472 }), vxlan({ vni: 1 })];

/** From one node's flannel.1 to another's, across the underlay; `between` are the routers on the way. */
export const throughTunnel = <Node extends string, Pod extends string, Router extends string = never>(
  cluster: Cluster<Node, Pod>,
  [from, to]: [Node, Node],
  inner: ExpectedHeader<never>[],
  between: Hop<Node | Router>[] = [],
): Hop<Node | Router>[] => [
  at(`${from}:flannel.1`, `${from} routes it into the tunnel`, inner),
  at(`${from}:enp0s1`, 'The fdb knows the peer: the frame leaves wrapped in UDP', tunnel(cluster[from], cluster[to]), inner),
  ...between,
  at(`${to}:enp0s1`, `The underlay carries it to ${to} like any datagram`, tunnel(cluster[from], cluster[to]), inner),
  at(`${to}:flannel.1`, 'The device with this VXLAN id takes the wrapping off', inner),
];
