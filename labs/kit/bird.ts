import { type Commands, daemon, type Script } from 'packetwalk';
import { confd as script } from './bird-confd.ts';
import { type CalicoNode, type Cluster, networkOf, onEvery, pool } from './calico.ts';
import { endpoint, etcd } from './etcd.ts';

/** Where Calico’s datastore is: on the first node. */
const datastoreOf = (cluster: Cluster) => Object.values(cluster)[0]!.address;

/** etcdctl for whoever is not where etcd is. */
export const etcdctl = (cluster: Cluster) => `etcdctl --endpoints ${endpoint(datastoreOf(cluster))}`;

/** Between which nodes a pool’s packets are wrapped. */
type IpIp = 'never' | 'always' | 'cross-subnet';

const wraps = (ipip: IpIp, node: CalicoNode, peer: CalicoNode) =>
  ipip === 'always' || (ipip === 'cross-subnet' && networkOf(node) !== networkOf(peer));

const host = (name: string) => `/calico/bgp/v1/host/${name}`;

/** A transaction of etcd: all of these keys, or none. */
const puts = (cluster: Cluster, keys: Record<string, string>) =>
  [`${etcdctl(cluster)} txn <<'END'`, '', ...Object.entries(keys).map((pair) => `put ${pair.join(' ')}`), '', '', 'END'].join('\n');

/** What is true of the whole cluster: its AS, that all nodes peer with all, and the pool of pod addresses. */
export const settings = (cluster: Cluster, ipip: IpIp = 'never') =>
  puts(cluster, {
    '/calico/bgp/v1/global/as_num': '64512',
    '/calico/bgp/v1/global/node_mesh': '{"enabled":true}',
    [`/calico/v1/ipam/v4/pool/${pool.replace('/', '-')}`]: `{"cidr":"${pool}","ipip":"${ipip === 'never' ? '' : 'tunl0'}","ipip_mode":"${ipip}"}`,
  });

/** A node says in etcd who it is and which block it has. */
export const registration = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, name: Node) => {
  const node: CalicoNode<Pod> = cluster[name];
  return puts(cluster, {
    [`${host(name)}/ip_addr_v4`]: node.address,
    [`${host(name)}/network_v4`]: networkOf(node),
    [`/calico/ipam/v2/host/${name}/ipv4/block/${node.block.replace('/', '-')}`]: '{"state":"confirmed"}',
  });
};

const registrations = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  onEvery(cluster, (_, name) => registration(cluster, name));

/** A node is taken out of the cluster. */
export const removal = (cluster: Cluster, name: string) => `${etcdctl(cluster)} del --prefix ${host(name)}/`;

/** How Calico makes one node the route reflector of all: it gets a cluster id, everybody peers with it, and the mesh ends. */
export const reflector = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, name: Node) =>
  puts(cluster, {
    [`${host(name)}/rr_cluster_id`]: '224.0.0.1',
    [`/calico/bgp/v1/global/peer_v4/${cluster[name].address}`]: `{"ip":"${cluster[name].address}","as_num":"64512"}`,
    '/calico/bgp/v1/global/node_mesh': '{"enabled":false}',
  });

/** confd keeps bird.cfg as etcd says, as long as it runs. */
const confd = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  onEvery(cluster, (_, name) => [
    script,
    daemon('confd', `ETCD=${datastoreOf(cluster)} perl /run/calico/confd ${name}`, { 'bird.cfg is written': 'test -s /run/calico/bird.cfg' }),
  ]);

/** BIRD, ready when it has all of its sessions, and a route to each peer’s pods. */
export const bird = (sessions: number, routes = sessions) =>
  daemon('bird', 'bird -f -c /run/calico/bird.cfg', {
    'Its BGP sessions are Established': `test $(birdc show protocols | grep -c Established) = ${sessions}`,
    'The kernel has its routes to all other nodes’ pods': `test $(ip route show proto bird | grep -c via) = ${routes}`,
  });

const birds = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) => onEvery(cluster, (_, __, peers) => bird(peers.length));

const onFirst = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, script: Script) =>
  ({ [Object.keys(cluster)[0]!]: script }) as Commands<Node>;

/** etcd comes up on the first node while other steps are taken; an etcdctl that comes before it listens waits for a second. */
export const datastore = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) => ({
  'Start etcd, which has what all nodes must know': onFirst(cluster, {
    ...etcd(datastoreOf(cluster)),
    ready: { 'etcd listens': 'ss -Htln | grep -q :2379' },
  }),
});

/** What becomes true until every node knows where all pods are. */
export const controlPlane = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, ipip?: IpIp) => ({
  'Once etcd answers, the operator says what is true of the whole cluster': onFirst(cluster, [
    until('etcdctl endpoint health >/dev/null 2>&1'),
    settings(cluster, ipip),
  ]),
  'Each node says who it is, and which block of addresses it has': registrations(cluster),
  'Start confd: what etcd has becomes bird.cfg': confd(cluster),
  'Start BIRD: each node tells the others of its block': birds(cluster),
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
export const untilWrapping = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, name: Node, ipip: IpIp) => {
  const peers = Object.values<CalicoNode>(cluster).filter(({ address }) => address !== cluster[name].address);
  const wrapped = peers.filter((peer) => wraps(ipip, cluster[name], peer));
  return until(`test "$(ip route show proto bird | grep -c via) $(ip route show proto bird | grep -c tunl0)" = "${peers.length} ${wrapped.length}"`);
};

/** The operator says between which nodes the pool’s packets are wrapped, and each node’s routes come to lead accordingly. */
export const wrapping = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, ipip: IpIp): Commands<Node> =>
  onEvery(cluster, ({ address }, name) => [
    ...(address === datastoreOf(cluster) ? [settings(cluster, ipip)] : []),
    untilWrapping(cluster, name, ipip),
  ]);
