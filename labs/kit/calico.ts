import { createHash } from 'node:crypto';
import type { Commands, Kind } from 'packetwalk';

/** A node of a Calico cluster: its address on the underlay, and its block of pod addresses. */
export interface CalicoNode<Pod extends string = string> {
  address: string;
  /** The /26 that Calico’s IPAM gave the node: `10.42.0.64/26`. */
  block: string;
  pods: { [pod in Pod]?: string };
}

export type Cluster<Node extends string = string, Pod extends string = string> = Record<Node, CalicoNode<Pod>>;

/**
 * The documents say how Calico works, but print no addresses. So these are the nodes and pods of the document ‘Kubernetes
 * Network’, section 1c, which the flannel labs have as well: the same pods, carried in another way.
 */
export const document: Cluster<'master' | 'node1' | 'node2', 'podA' | 'podB' | 'podC' | 'podD'> = {
  master: { address: '192.168.205.4', block: '10.42.0.64/26', pods: { podA: '10.42.0.65' } },
  node1: { address: '192.168.205.3', block: '10.42.1.0/26', pods: { podB: '10.42.1.9', podC: '10.42.1.6' } },
  node2: { address: '192.168.205.5', block: '10.42.2.0/26', pods: { podD: '10.42.2.6' } },
};

export const pool = '10.42.0.0/16';

const entries = <Key extends string, Value>(record: { [key in Key]?: Value }) => Object.entries(record) as [Key, Value][];
/** How many nodes a cluster has, and how many pods each of them has at least: three and one, unless it says so. */
export interface Size {
  nodes?: number;
  pods?: number;
}

/**
 * The document's cluster with more nodes, and pods on each: node3 is 192.168.205.6 with 10.42.3.0/26, its first pod is pod3-1
 * with 10.42.3.1. A lab names the document's own only.
 */
export function sized({ nodes = 3, pods = 1 }: Size): typeof document {
  const documented = Object.entries<CalicoNode>(document);
  const most = { nodes: 252, pods: 62 };
  for (const [what, asked, least, limit, because] of [
    ['nodes', nodes, documented.length, most.nodes, 'the document has three, and 192.168.205.0/24 has room for 252'],
    ['pods a node', pods, 1, most.pods, 'a node’s block, a /26, has room for 62 between its first and its last address'],
  ] as const)
    if (!Number.isInteger(asked) || asked < least || asked > limit)
      throw new Error(`${asked} ${what} cannot be: from ${least} to ${limit}, since ${because}`);
  const all = Array.from(
    { length: nodes },
    (_, n): [string, CalicoNode] => documented[n] ?? [`node${n}`, { address: `192.168.205.${n + 3}`, block: `10.42.${n}.0/26`, pods: {} }],
  );
  return Object.fromEntries(all.map(([name, node], n) => [name, { ...node, pods: filled(node, n, pods) }])) as typeof document;
}

/** A node's pods, and more up to a number, at the lowest addresses that are free. */
function filled(node: CalicoNode, number: number, count: number): Record<string, string> {
  const pods = node.pods as Record<string, string>;
  const taken = Object.values(pods);
  const free = Array.from({ length: 62 }, (_, i) => addressOf(node, i + 1)).filter((address) => !taken.includes(address));
  const more = free.slice(0, Math.max(0, count - taken.length));
  return { ...pods, ...Object.fromEntries(more.map((address) => [`pod${number}-${address.split('.')[3]}`, address])) };
}

/** Its nodes in two subnets: every other one, from node2 on, is in 192.168.206.0/24. */
export const acrossSubnets = (cluster: typeof document): typeof document => {
  const moved = Object.entries<CalicoNode>(cluster).map(([name, node], n) => {
    const away = n >= 2 && n % 2 === 0;
    return [name, away ? { ...node, address: node.address.replace('.205.', '.206.') } : node];
  });
  return Object.fromEntries(moved) as typeof document;
};

/** Those of a cluster's nodes that are in a subnet. */
export const within = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, subnet: string) =>
  Object.fromEntries(entries(cluster).filter(([, node]) => networkOf(node) === subnet)) as Cluster<Node, Pod>;

/** An address of a node’s block, by its number; the first one is for the node’s end of a tunnel, where there is one. */
export function addressOf({ block }: CalicoNode, number: number) {
  const [network, first] = [block.slice(0, block.lastIndexOf('.')), /\.(\d+)\//.exec(block)?.[1]];
  return `${network}.${Number(first) + number}`;
}

/** The subnet of the underlay that a node is in. */
export const networkOf = ({ address }: CalicoNode) => `${address.slice(0, address.lastIndexOf('.'))}.0/24`;

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

/** The node’s end of a pod’s veth pair, as Calico’s CNI plugin calls it: by a hash of the namespace and the pod. */
export const cali = (pod: string) => `cali${sha1(`default.${pod}`).slice(0, 11)}`;

/** The MAC of every cali* device. */
export const mac = 'ee:ee:ee:ee:ee:ee';

/** The MAC that Felix gives a node’s vxlan.calico: an f, and a hash of the node’s name. */
export const vtepMac = (node: string) => `66${sha1(node).slice(0, 10)}`.match(/../g)!.join(':');

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

/** The pods, each on a cable into its node. A pod has a /32: it shares a subnet with nobody. */
export const podCables = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  entries(cluster).flatMap(([node, { pods }]) => entries(pods).map(([pod, address]) => `${pod}:eth0 ${address}/32 -- ${node}:${cali(pod)}` as const));

/** Something for every node, by node. */
export const onEvery = <Node extends string, Pod extends string, Given>(
  cluster: Cluster<Node, Pod>,
  given: (node: CalicoNode<Pod>, name: Node, peers: [Node, CalicoNode<Pod>][]) => Given,
) =>
  Object.fromEntries(
    entries(cluster).map(([name, node]) => [
      name,
      given(
        node,
        name,
        entries(cluster).filter(([peer]) => peer !== name),
      ),
    ]),
  ) as Record<Node, Given>;

/** Something for every pod, by pod. */
export const inEveryPod = <Node extends string, Pod extends string, Given>(
  cluster: Cluster<Node, Pod>,
  given: (address: string, pod: Pod, node: Node) => Given,
) => {
  const all = entries(cluster).flatMap(([node, { pods }]) => entries(pods).map(([pod, address]) => [pod, given(address as string, pod, node)]));
  return Object.fromEntries(all) as Record<Pod, Given>;
};

/** What Calico’s CNI plugin does: the pod’s gateway is an address that nobody has, and the cali* device answers for it. */
const plug = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, mtu?: number): Commands<Node | Pod> => ({
  ...onEvery(cluster, ({ pods }) =>
    Object.keys(pods)
      .map(
        (pod) => `
          ip link set ${cali(pod)} address ${mac}${mtu ? ` mtu ${mtu}` : ''}
          sysctl -w net.ipv4.conf.${cali(pod)}.proxy_arp=1 net.ipv4.neigh.${cali(pod)}.proxy_delay=0`,
      )
      .join('\n'),
  ),
  ...inEveryPod(
    cluster,
    () => `
      ${mtu ? `ip link set eth0 mtu ${mtu}` : ''}
      ip route add 169.254.1.1 dev eth0 scope link
      ip route add default via 169.254.1.1 dev eth0`,
  ),
});

/** What Felix writes into a node’s routing table: where each of its pods is. */
const routesToPods = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  onEvery(cluster, ({ pods }) =>
    entries(pods)
      .map(([pod, address]) => `ip route add ${address} dev ${cali(pod)} scope link`)
      .join('\n'),
  );

/** What Felix writes into a node’s filter table: who may send and receive. Here the default profile of a namespace lets all pass. */
const chains = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  onEvery(cluster, ({ pods }) => {
    const devices = Object.keys(pods).map(cali);
    const each = (line: (device: string) => string) => devices.map(line);
    return [
      "iptables-restore --noflush <<'END'",
      '*filter',
      ...['INPUT', 'FORWARD', 'wl-to-host', 'from-wl-dispatch', 'to-wl-dispatch', 'pro-kns.default', 'pri-kns.default'].map(
        (name) => `:cali-${name} -`,
      ),
      ...each((device) => `:cali-fw-${device} -`),
      ...each((device) => `:cali-tw-${device} -`),
      '-A INPUT -j cali-INPUT',
      '-A FORWARD -j cali-FORWARD',
      '-A FORWARD -m comment --comment "Policy explicitly accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT',
      '-A cali-INPUT -i cali+ -g cali-wl-to-host',
      '-A cali-wl-to-host -j cali-from-wl-dispatch',
      '-A cali-wl-to-host -m comment --comment "Configured DefaultEndpointToHostAction" -j ACCEPT',
      '-A cali-FORWARD -i cali+ -j cali-from-wl-dispatch',
      '-A cali-FORWARD -o cali+ -j cali-to-wl-dispatch',
      ...each((device) => `-A cali-from-wl-dispatch -i ${device} -g cali-fw-${device}`),
      '-A cali-from-wl-dispatch -m comment --comment "Unknown interface" -j DROP',
      ...each((device) => `-A cali-to-wl-dispatch -o ${device} -g cali-tw-${device}`),
      '-A cali-to-wl-dispatch -m comment --comment "Unknown interface" -j DROP',
      ...devices.flatMap((device) => endpoint(`cali-fw-${device}`, 'cali-pro-kns.default')),
      ...devices.flatMap((device) => endpoint(`cali-tw-${device}`, 'cali-pri-kns.default')),
      '-A cali-pro-kns.default -j MARK --set-xmark 0x10000/0x10000',
      '-A cali-pri-kns.default -j MARK --set-xmark 0x10000/0x10000',
      'COMMIT',
      'END',
    ].join('\n');
  });

/** The chain of one pod, from it (fw) or to it (tw): its profile marks what it accepts, and all else is dropped. */
const endpoint = (chain: string, profile: string) => [
  `-A ${chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  `-A ${chain} -m conntrack --ctstate INVALID -j DROP`,
  `-A ${chain} -j MARK --set-xmark 0x0/0x10000`,
  `-A ${chain} -j ${profile}`,
  `-A ${chain} -m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 -j RETURN`,
  `-A ${chain} -m comment --comment "Drop if no profiles matched" -j DROP`,
];

/** What becomes true on every node before any of them knows of another. */
export const plugged = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, mtu?: number) => ({
  'The CNI plugin: a pod’s gateway is nobody’s, and its cali* device answers for it': plug(cluster, mtu),
  'Felix tells each node where its own pods are': routesToPods(cluster),
  'Felix writes who may send and receive: with the default profile, all': chains(cluster),
});
