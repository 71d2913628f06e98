import type { Hop } from 'packetwalk';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery } from '../cluster.ts';
import { document, type KubeRouterNode, macOf } from '../kube-router/cluster.ts';
import { feed } from '../program.ts';
import { kubeRouterPolicies } from './kube-router.ts';
import type { LabelledPod, NetworkPolicy } from './objects.ts';

export type Node = 'ip-172-20-42-25' | 'ip-172-20-32-100' | 'ip-172-20-49-17';
export type PodName = 'frontend' | 'redis-master' | 'redis-slave1' | 'dashboard';

/** The nodes of ‘A day in the life of packet’ that are in one subnet: no tunnel is among them. */
export const cluster: Record<Node, KubeRouterNode<PodName>> = {
  'ip-172-20-42-25': document['ip-172-20-42-25'],
  'ip-172-20-32-100': document['ip-172-20-32-100'],
  'ip-172-20-49-17': document['ip-172-20-49-17'],
};
export type Place = Node | PodName | 'router' | 'client' | 'stranger';
export type Hops = Hop<Place>[];

export const [n25, n100, n17] = ['ip-172-20-42-25', 'ip-172-20-32-100', 'ip-172-20-49-17'] as const;

/** Two callers outside of the cluster, in one block of addresses. */
export const [client, stranger] = ['203.0.113.7', '203.0.113.66'];

export const addressOf = {
  frontend: '100.96.2.2',
  'redis-master': '100.96.4.2',
  'redis-slave1': '100.96.4.3',
  dashboard: '100.96.0.2',
  client,
  stranger,
} as const;

export const homes = { frontend: n25, 'redis-master': n100, 'redis-slave1': n100, dashboard: n17 } as const satisfies Record<PodName, Node>;

/** The outer end of each pod’s veth pair. */
export const vethOf: Record<PodName, string> = Object.fromEntries(forEveryPod(cluster, ({ name, veth }) => [name, veth])) as Record<PodName, string>;

/** A pod with its labels: `labelled('dashboard', {}, 'kube-system')`. */
export const labelled = (name: PodName, labels: Record<string, string>, namespace = 'default'): LabelledPod => ({
  name,
  namespace,
  labels,
  address: addressOf[name],
  node: homes[name],
});

export const nodes = { 'subnet-a': 'switch', outside: 'switch', router: 'router', client: 'host', stranger: 'host', ...kinds(cluster) } as const;

export const links = [
  'router:eth0 172.20.32.1/19 -- subnet-a',
  'router:eth1 203.0.113.1/24 -- outside',
  `client:eth0 ${client}/24 -- outside`,
  `stranger:eth0 ${stranger}/24 -- outside`,
  ...forEvery(cluster, (n) => `${n.name}:eth0 ${n.address}/19 -- subnet-a:${n.address}`),
  ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
] as const;

/** Steps: kube-router's network within a subnet, without its BGP, and without services. */
export const network = {
  'Bridge the pods to their node by kube-bridge': {
    ...onEvery(cluster, (n) => [
      `ip link add kube-bridge address ${macOf(`${n.subnet}.1`)} up type bridge`,
      `ip addr add ${n.subnet}.1/24 dev kube-bridge`,
      ...n.pods.map(({ veth }) => `ip link set ${veth} master kube-bridge`),
    ]),
    ...inEveryPod(cluster, (pod) => `ip route add default via ${pod.node.subnet}.1`),
  },
  'Lead to the pods of the other nodes by these, as kube-router does; and from outside, by the router': {
    ...onEvery(cluster, (n) => [
      each(n.peers, (peer) => `ip route add ${peer.subnet}.0/24 via ${peer.address} dev eth0 proto 17`),
      `ip route add default via ${n.gateway}`,
    ]),
    router: forEvery(cluster, ({ subnet, address }) => `ip route add ${subnet}.0/24 via ${address}`),
    client: 'ip route add default via 203.0.113.1',
    stranger: 'ip route add default via 203.0.113.1',
  },
  'Let each node refuse every call: by itself it sends a caller one ICMP error a second': onEvery(
    cluster,
    () => 'sysctl -w net.ipv4.icmp_ratelimit=0',
  ),
  'Let pods of one node know each other’s MAC: a bridge sends a frame for a MAC that it has not learned to all': {
    'redis-slave1': `ping -c 1 ${addressOf['redis-master']}`,
  },
};

/** Steps: what kube-router's firewall writes on every node. */
export const firewall = (policies: readonly NetworkPolicy[], pods: readonly LabelledPod[]) => {
  const own = onEvery(cluster, ({ name }) => kubeRouterPolicies(policies, pods, name, '100.64.0.0/13'));
  return {
    'kube-router makes sets: of the pods that a policy is for, and of the peers of each of its rules': onEvery(cluster, ({ name }) =>
      feed('ipset restore', own[name].sets),
    ),
    'kube-router makes a chain of each policy, and one of each of the node’s pods, which asks them': onEvery(cluster, ({ name }) =>
      feed('iptables-restore --noflush', own[name].rules),
    ),
  };
};
