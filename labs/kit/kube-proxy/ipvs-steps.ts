import { onEvery } from '../cluster.ts';
import { feed } from '../program.ts';
import { apiServer, byHand, cluster, played, timeouts } from './cluster.ts';
import { restored } from './iptables.ts';
import { type IpvsOptions, ipvsOf } from './ipvs.ts';
import type { KubeObject } from './objects.ts';
import { clusterCidr } from './services.ts';

/** What kube-proxy in IPVS mode knows of a node of the cluster. */
export const optionsOf = ({ name, address, subnet }: { name: string; address: string; subnet: string }): IpvsOptions => ({
  node: name,
  clusterCidr,
  nodeIp: address,
  nodeAddresses: [address, `${subnet}.0`, `${subnet}.1`],
});

/** The sets and rules of a node. */
export const rulesWritten = (objects: readonly KubeObject[], options: IpvsOptions) => {
  const { sets, tables } = ipvsOf(objects, options);
  return [feed('ipset restore', sets), feed('iptables-restore --noflush', restored(tables).trimEnd().split('\n'))];
};

/** Steps: what kube-proxy in IPVS mode programs on every node. */
export const ipvs = (objects: readonly KubeObject[]) => ({
  ...apiServer(objects),
  'Give every service’s address to each node, on kube-ipvs0, which stays down': onEvery(cluster, (n) =>
    byHand([
      'ip link add kube-ipvs0 type dummy',
      ...ipvsOf(objects, optionsOf(n)).addresses.map((address) => `ip addr add ${address}/32 dev kube-ipvs0`),
    ]),
  ),
  'Put each service’s endpoints behind it in IPVS: in turn, with weight 1': onEvery(cluster, (n) =>
    byHand(feed('ipvsadm --restore', ipvsOf(objects, optionsOf(n)).servers)),
  ),
  'Set what kube-proxy sets: what IPVS translates is tracked, and connections are forgotten sooner': onEvery(cluster, () =>
    byHand(['sysctl -w net.ipv4.vs.conntrack=1 net.ipv4.vs.expire_nodest_conn=1 net.ipv4.vs.expire_quiescent_template=1', timeouts]),
  ),
  'Write kube-proxy’s sets, and the rules that ask them: a service more is an entry more': onEvery(cluster, (n) =>
    played(n.name, objects, 'ipvs', rulesWritten(objects, optionsOf(n))),
  ),
});
