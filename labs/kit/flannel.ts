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

/** The MAC that a CNI plugin would derive from an address: `0a:58`, then its four bytes. */
const macFrom = (address: string) => ['0a', '58', ...address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');

/** How many nodes a cluster has, and how many pods each of them has at least: three and one, unless it says so. */
export interface Size {
  nodes?: number;
  pods?: number;
}

/**
 * The document's cluster with more nodes, and pods on each: node3 is 192.168.205.6 with 10.42.3.0/24, its first pod is pod3-2
 * with 10.42.3.2. A lab names the document's own only.
 */
export function sized({ nodes = 3, pods = 1 }: Size): typeof document {
  const documented = Object.entries<FlannelNode>(document);
  const most = { nodes: 252, pods: 253 };
  for (const [what, asked, least, limit, because] of [
    ['nodes', nodes, documented.length, most.nodes, 'the document has three, and 192.168.205.0/24 has room for 252'],
    ['pods a node', pods, 1, most.pods, 'a node’s /24 has room for 253 beside cni0'],
  ] as const)
    if (!Number.isInteger(asked) || asked < least || asked > limit)
      throw new Error(`${asked} ${what} cannot be: from ${least} to ${limit}, since ${because}`);
  const all = Array.from(
    { length: nodes },
    (_, n): [string, FlannelNode] =>
      documented[n] ?? [`node${n}`, { address: `192.168.205.${n + 3}`, subnet: `10.42.${n}`, mac: macFrom(`10.42.${n}.0`), pods: {} }],
  );
  return Object.fromEntries(all.map(([name, node], n) => [name, { ...node, pods: filled(node, n, pods) }])) as typeof document;
}

/** A node's pods, and more up to a number, at the lowest addresses that are free. */
function filled({ subnet, pods }: FlannelNode, number: number, count: number): Record<string, string> {
  const taken = Object.values(pods);
  const free = Array.from({ length: 253 }, (_, i) => i + 2).filter((last) => !taken.includes(`${subnet}.${last}`));
  const more = free.slice(0, Math.max(0, count - taken.length));
  return { ...(pods as Record<string, string>), ...Object.fromEntries(more.map((last) => [`pod${number}-${last}`, `${subnet}.${last}`])) };
}

/** Its node2 in another subnet, behind the router gw; all others stay on one segment. */
export const routed = (cluster: typeof document): typeof document => ({ ...cluster, node2: { ...cluster.node2, address: '192.168.206.5' } });

/** The router of the subnet that a node is in. */
export const gatewayOf = ({ address }: FlannelNode) => address.replace(/\d+$/, '1');

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

export const everywhere = <Node extends string, Pod extends string>(
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
        ...Object.keys(pods).map((pod) => `ip link set ${veth(pod)} mtu ${mtu} txqueuelen 0 master cni0`),
        ...Object.keys(pods).map((pod) => `ip link set ${veth(pod)} type bridge_slave hairpin on`),
        `ip addr add ${subnet}.1/24 dev cni0`,
      ].join('\n'),
    ),
    ...(Object.fromEntries(pods) as Commands<Pod>),
  };
}

/** One end of the tunnel: a VXLAN device that learns nothing, with the pod CIDR's base address. */
export const vtep = ({ address, subnet, mac }: FlannelNode, { vni = 1, port = 8472 } = {}) => `
  ip link add flannel.1 address ${mac} mtu 1450 txqueuelen 0 type vxlan id ${vni} local ${address} dev enp0s1 dstport ${port} nolearning
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

/** What DHCP gives a node besides its address, which is leased: a default route, and one to the router itself. */
export const dhcp = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, router: string) =>
  everywhere(
    cluster,
    ({ address }) => `
  ip addr del ${address}/24 dev enp0s1
  ip addr add ${address}/24 brd + metric 100 dev enp0s1 valid_lft 86400 preferred_lft 86400
  ip route add ${router} dev enp0s1 proto dhcp scope link src ${address} metric 100
  ip route add default via ${router} dev enp0s1 proto dhcp src ${address} metric 100`,
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
