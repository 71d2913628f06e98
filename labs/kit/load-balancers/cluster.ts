import type { Hop, Listing } from 'packetwalk';
import { onSegment } from '../keepalived.ts';
import { type Place as ClusterPlace, links as clusterLinks, nodes as clusterNodes } from '../kube-proxy/cluster.ts';
import { kubernetes, served, service } from '../kube-proxy/services.ts';

/** The load balancers, beside the nodes on their segment. */
export type Balancer = 'lb1' | 'lb2';
export type Place = ClusterPlace | Balancer;
export type Hops = Hop<Place>[];
export type Ways = Listing<Place>;

export const vip = '192.168.205.100';
export const balancers = {
  lb1: { address: '192.168.205.11', priority: 200 },
  lb2: { address: '192.168.205.12', priority: 100 },
} as const;

export const nodes = { ...clusterNodes, lb1: 'host', lb2: 'host' } as const;
export const links = [...clusterLinks, `lb1:eth0 ${balancers.lb1.address}/24 -- lan`, `lb2:eth0 ${balancers.lb2.address}/24 -- lan`] as const;

/** The address of both; a load balancer is healthy as long as somebody listens at its port 80. */
export const [router] = onSegment({ vrid: 51, vip: `${vip}/24`, device: 'eth0', nodes: balancers, healthy: 'ss -Hltn sport = :80 | grep -q .' });

/** The nodes of the upstream, and the pod that each has. */
export const backends = {
  node1: { address: '192.168.205.3', pod: 'podC', endpoint: '10.42.1.6', veth: 'vethC' },
  node2: { address: '192.168.205.5', pod: 'podD', endpoint: '10.42.2.6', veth: 'vethD' },
} as const;
export type Backend = keyof typeof backends;

export const nodePort = 32506;
export const serviceName = 'default/nginx-test:80-80';

/** The document’s service, by its NodePort. Its policy is Local: a node leads to its own endpoints, and master has none. */
export const objects = served([
  ...kubernetes,
  ...service(
    'nginx-test',
    { type: 'NodePort', clusterIP: '10.43.6.58', externalTrafficPolicy: 'Local' },
    { name: '80-80', port: 80, nodePort },
    (['node1', 'node2'] as const).map((node) => ({ address: backends[node].endpoint, node })),
  ),
]);
