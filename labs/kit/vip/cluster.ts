import { createHash } from 'node:crypto';
import type { Hop } from 'packetwalk';
import { forEvery } from '../cluster.ts';
import * as kubeProxy from '../kube-proxy/cluster.ts';
import { clusterCidr, type Endpoint, kubernetes, served, service, serviceCidr } from '../kube-proxy/services.ts';
import { allocated, announced, type Pool } from './pools.ts';

export const { cluster, client } = kubeProxy;
export type Node = kubeProxy.Node;
export type Place = kubeProxy.Place | 'remote';
export type Hops = Hop<Place>[];

/** A caller behind the router. */
export const remote = '203.0.113.7';
export const router = '192.168.205.1';
const segment = '192.168.205.0/24';

export const nodes = { ...kubeProxy.nodes, remote: 'host' } as const;
export const links = [...kubeProxy.links, `gw:eth1 203.0.113.1/24 -- remote:eth0 ${remote}/24`] as const;

/** Blocks of addresses for LoadBalancer services: one in the nodes’ own segment, one that no segment has. */
export const pools: readonly Pool[] = [
  { name: 'segment', cidr: '192.168.205.240/31', announcedBy: 'ARP' },
  { name: 'routed', cidr: '198.51.100.8/30', announcedBy: 'BGP' },
];

const podC = { address: '10.42.1.6', node: 'node1' };
const podD = { address: '10.42.2.6', node: 'node2' };
const balanced = (name: string, clusterIP: string, endpoints: Endpoint[], externalTrafficPolicy: 'Cluster' | 'Local') =>
  service(name, { type: 'LoadBalancer', clusterIP, externalTrafficPolicy }, { port: 80 }, endpoints);

/** What the API server has once each LoadBalancer service has got its address. */
export const objects = served(
  allocated(
    [
      ...kubernetes,
      ...balanced('web', '10.43.6.70', [podC], 'Cluster'),
      ...balanced('web-local', '10.43.6.71', [podC, podD], 'Local'),
      ...balanced('shop', '10.43.6.72', [podC], 'Cluster'),
      ...balanced('shop-local', '10.43.6.73', [podC, podD], 'Local'),
    ],
    pools,
    { 'default/web': 'segment', 'default/web-local': 'segment', 'default/shop': 'routed', 'default/shop-local': 'routed' },
    { segment, taken: [router, client, kubeProxy.stranger, ...forEvery(cluster, ({ address }) => address)], networks: [clusterCidr, serviceCidr] },
  ),
);

/** In which order nodes may speak for an address. */
const order = (node: string, vip: string) => createHash('sha256').update(`${node}#${vip}`).digest('hex');

export const announcements = announced(
  objects,
  pools,
  forEvery(cluster, ({ name }) => name),
  order,
);

const vipOf = (name: string) => announcements.find(({ service }) => service === `default/${name}`)!.vip;
export const vips = { web: vipOf('web'), webLocal: vipOf('web-local'), shop: vipOf('shop'), shopLocal: vipOf('shop-local') };
