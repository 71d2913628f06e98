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
const numbers = (count: number) => Array.from({ length: Math.max(0, count) }, (_, i) => i);

/** That cluster with more nodes (up to 240), and with so many pods on each (up to 50); never with fewer than it has. */
export function sized({ nodes = 3, pods = 1 }: { nodes?: number; pods?: number }): typeof document {
  if (nodes > 240 || pods > 50) throw new RangeError('The underlay’s /24 has room for 240 nodes, and a node’s /26 for 50 pods');
  const more = numbers(nodes - 3).map((i): [string, CalicoNode] => {
    const [name, address, block] = [`node${i + 3}`, `192.168.205.${i + 6}`, `10.42.${i + 3}.0/26`];
    return [name, { address, block, pods: {} }];
  });
  const filled = [...entries<string, CalicoNode>(document), ...more].map(([name, node]) => {
    const others = numbers(Math.max(1, pods) - Object.keys(node.pods).length).map((i) => [`${name}-pod${i}`, addressOf(node, i + 10)]);
    return [name, { ...node, pods: { ...node.pods, ...Object.fromEntries(others) } }];
  });
  return Object.fromEntries(filled) as typeof document;
}

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
