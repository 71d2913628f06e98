import { type Check, exactly, json, lacks, lines, none } from 'packetwalk';
import { inEveryPod, onEvery } from '../cluster.ts';
import { type CalicoNode, type Cluster, mac, type Named } from './cluster.ts';

type Checks<Place extends string, Claim extends string = never> = Record<string, Check<Place, Claim>>;

type Plugged = 'CB-01' | 'CB-02' | 'CB-03';

/** How every pod is joined to its node, in every mode: by a route, and by nothing else. */
export const podsArePlugged = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  /** Other routes of the kind that a node has, to its peers' ends of a tunnel. */
  beside: (peer: Named & { name: string }) => { dst: string; dev: string }[] = () => [],
): Record<string, Check<Node, Plugged> | Check<Pod, Plugged>> => ({
  'A pod’s address is a /32: it shares a subnet with nobody, least of all a gateway': {
    claim: 'CB-01',
    run: 'ip -j -4 addr',
    see: inEveryPod(cluster, ({ address: local }) => [
      json([{ ifname: 'eth0', addr_info: [{ local, prefixlen: 32 }] }]),
      none({ addr_info: [{ local: '169.254.1.1' }] }),
    ]),
  },
  'A pod’s gateway is 169.254.1.1': {
    claim: 'CB-01',
    run: 'ip -j route',
    see: inEveryPod(cluster, () =>
      exactly({ dst: 'default', gateway: '169.254.1.1', dev: 'eth0' }, { dst: '169.254.1.1', dev: 'eth0', scope: 'link' }),
    ),
  },
  'No device of a node has the address 169.254.1.1': {
    claim: 'CB-01',
    run: 'ip -j -4 addr',
    see: onEvery(cluster, () => none({ addr_info: [{ local: '169.254.1.1' }] })),
  },
  'Whoever asks for it by ARP is answered all the same': {
    claim: 'CB-02',
    run: 'arping -f -c 1 -I eth0 169.254.1.1',
    see: inEveryPod(cluster, () => lines(`Unicast reply from 169.254.1.1 [${mac.toUpperCase()}]`)),
  },
  'The MAC in the answer is that of every cali* device': {
    claim: 'CB-02',
    run: 'ip -j link',
    see: onEvery(cluster, ({ pods }) => json(pods.map(({ veth }) => ({ ifname: veth, address: mac })))),
  },
  'The switch for that is on, as the document looks it up': {
    claim: 'CB-02',
    run: 'grep -H . /proc/sys/net/ipv4/conf/cali*/proxy_arp',
    see: onEvery(cluster, ({ pods }) => pods.map(({ veth }) => lines(`/${veth}/proxy_arp:1`))),
  },
  'Each local pod has a /32 route to its own cali* device': {
    claim: 'CB-03',
    run: 'ip -j route show scope link proto boot',
    see: onEvery(cluster, ({ pods, peers }) => exactly(...pods.map(({ address, veth }) => ({ dst: address, dev: veth })), ...peers.flatMap(beside))),
  },
  'There is no bridge': {
    claim: 'CB-03',
    run: 'ip -j link show type bridge',
    see: onEvery(cluster, () => exactly()),
  },
});

/** Routes that BIRD has written: the node’s own block, which ends there, and how each other node’s is reached. */
export const routesOfBird = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  through: (own: Named, peer: Named) => { dev: string; flags?: string[] } = () => ({ dev: 'enp0s1', flags: [] }),
): Checks<Node, 'CB-04'> => ({
  'Each other node’s block is behind that node’s address: BIRD wrote so': {
    claim: 'CB-04',
    run: 'ip -j route show proto bird',
    see: onEvery(cluster, (own) =>
      exactly({ type: 'blackhole', dst: own.block }, ...own.peers.map((peer) => ({ dst: peer.block, gateway: peer.address, ...through(own, peer) }))),
    ),
  },
});

/** Nothing is wrapped, as no node has what could wrap it. */
export const noTunnels = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>): Checks<Node, 'CB-05'> => ({
  'No node has a tunnel': {
    claim: 'CB-05',
    run: 'ip -j -d link',
    see: onEvery(cluster, () => [none({ linkinfo: { info_kind: 'ipip' } }), none({ linkinfo: { info_kind: 'vxlan' } })]),
  },
});

const name = (kind: 'Mesh' | 'Node' | 'Global', { address }: Named) => `${kind}_${address.replaceAll('.', '_')}`;

/** The sessions of each node, as BIRD calls them and the kernel counts them; `peering` says with whom, and of which kind. */
export const sessions = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  peering: (node: Node, peer: Node) => 'Mesh' | 'Node' | 'Global' | undefined = () => 'Mesh',
): Checks<Node, 'CB-04' | 'CB-06'> => {
  const sessionsOf = onEvery(cluster, (node) =>
    node.peers.flatMap((peer) => {
      const kind = peering(node.name, peer.name);
      return kind ? [name(kind, peer)] : [];
    }),
  );
  const everywhere = <Given>(given: (names: string[]) => Given) => onEvery(cluster, (node) => given(sessionsOf[node.name]));
  const [nodes, all] = [Object.keys(cluster).length, Object.values<string[]>(sessionsOf).flat().length / 2];
  return {
    'Each BIRD’s sessions are Established, and there is none but these': {
      claim: 'CB-04',
      run: "birdc show protocols | grep ' BGP ' | while read name _ _ _ _ state; do echo $name $state; done",
      see: everywhere((names) => [...names.map((each) => lines(`${each} Established`)), lacks(...idle)]),
    },
    [`${nodes} nodes keep ${all} sessions`]: {
      claim: 'CB-06',
      run: "echo $(ss -Htn state established '( sport = :179 or dport = :179 )' | grep -c .) sessions",
      see: everywhere((names) => lines(`${names.length} sessions`)),
    },
  };
};

const idle = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Down'];

/** bird.cfg has what etcd has: the other nodes, and the node’s own block. */
export const renderedFromEtcd = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>, etcd: Node): Checks<Node, 'CB-08'> => ({
  'In etcd is what each node has said of itself': {
    claim: 'CB-08',
    run: 'etcdctl get --prefix /calico/',
    see: {
      [etcd]: Object.entries<CalicoNode>(cluster).flatMap(([node, { address, block }]) => [
        lines(`/calico/resources/v3/projectcalico.org/nodes/${node}`, `"ipv4Address":"${address}/24"`),
        lines(`/calico/ipam/v2/host/${node}/ipv4/block/${block.replace('/', '-')}`),
      ]),
    } as Check<Node>['see'],
  },
  'Each bird.cfg has the other nodes as neighbours, and the node’s own block': {
    claim: 'CB-08',
    run: 'cat /run/calico/bird.cfg',
    see: onEvery(cluster, ({ address, block, peers }) => [
      lines(`router id ${address};`, `route ${block} blackhole;`),
      ...peers.map((peer) => lines(`protocol bgp ${name('Mesh', peer)} from node {`, `neighbor ${peer.address} as 64512;`)),
    ]),
  },
});
