import { daemon } from 'packetwalk';
import { type Cluster, type KubeRouterNode, onEvery } from './kube-router.ts';
import { witness } from './processes.ts';

/** A service: its ClusterIP and port, what it is spoken to by, its port on every node, and its endpoints. */
interface Service {
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

/** Every ClusterIP is an address of every node, so that a packet for it comes in, where IPVS waits. */
export const dummy = (cluster: Cluster) =>
  onEvery(
    cluster,
    () => `
    ip link add kube-dummy-if address fe:f2:10:f2:72:66 up type dummy
    ${addressed}
    sysctl -w net.ipv6.conf.kube-dummy-if.disable_ipv6=0`,
  );

/** All of them anew, in their order. */
export const readdressed = `ip addr flush dev kube-dummy-if to 100.64.0.0/10\n${addressed}`;

/** IPVS's virtual servers on a node and the real ones behind each. */
const virtualServers = ({ address }: KubeRouterNode) =>
  all.flatMap(({ clusterIp, port, protocols, nodePort, endpoints }) => [
    ...protocols.map((protocol) => ({ protocol, at: `${clusterIp}:${port}`, to: endpoints.map((endpoint) => `${endpoint}:${port}`) })),
    ...(nodePort ? [{ protocol: 'tcp', at: `${address}:${nodePort}`, to: endpoints.map((endpoint) => `${endpoint}:${port}`) }] : []),
  ]);

/** As `ipvsadm -Ln` prints them: each server, then the real ones. */
export const printed = (node: KubeRouterNode) =>
  virtualServers(node).map(({ protocol, at, to }) => [`${protocol.toUpperCase()} ${at} rr`, ...to.map((real) => `-> ${real} Masq 1`)]);

/**
 * The service proxy (network_services_controller.go): IPVS, with conntrack's help, and the node's own address for calls that
 * neither come from its pods nor go to them, so that their answers come back through it.
 */
export const proxy = (cluster: Cluster) =>
  onEvery(
    cluster,
    (node) => `
    ipvsadm --restore <<'END'
    ${virtualServers(node)
      .flatMap(({ protocol, at, to }) => [`-A -${protocol[0]} ${at} -s rr`, ...to.map((real) => `-a -${protocol[0]} ${at} -r ${real} -m`)])
      .join('\n    ')}
    END
    sysctl -w net.ipv4.vs.conntrack=1
    iptables -t nat -A POSTROUTING -m ipvs --ipvs --vdir ORIGINAL --vmethod MASQ ! -s ${node.subnet}.0/24 ! -d ${node.subnet}.0/24 -j MASQUERADE`,
  );

/** What leaves the cluster bears the node's address; between pods and nodes nothing is translated. */
export const egress = (cluster: Cluster) =>
  onEvery(
    cluster,
    (node, peers) => `
    ipset restore <<'END'
    create kube-router-pod-subnets hash:net
    create kube-router-node-ips hash:ip
    ${[node, ...peers].flatMap(({ subnet, address }) => [`add kube-router-pod-subnets ${subnet}.0/24`, `add kube-router-node-ips ${address}`]).join('\n    ')}
    END
    iptables -t nat -A POSTROUTING -m set --match-set kube-router-pod-subnets src -m set ! --match-set kube-router-pod-subnets dst \
      -m set ! --match-set kube-router-node-ips dst -j MASQUERADE`,
  );

const serves = (name: string, port: number) => daemon(name, witness(port, name), { 'it listens': `ss -Hltn sport = :${port} | grep -q .` });

const answersDatagrams = daemon(
  'kube-dns-udp',
  `perl -MSocket -e 'socket(S, PF_INET, SOCK_DGRAM, 0); bind(S, sockaddr_in(53, INADDR_ANY)) or die; \
    while ($asker = recv(S, $asked, 512, 0)) { send(S, qq(kube-dns heard $asked), 0, $asker) }'`,
  { 'it has its port': 'ss -Hlun sport = :53 | grep -q .' },
);

/** What answers at the endpoints: each says its own name, and who asked. */
export const endpoints = {
  'ip-172-20-49-17': serves('kubernetes', 443),
  'kube-dns': [serves('kube-dns', 53), answersDatagrams],
  'redis-master': serves('redis-master', 6379),
  'redis-slave1': serves('redis-slave1', 6379),
  'redis-slave2': serves('redis-slave2', 6379),
  frontend: serves('frontend', 80),
} as const;

/** Calls some addresses and ports in turn, in one process, and prints what each answers. */
export const calls = (targets: string[]) =>
  `timeout 20 bash -c 'for at in ${targets.join(' ')}; do read -r -t 5 answer < /dev/tcp/$at; echo "$at: $answer"; done'`;
