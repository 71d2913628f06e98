import { daemon, type Hop, standsFor } from 'packetwalk';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery } from '../cluster.ts';
import { document } from '../flannel/cluster.ts';
import { feed, program } from '../program.ts';
import { controlPlane, writeObjects } from './control-plane.ts';
import { iptablesOf, restored } from './iptables.ts';
import type { KubeObject } from './objects.ts';
import { kubeProxyOn, type Mode } from './real.ts';
import { clusterCidr } from './services.ts';

/** The cluster of the document ‘Kubernetes Network’: podC and podD are the endpoints of its nginx-test. */
export const cluster = document;
export type Node = keyof typeof cluster;
export type Place = Node | 'podA' | 'podB' | 'podC' | 'podD' | 'client' | 'gw';
export type Hops = Hop<Place>[];

/** A caller outside, on the nodes' segment: no node and no pod. */
export const client = '192.168.205.50';
/** Another one, from which a load balancer’s address may not be called. */
export const stranger = '192.168.205.99';

export const nodes = { lan: 'switch', gw: 'router', client: 'host', ...kinds(cluster) } as const;

export const links = [
  'gw:eth0 192.168.205.1/24 -- lan',
  `client:eth0 ${client}/24 -- lan`,
  ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
  ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
] as const;

/** Steps: flannel's network in VXLAN mode, without flanneld; the sysctls and rules of kube-proxy on each node. */
export const network = {
  'Bridge each pod to its node by cni0, whose ports send frames back where they came from (hairpin)': {
    ...onEvery(cluster, (n) => [
      'ip link add cni0 mtu 1450 up type bridge',
      ...n.pods.map(({ veth }) => `ip link set ${veth} mtu 1450 master cni0`),
      ...n.pods.map(({ veth }) => `ip link set ${veth} type bridge_slave hairpin on`),
      `ip addr add ${n.subnet}.1/24 dev cni0`,
    ]),
    ...inEveryPod(cluster, (pod) => ['ip link set eth0 mtu 1450', `ip route add default via ${pod.node.subnet}.1`]),
  },
  'Lead to the other nodes’ pods by VXLAN, as flanneld does': onEvery(cluster, (n) => [
    `ip link add flannel.1 address ${n.mac} mtu 1450 type vxlan id 1 local ${n.address} dev enp0s1 dstport 8472 nolearning`,
    'ip link set flannel.1 up',
    `ip addr add ${n.subnet}.0/32 dev flannel.1`,
    each(
      n.peers,
      (peer) => `
        ip neigh add ${peer.subnet}.0 lladdr ${peer.mac} dev flannel.1 nud permanent
        bridge fdb add ${peer.mac} dev flannel.1 dst ${peer.address} self permanent
        ip route add ${peer.subnet}.0/24 via ${peer.subnet}.0 dev flannel.1 onlink`,
    ),
  ]),
  'Leave the tunnel’s own packets untracked, so that all of them meet the same hooks': onEvery(cluster, () => [
    'iptables -t raw -A PREROUTING -p udp --dport 8472 -j NOTRACK',
    'iptables -t raw -A OUTPUT -p udp --dport 8472 -j NOTRACK',
  ]),
  'Give each node a default route, for a ClusterIP is in no subnet': onEvery(cluster, () => 'ip route add default via 192.168.205.1'),
  'Tell each node its pods’ MACs for good: a frame for a pod of which it is in doubt crosses cni0, too': onEvery(cluster, (n) =>
    n.pods.flatMap(({ address }) => [`ping -c 1 ${address}`, `ip neigh change ${address} dev cni0 nud permanent`]),
  ),
  'Let each node answer every refused call: by itself it sends a caller one ICMP error a second': onEvery(
    cluster,
    () => 'sysctl -w net.ipv4.icmp_ratelimit=0',
  ),
};

/** Writes what kube-proxy writes on a node, into what is there. */
export const written = (node: string, objects: readonly KubeObject[]) =>
  feed('iptables-restore --noflush', restored(iptablesOf(objects, { node, clusterCidr })).trimEnd().split('\n'));

const { address } = cluster.master;

/** The settings of connection tracking that kube-proxy makes in each of its modes. */
export const timeouts = 'sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=86400 net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600';

/** A step: the real kube-proxy asks an API server, which is on master. */
export const apiServer = (objects: readonly KubeObject[]) => ({
  'Have an API server say which services there are: where kube-proxy is played, nobody asks': {
    master: [
      standsFor('kube-apiserver', { real: controlPlane(address) }),
      standsFor('kube-apiserver', {
        real: writeObjects(
          address,
          forEvery(cluster, (n) => n),
          objects,
        ),
      }),
    ],
  },
});

/** kube-proxy on a node: what it does by itself is typed, or the real one is started. */
export const played = (node: string, objects: readonly KubeObject[], mode: Mode, small: string | string[]) =>
  standsFor('kube-proxy', { small, real: kubeProxyOn(node, address, objects, mode) });

/** What kube-proxy does by itself, and no line of its own where it is the real one. */
export const byHand = (small: string | string[]) => standsFor('kube-proxy', { small });

/** kube-proxy’s sysctls, and its rules, on every node; or kube-proxy itself, and on master what it asks. */
export const kubeProxy = (objects: readonly KubeObject[]) => ({
  ...apiServer(objects),
  'Set what kube-proxy sets: localhost may be routed, connections are forgotten sooner': onEvery(cluster, () =>
    byHand(
      'sysctl -w net.ipv4.conf.all.route_localnet=1 net.netfilter.nf_conntrack_tcp_timeout_established=86400 net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600',
    ),
  ),
  'Write kube-proxy’s rules: each node has all of them, for every service': onEvery(cluster, (n) =>
    played(n.name, objects, 'iptables', written(n.name, objects)),
  ),
});

/** An endpoint: it says its own name, and who asked. */
export const serves = (name: string, port = 80) => [
  program('servers/witness', `/run/${name}.program`),
  daemon(name, `perl /run/${name}.program ${port} ${name}`, { 'it listens': `ss -Hltn sport = :${port} | grep -q .` }),
];
