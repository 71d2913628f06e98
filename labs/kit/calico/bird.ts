import { type Commands, daemon, type Script } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { etcdctlAt } from '../etcd/etcd.ts';
import { type CalicoNode, type Cluster, networkOf, pool } from './cluster.ts';

/** Where Calico’s datastore is: on the first node. */
const datastoreOf = (cluster: Cluster) => Object.values(cluster)[0]!.address;

/** etcdctl for whoever is not where etcd is. */
export const etcdctl = (cluster: Cluster) => etcdctlAt(datastoreOf(cluster));

/** Between which nodes a pool’s packets are wrapped, as its `ipipMode` says. */
export type IpIpMode = 'Never' | 'Always' | 'CrossSubnet';

const wraps = (ipip: IpIpMode, node: CalicoNode, peer: CalicoNode) =>
  ipip === 'Always' || (ipip === 'CrossSubnet' && networkOf(node) !== networkOf(peer));

type Kind = 'Node' | 'IPPool' | 'BGPConfiguration';

const key = (kind: Kind, name: string) => `/calico/resources/v3/projectcalico.org/${kind.toLowerCase()}s/${name}`;

/** A resource as Calico v3 keeps it in etcd, without what Calico adds by itself: uid, time of creation, defaults. */
const resource = (kind: Kind, name: string, spec: object) => ({
  [key(kind, name)]: JSON.stringify({ kind, apiVersion: 'projectcalico.org/v3', metadata: { name }, spec }),
});

/** A transaction of etcd: all of these keys, or none. */
const puts = (cluster: Cluster, keys: Record<string, string>) =>
  [`${etcdctl(cluster)} txn <<'END'`, '', ...Object.entries(keys).map((pair) => `put ${pair.join(' ')}`), '', '', 'END'].join('\n');

/** What is true of the whole cluster: its AS, that all nodes peer with all, and the pool of pod addresses. */
export const settings = (cluster: Cluster, ipipMode: IpIpMode = 'Never') =>
  puts(cluster, {
    ...resource('BGPConfiguration', 'default', { asNumber: 64512, nodeToNodeMeshEnabled: true }),
    ...resource('IPPool', 'default-ipv4-ippool', { cidr: pool, ipipMode, natOutgoing: true, blockSize: 26 }),
  });

/** A node says in etcd who it is and which block it has. `own` is what it says otherwise, or besides. */
export const registration = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  name: Node,
  own: { ipv4Address?: string; ipv4IPIPTunnelAddr?: string } = {},
) => {
  const { address, block }: CalicoNode<Pod> = cluster[name];
  return puts(cluster, {
    ...resource('Node', name, { bgp: { ipv4Address: `${address}/24`, ...own } }),
    [`/calico/ipam/v2/host/${name}/ipv4/block/${block.replace('/', '-')}`]: '{"state":"confirmed"}',
  });
};

/** A node is taken out of the cluster. */
export const removal = (cluster: Cluster, name: string) => `${etcdctl(cluster)} del ${key('Node', name)}`;

/** BIRD, ready when it has all of its sessions, and a route to each peer’s pods. */
export const bird = (sessions: number, routes = sessions) =>
  daemon('bird', 'bird -f -c /run/calico/bird.cfg', {
    'Its BGP sessions are Established': `test $(birdc show protocols | grep -c Established) = ${sessions}`,
    'The kernel has its routes to all other nodes’ pods': `test $(ip route show proto bird | grep -c via) = ${routes}`,
  });

/** Goes on once a condition holds, and fails where it does not within a minute. */
export const until = (condition: string) => `timeout 60 sh -c 'until ${condition}; do sleep 0.1; done'`;

/** Goes on once BIRD has given the kernel a route to a block, through a certain device if that matters. */
export const untilLearned = (block: string, device = '') => until(`ip route show ${block} proto bird | grep -q "via .*${device}"`);

/** Goes on once BIRD has taken that route from the kernel. */
export const untilWithdrawn = (block: string) => until(`! ip route show ${block} proto bird | grep -q via`);

/** Goes on once a node has so many sessions, and no others, and a route to each peer’s pods. */
export const untilConverged = (sessions: number, routes: number) =>
  until(
    `test "$(birdc show protocols | grep -c " BGP ") $(birdc show protocols | grep -c Established) $(ip route show proto bird | grep -c via)" = "${sessions} ${sessions} ${routes}"`,
  );

/** Something is done on a node, and every other node forgets its pods. */
export const leaves = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, name: Node, how: Script): Commands<Node> => ({
  ...onEvery(cluster, () => untilWithdrawn(cluster[name].block)),
  [name]: how,
});

/** Something is done on a node, and every other node learns of its pods. */
export const joins = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, name: Node, how: Script): Commands<Node> => ({
  ...onEvery(cluster, () => untilLearned(cluster[name].block)),
  [name]: how,
});

/** Goes on once a node’s routes lead through tunl0 to whom they should, and to all others without. */
export const untilWrapping = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, name: Node, ipip: IpIpMode) => {
  const peers = Object.values<CalicoNode>(cluster).filter(({ address }) => address !== cluster[name].address);
  const wrapped = peers.filter((peer) => wraps(ipip, cluster[name], peer));
  return until(`test "$(ip route show proto bird | grep -c via) $(ip route show proto bird | grep -c tunl0)" = "${peers.length} ${wrapped.length}"`);
};

/** The operator says between which nodes the pool’s packets are wrapped, and each node’s routes come to lead accordingly. */
export const wrapping = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, ipip: IpIpMode): Commands<Node> =>
  onEvery(cluster, ({ address, name }) => [
    ...(address === datastoreOf(cluster) ? [settings(cluster, ipip)] : []),
    untilWrapping(cluster, name, ipip),
  ]);
