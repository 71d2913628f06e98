import type { Named } from './cluster.ts';

/** A service: its ClusterIP and port, what it is spoken to by, its port on every node, and its endpoints. */
export interface Service {
  clusterIp: string;
  port: number;
  protocols: ('tcp' | 'udp')[];
  nodePort?: number;
  endpoints: string[];
}

/** The services of the document, in the order of its kube-dummy-if. The API server is a process of its node. */
export const services = {
  kubernetes: { clusterIp: '100.64.0.1', port: 443, protocols: ['tcp'], endpoints: ['172.20.49.17'] },
  'kube-dns': { clusterIp: '100.64.0.10', port: 53, protocols: ['tcp', 'udp'], endpoints: ['100.96.3.2'] },
  'redis-master': { clusterIp: '100.66.80.152', port: 6379, protocols: ['tcp'], endpoints: ['100.96.4.2'] },
  'redis-slave': { clusterIp: '100.65.21.151', port: 6379, protocols: ['tcp'], endpoints: ['100.96.1.2', '100.96.4.3'] },
  frontend: { clusterIp: '100.64.153.240', port: 80, protocols: ['tcp'], nodePort: 31497, endpoints: ['100.96.2.2'] },
} satisfies Record<string, Service>;

const all: Service[] = Object.values(services);
export const clusterIps = all.map(({ clusterIp }) => clusterIp);

const addressed = clusterIps.map((address) => `ip addr add ${address}/32 brd ${address} scope link dev kube-dummy-if`).join('\n');

/** All of them anew, in their order. */
export const readdressed = `ip addr flush dev kube-dummy-if to 100.64.0.0/10\n${addressed}`;

/** IPVS's virtual servers on a node and the real ones behind each. */
export const virtualServers = ({ address }: Named) =>
  all.flatMap(({ clusterIp, port, protocols, nodePort, endpoints }) => [
    ...protocols.map((protocol) => ({
      protocol,
      flag: protocol === 'tcp' ? '-t' : '-u',
      at: `${clusterIp}:${port}`,
      to: endpoints.map((endpoint) => `${endpoint}:${port}`),
    })),
    ...(nodePort ? [{ protocol: 'tcp', flag: '-t', at: `${address}:${nodePort}`, to: endpoints.map((endpoint) => `${endpoint}:${port}`) }] : []),
  ]);

/** As `ipvsadm -Ln` prints them: each server, then the real ones. */
export const printed = (node: Named) =>
  virtualServers(node).map(({ protocol, at, to }) => [`${protocol.toUpperCase()} ${at} rr`, ...to.map((real) => `-> ${real} Masq 1`)]);

/** Calls some addresses and ports in turn, in one process, and prints what each answers. */
export const calls = (targets: string[]) =>
  `timeout 20 bash -c 'for at in ${targets.join(' ')}; do read -r -t 5 answer < /dev/tcp/$at; echo "$at: $answer"; done'`;
