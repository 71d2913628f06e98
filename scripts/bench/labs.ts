import { at, icmp, ip, type Lab, send } from 'packetwalk';
import { forEvery, forEveryPod, inEveryPod, kinds, onEvery } from '../../labs/kit/cluster.ts';
import type { Cluster } from '../../labs/kit/flannel/cluster.ts';
import { throughTunnel } from '../../labs/kit/flannel/walks.ts';

export const topologies = ['bridge', 'flannel'] as const;
export type Topology = (typeof topologies)[number];

const counted = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

const request = (src: string, dst: string, ttl = 64) => [ip({ src, dst, ttl }), icmp({ type: 'echo request' })];

/** So many hosts on one bridge. */
export function bridge(size: number): Lab {
  const address = (host: number) => `10.0.${host >> 8}.${host & 255}`;
  const ping = request(address(1), address(size));
  return {
    title: `${size} hosts share one bridge`,
    nodes: { lan: 'switch', ...Object.fromEntries(counted(size).map((host) => [`host${host}`, 'host' as const])) },
    links: counted(size).map((host) => `host${host}:eth0 ${address(host)}/16 -- lan` as const),
    setup: {},
    walks: {
      'The first host pings the last': {
        send: send('host1', `ping -c 1 ${address(size)}`),
        request: [at('host1:eth0', 'It leaves', ping), at(`host${size}:eth0`, 'It arrives', ping)],
      },
    },
  };
}

/** So many nodes of a flannel cluster in VXLAN mode, a pod each; every node knows every other. At most 767: the segment is a /22. */
export function flannelVxlan(size: number): Lab {
  const subnet = (i: number) => `10.${42 + (i >> 8)}.${i & 255}`;
  const node = (i: number) => ({
    address: `192.168.${204 + (i >> 8)}.${i & 255}`,
    subnet: subnet(i),
    mac: `0a:00:00:00:${(0x10000 + i).toString(16).slice(1).match(/../g)!.join(':')}`,
    pods: { [`pod${i}`]: { address: `${subnet(i)}.2`, veth: `veth${i}` } },
  });
  const cluster: Cluster = Object.fromEntries(counted(size).map((i) => [`node${i}`, node(i)]));
  const last = `node${size}`;
  const ping = (ttl: number) => request('10.42.1.2', `${subnet(size)}.2`, ttl);
  return {
    title: `${size} nodes of a flannel cluster know one another`,
    nodes: { lan: 'switch', ...kinds(cluster) },
    links: [
      ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/22 -- lan`),
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      'Bridge each pod to its node': {
        ...onEvery(cluster, (n) => [
          'ip link add cni0 mtu 1450 up type bridge',
          ...n.pods.map(({ veth }) => `ip link set ${veth} mtu 1450 txqueuelen 0 master cni0`),
          ...n.pods.map(({ veth }) => `ip link set ${veth} type bridge_slave hairpin on`),
          `ip addr add ${n.subnet}.1/24 dev cni0`,
        ]),
        ...inEveryPod(cluster, (pod) => ['ip link set eth0 mtu 1450', `ip route add default via ${pod.node.subnet}.1`]),
      },
      'Create each tunnel end': onEvery(cluster, (n) => [
        `ip link add flannel.1 address ${n.mac} mtu 1450 txqueuelen 0 type vxlan id 1 local ${n.address} dev enp0s1 dstport 8472 nolearning`,
        'ip link set flannel.1 up',
        `ip addr add ${n.subnet}.0/32 dev flannel.1`,
      ]),
      'Introduce the peers': onEvery(cluster, (n) => [
        ...n.peers.map((peer) => `ip neigh add ${peer.subnet}.0 lladdr ${peer.mac} dev flannel.1 nud permanent`),
        ...n.peers.map((peer) => `ip route add ${peer.subnet}.0/24 via ${peer.subnet}.0 dev flannel.1 onlink`),
        ...n.peers.map((peer) => `bridge fdb append ${peer.mac} dev flannel.1 dst ${peer.address} self permanent`),
      ]),
    },
    walks: {
      'The first pod pings the last': {
        send: send('pod1', `ping -c 1 ${subnet(size)}.2`),
        request: [
          at('pod1:eth0', 'To the gateway', ping(64)),
          at('node1:veth1', 'Through the veth', ping(64)),
          at('node1:cni0', 'Up to the node', ping(64)),
          ...throughTunnel(cluster, ['node1', last], ping(63)),
          at(`${last}:cni0`, 'Routed to the local subnet', ping(62)),
          at(`${last}:veth${size}`, 'Through the bridge', ping(62)),
          at(`pod${size}:eth0`, 'It arrives', ping(62)),
        ],
      },
    },
  };
}

/** The lab of this topology and size. */
export const labOf = (topology: Topology, size: number): Lab =>
  topology === 'bridge' ? bridge(size) : flannelVxlan(size);
