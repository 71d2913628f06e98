import type { Hop } from 'packetwalk';
import { type Cluster, document, pod } from '../calico/cluster.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery } from '../cluster.ts';
import { feed, program } from '../program.ts';
import { calicoPolicy, felixPolicies } from './felix.ts';
import type { LabelledPod, NetworkPolicy } from './objects.ts';

/** The nodes of calico-bgp; podD is of another namespace, by which its device is named. */
export const cluster: Cluster<Node, PodName> = { ...document, node2: { ...document.node2, pods: pod('podD', '10.42.2.6', 'ops') } };
export type Node = keyof typeof document;
export type PodName = 'podA' | 'podB' | 'podC' | 'podD';
export type Place = Node | PodName | 'gw' | 'client' | 'stranger';
export type Hops = Hop<Place>[];

/** Two callers outside of the cluster, in one block of addresses. */
export const [client, stranger] = ['203.0.113.7', '203.0.113.66'];

export const addressOf = { podA: '10.42.0.65', podB: '10.42.1.9', podC: '10.42.1.6', podD: '10.42.2.6', client, stranger } as const;

/** A pod with its labels: `labelled('podD', 'node2', { app: 'probe' }, 'ops')`. */
export const labelled = (name: PodName, node: Node, labels: Record<string, string>, namespace = 'default'): LabelledPod => ({
  name,
  namespace,
  labels,
  address: addressOf[name],
  node,
});

export const nodes = { lan: 'switch', outside: 'switch', gw: 'router', client: 'host', stranger: 'host', ...kinds(cluster) } as const;

export const links = [
  'gw:eth0 192.168.205.1/24 -- lan',
  'gw:eth1 203.0.113.1/24 -- outside',
  `client:eth0 ${client}/24 -- outside`,
  `stranger:eth0 ${stranger}/24 -- outside`,
  ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
  ...forEveryPod(cluster, (own) => `${own.name}:eth0 ${own.address}/32 -- ${own.node.name}:${own.veth}`),
] as const;

/** Steps: Calico’s network without encapsulation, and without BIRD. */
export const network = {
  'The CNI plugin: a pod’s gateway is nobody’s, and its cali* device answers for it': {
    ...onEvery(cluster, (n) => [
      ...n.pods.map(({ veth }) => `ip link set ${veth} address ee:ee:ee:ee:ee:ee`),
      ...n.pods.map(
        ({ veth }) => `sysctl -w net.ipv4.conf.${veth}.proxy_arp=1 net.ipv4.neigh.${veth}.proxy_delay=0 net.ipv4.conf.${veth}.route_localnet=1`,
      ),
    ]),
    ...inEveryPod(cluster, () => 'ip route add 169.254.1.1 dev eth0 scope link\nip route add default via 169.254.1.1 dev eth0'),
  },
  'Lead to every pod: by its own device, by its node, by the gateway, as Felix and BIRD do': {
    ...onEvery(cluster, (n) => [
      ...n.pods.map(({ address, veth }) => `ip route add ${address} dev ${veth} scope link`),
      ...n.peers.map(({ address, block }) => `ip route add ${block} via ${address}`),
      'ip route add default via 192.168.205.1',
    ]),
    gw: each(Object.values(cluster), ({ address, block }) => `ip route add ${block} via ${address}`),
    client: 'ip route add default via 203.0.113.1',
    stranger: 'ip route add default via 203.0.113.1',
  },
};

/** Felix’s rules on every node: first as they are without a policy, then what the policies add for each node’s own pods. */
export const felix = (policies: readonly NetworkPolicy[], pods: readonly LabelledPod[]) => {
  const own = onEvery(cluster, (n) =>
    felixPolicies(
      policies.map((policy) => calicoPolicy(policy, pods)),
      pods,
      n.name,
    ),
  );
  return {
    'Felix writes who may send and receive: without a policy, all': onEvery(cluster, (n) => [
      program('calico/felix-sets', '/run/felix-sets'),
      program('calico/felix-rules', '/run/felix-rules'),
      `sh /run/felix-sets none 10.42.0.0/16 ${n.address} ${n.peers.map(({ address }) => address).join()} | ipset restore`,
      "sh /run/felix-rules none $(ip -o link | grep -o 'cali[0-9a-f]*' | sort) | iptables-restore --noflush",
    ]),
    'Felix makes a set of those that a policy names': onEvery(cluster, (n) =>
      own[n.name].sets.length ? feed('ipset restore', own[n.name].sets) : [],
    ),
    'Felix makes a chain of each policy that a pod of the node has, and has the pod’s chain ask it': onEvery(cluster, (n) =>
      feed('iptables-restore --noflush', own[n.name].rules),
    ),
  };
};
