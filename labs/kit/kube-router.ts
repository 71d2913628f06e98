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

const cluster = Object.entries(document) as [Node, KubeRouterNode][];
const podsIn = cluster.flatMap(([name, node]) =>
  (Object.entries(node.pods) as [PodName, Pod][]).map(([pod, { address, veth }]) => ({ name, node, pod, address, veth })),
);

export const nodes = cluster.map(([name]) => name);
export const pods = podsIn.map(({ pod }) => pod);

export const kinds = Object.fromEntries([
  ...nodes.map((name) => [name, 'router']),
  ...podsIn.map(({ pod, name }) => [pod, `pod on ${name}`]),
]) as Record<Node | PodName, Kind<Node>>;

export const cables = [
  ...cluster.map(([name, { address, lan }]) => `${name}:eth0 ${address}/19 -- ${lan}:${address}` as const),
  ...podsIn.map(({ pod, address, name, veth }) => `${pod}:eth0 ${address}/24 -- ${name}:${veth}` as const),
];

/** What is typed, or expected, on every node. */
export const onEvery = <Each>(each: (node: KubeRouterNode, peers: KubeRouterNode[]) => Each) =>
  Object.fromEntries(
    cluster.map(([name, node]) => [
      name,
      each(
        node,
        Object.values(document).filter((peer) => peer.address !== node.address),
      ),
    ]),
  ) as Record<Node, Each>;

/** The device that leads to a node of the other subnet: `tun-172207591` for 172.20.75.91. */
export const tunnel = ({ address }: Pick<KubeRouterNode, 'address'>) => `tun-${address.replaceAll('.', '')}`;

/** The MAC that the bridge plugin makes of an address: 0a:58, and its four bytes. */
export const macOf = (address: string) => ['0a', '58', ...address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))].join(':');

/** eth0 with the jumbo frames of EC2, the subnet's router, and the bridge that Docker has left. */
export const underlay = onEvery(
  ({ gateway }) => `
    ip link set eth0 mtu 9001
    ip route add default via ${gateway} dev eth0
    ip link add docker0 up type bridge
    ip addr add 172.17.0.1/16 dev docker0`,
);

export const bridge = {
  ...onEvery(({ subnet, pods }) =>
    [
      `ip link add kube-bridge address ${macOf(`${subnet}.1`)} up type bridge`,
      `ip addr add ${subnet}.1/24 dev kube-bridge`,
      ...Object.values(pods).map(({ veth }) => `ip link set ${veth} master kube-bridge`),
    ].join('\n'),
  ),
  ...(Object.fromEntries(podsIn.map(({ pod, node }) => [pod, `ip route add default via ${node.subnet}.1`])) as Commands<PodName>),
};

/** Those of the other subnet. */
export const farOf = ({ lan }: KubeRouterNode, peers: KubeRouterNode[]) => peers.filter((peer) => peer.lan !== lan);

/**
 * A tunnel to each node of the other subnet, as kube-router lays it (injectRoute in network_routes_controller.go): it takes 20
 * off the MTU that the kernel gave the device, and puts a route to the node itself into table 77.
 */
export const tunnels = onEvery((node, peers) =>
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
export const policy = onEvery(({ subnet }) => `ip rule add from all lookup 79\nip rule add from ${subnet}.0/24 lookup 77`);

/** GoBGP on every node, in a full mesh, as kube-router has it inside. */
export const bgp = onEvery(({ address }, peers) => [configuration({ address, as: 64512, neighbours: peers.map((peer) => peer.address) }), gobgpd]);

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
const controller = ({ subnet, address }: KubeRouterNode) =>
  daemon('kube-router', `sh -c '${announce(`${subnet}.0/24`, address)}; ${paths} | perl /run/inject-routes | ip -force -batch -'`, {
    'it has routes to the pods of all other nodes': `sleep 0.2; [ $(ip route show proto 17 | wc -l) = ${nodes.length - 1} ]`,
  });

export const routing = onEvery((node) => [injectRoutes(node), controller(node)]);

const until = (condition: string) => `until ${condition}; do sleep 0.2; done`;

/** GoBGP ends on one node, and the others forget its pods; with GoBGP ends what listens to it. */
export const dies = 'kill -KILL $(cat /run/gobgpd.pid)';
export const forgets = (name: Node) => until(`[ -z "$(ip route show ${document[name].subnet}.0/24)" ]`);

/** It starts again, and learns what the others know; then they have learned of its pods. */
export const restarts = (name: Node) => {
  const { [name]: _, ...others } = onEvery(() => until(`[ -n "$(ip route show ${document[name].subnet}.0/24)" ]`));
  return { [name]: [gobgpd, controller(document[name])], ...others } as Commands<Node>;
};
