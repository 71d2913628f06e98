import { type Commands, daemon, type Kind } from 'packetwalk';
import { announce, configuration, gobgpd, paths } from './gobgp.ts';

/** A pod: its address, and the outer end of its veth pair. */
interface Pod {
  address: string;
  veth: string;
}

/** A node: its address, the switch and the router of its subnet, and the first three bytes of its pod CIDR. */
export interface KubeRouterNode {
  address: string;
  lan: 'subnet-a' | 'subnet-b';
  gateway: string;
  subnet: string;
  pods: Record<string, Pod>;
}

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
export type Cluster = Record<Node, KubeRouterNode>;

/** How many nodes the cluster has, and how many pods each of them has at least: five and one, unless it says so. */
export interface Size {
  nodes?: number;
  pods?: number;
}

/**
 * The document's cluster with more nodes, in turn in subnet A and B, and pods on each: the sixth node is 172.20.33.5 with
 * 100.96.5.0/24, its first pod is pod5-2 with 100.96.5.2. A lab names the document's own only.
 */
export function sized({ nodes = 5, pods = 1 }: Size): Cluster {
  for (const [what, asked, least, limit, because] of [
    ['nodes', nodes, 5, 256, 'the document has five, and 100.96.0.0/16 has a /24 for 256'],
    ['pods a node', pods, 1, 253, 'a node’s /24 has room for 253 beside kube-bridge'],
  ] as const)
    if (!Number.isInteger(asked) || asked < least || asked > limit)
      throw new Error(`${asked} ${what} cannot be: from ${least} to ${limit}, since ${because}`);
  const added = Array.from({ length: nodes - 5 }, (_, i): [string, KubeRouterNode] => {
    const n = i + 5;
    const placed = i % 2 ? { ...b, address: `172.20.65.${n}` } : { ...a, address: `172.20.33.${n}` };
    return [`ip-${placed.address.replaceAll('.', '-')}`, { ...placed, subnet: `100.96.${n}`, pods: {} }];
  });
  return Object.fromEntries([...Object.entries<KubeRouterNode>(document), ...added].map(([name, node]) => [name, filled(node, pods)])) as Cluster;
}

/** A node with more pods up to a number, at the lowest addresses that are free. */
function filled(node: KubeRouterNode, count: number): KubeRouterNode {
  const taken = Object.values(node.pods).map(({ address }) => address);
  const free = Array.from({ length: 253 }, (_, i) => i + 2).filter((last) => !taken.includes(`${node.subnet}.${last}`));
  const more = free.slice(0, Math.max(0, count - taken.length)).map((last): [string, Pod] => {
    const id = `${node.subnet.split('.')[2]}-${last}`;
    return [`pod${id}`, { address: `${node.subnet}.${last}`, veth: `veth${id}` }];
  });
  return { ...node, pods: { ...node.pods, ...Object.fromEntries(more) } };
}

const entries = (cluster: Cluster) => Object.entries(cluster) as [Node, KubeRouterNode][];
const podsIn = (cluster: Cluster) =>
  entries(cluster).flatMap(([name, node]) =>
    (Object.entries(node.pods) as [PodName, Pod][]).map(([pod, { address, veth }]) => ({ name, node, pod, address, veth })),
  );

export const nodesOf = (cluster: Cluster) => entries(cluster).map(([name]) => name);
export const podsOf = (cluster: Cluster) => podsIn(cluster).map(({ pod }) => pod);

export const kinds = (cluster: Cluster) =>
  Object.fromEntries([
    ...nodesOf(cluster).map((name) => [name, 'router']),
    ...podsIn(cluster).map(({ pod, name }) => [pod, `pod on ${name}`]),
  ]) as Record<Node | PodName, Kind<Node>>;

export const cables = (cluster: Cluster) => [
  ...entries(cluster).map(([name, { address, lan }]) => `${name}:eth0 ${address}/19 -- ${lan}:${address}` as const),
  ...podsIn(cluster).map(({ pod, address, name, veth }) => `${pod}:eth0 ${address}/24 -- ${name}:${veth}` as const),
];

/** What is typed, or expected, on every node. */
export const onEvery = <Each>(cluster: Cluster, each: (node: KubeRouterNode, peers: KubeRouterNode[]) => Each) =>
  Object.fromEntries(
    entries(cluster).map(([name, node]) => [
      name,
      each(
        node,
        Object.values(cluster).filter((peer) => peer.address !== node.address),
      ),
    ]),
  ) as Record<Node, Each>;

/** The device that leads to a node of the other subnet: `tun-172207591` for 172.20.75.91. */
export const tunnel = ({ address }: Pick<KubeRouterNode, 'address'>) => `tun-${address.replaceAll('.', '')}`;

/** The MAC that the bridge plugin makes of an address: 0a:58, and its four bytes. */
export const macOf = (address: string) => ['0a', '58', ...address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');

/** eth0 with the jumbo frames of EC2, the subnet's router, and the bridge that Docker has left. */
export const underlay = (cluster: Cluster) =>
  onEvery(
    cluster,
    ({ gateway }) => `
    ip link set eth0 mtu 9001
    ip route add default via ${gateway} dev eth0
    ip link add docker0 up type bridge
    ip addr add 172.17.0.1/16 dev docker0`,
  );

export const bridge = (cluster: Cluster) => ({
  ...onEvery(cluster, ({ subnet, pods }) =>
    [
      `ip link add kube-bridge address ${macOf(`${subnet}.1`)} up type bridge`,
      `ip addr add ${subnet}.1/24 dev kube-bridge`,
      ...Object.values(pods).map(({ veth }) => `ip link set ${veth} master kube-bridge`),
    ].join('\n'),
  ),
  ...(Object.fromEntries(podsIn(cluster).map(({ pod, node }) => [pod, `ip route add default via ${node.subnet}.1`])) as Commands<PodName>),
});

/** Those of the other subnet. */
export const farOf = ({ lan }: KubeRouterNode, peers: KubeRouterNode[]) => peers.filter((peer) => peer.lan !== lan);

/**
 * A tunnel to each node of the other subnet, as kube-router lays it (injectRoute in network_routes_controller.go): it takes 20
 * off the MTU that the kernel gave the device, and puts a route to the node itself into table 77.
 */
export const tunnels = (cluster: Cluster) =>
  onEvery(cluster, (node, peers) =>
    farOf(node, peers)
      .map(
        ({ address }) => `
        ip tunnel add ${tunnel({ address })} mode ipip local ${node.address} remote ${address} dev eth0
        ip link set ${tunnel({ address })} up mtu 8961
        ip route add ${address} dev ${tunnel({ address })} table 77`,
      )
      .join(''),
  );

/** Unasked, a rule goes in front of those that are there: the later one gets the lower number. */
export const policy = (cluster: Cluster) =>
  onEvery(cluster, ({ subnet }) => `ip rule add from all lookup 79\nip rule add from ${subnet}.0/24 lookup 77`);

/** GoBGP on every node, in a full mesh, as kube-router has it inside. */
export const bgp = (cluster: Cluster) =>
  onEvery(cluster, ({ address }, peers) => [configuration({ address, as: 64512, neighbours: peers.map((peer) => peer.address) }), gobgpd]);

/**
 * What kube-router does with each path that it learns: a route via the node where that is in the subnet of its own eth0, else
 * into the tunnel to it. A path that is withdrawn takes its route with it.
 */
const injectRoutes = ({ address }: KubeRouterNode) => String.raw`
  cat > /run/inject-routes <<'END'
  use Socket;
  $| = 1;
  sub subnet { inet_aton(shift) & inet_aton('255.255.224.0') }
  while (<STDIN>) {
    for (split /(?="nlri")/) {
      my ($cidr, $node) = /"prefix":"(.*?)".*"nexthop":"(.*?)"/ or next;
      next if $node eq '${address}';
      my $tunnel = 'tun-' . $node =~ tr/.//dr;
      my $way = subnet($node) eq subnet('${address}') ? "via $node" : "dev $tunnel scope global";
      print /"withdrawal":true/ ? "route del" : "route replace", " $cidr $way proto 17\n";
    }
  }
  END`;

/** kube-router's routing controller: it announces its own pods, and writes what others announce into the kernel. */
const controller = ({ subnet, address }: KubeRouterNode, peers: unknown[]) =>
  daemon('kube-router', `sh -c '${announce(`${subnet}.0/24`, address)}; ${paths} | perl /run/inject-routes | ip -force -batch -'`, {
    'it has routes to the pods of all other nodes': `sleep 0.2; [ $(ip route show proto 17 | wc -l) = ${peers.length} ]`,
  });

export const routing = (cluster: Cluster) => onEvery(cluster, (node, peers) => [injectRoutes(node), controller(node, peers)]);

const until = (condition: string) => `until ${condition}; do sleep 0.2; done`;

/** GoBGP ends on one node, and the others forget its pods; with GoBGP ends what listens to it. */
export const dies = 'kill -KILL $(cat /run/gobgpd.pid)';
export const forgets = (name: Node) => until(`[ -z "$(ip route show ${document[name].subnet}.0/24)" ]`);

/** It starts again, and learns what the others know; then they have learned of its pods. */
export const restarts = (cluster: Cluster, name: Node) => {
  const knows = until(`[ -n "$(ip route show ${document[name].subnet}.0/24)" ]`);
  const all = onEvery(cluster, (node, peers) => (node.address === document[name].address ? [gobgpd, controller(node, peers)] : knows));
  return { [name]: all[name], ...all } as Commands<Node>;
};
