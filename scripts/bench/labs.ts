import { at, icmp, ip, type Lab, send } from 'packetwalk';
import * as flannel from '../../labs/kit/flannel.ts';

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

/** So many nodes of a flannel cluster in VXLAN mode, a pod each; every node knows every other. */
export function flannelVxlan(size: number): Lab {
  const node = (i: number) => ({
    address: `192.168.205.${i}`,
    subnet: `10.42.${i}`,
    mac: `0a:00:00:00:00:${i.toString(16).padStart(2, '0')}`,
    pods: { [`pod${i}`]: `10.42.${i}.2` },
  });
  const cluster: flannel.Cluster = Object.fromEntries(counted(size).map((i) => [`node${i}`, node(i)]));
  const last = `node${size}`;
  const ping = (ttl: number) => request('10.42.1.2', `10.42.${size}.2`, ttl);
  return {
    title: `${size} nodes of a flannel cluster know one another`,
    nodes: { lan: 'switch', ...flannel.nodes(cluster) },
    links: [
      ...Object.entries(cluster).map(([name, { address }]) => `${name}:enp0s1 ${address}/24 -- lan` as const),
      ...flannel.podCables(cluster),
    ],
    setup: {
      'Bridge each pod to its node': flannel.bridge(cluster, 1450),
      'Create each tunnel end': flannel.vteps(cluster),
      'Introduce the peers': flannel.introductions(cluster),
    },
    walks: {
      'The first pod pings the last': {
        send: send('pod1', `ping -c 1 10.42.${size}.2`),
        request: [
          at('pod1:eth0', 'To the gateway', ping(64)),
          at('node1:veth1', 'Through the veth', ping(64)),
          at('node1:cni0', 'Up to the node', ping(64)),
          ...flannel.throughTunnel(cluster, ['node1', last], ping(63)),
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
