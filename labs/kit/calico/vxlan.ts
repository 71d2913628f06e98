import { at, type Check, type ExpectedHeader, exactly, type Hop, ip, json, lacks, lines, udp, vxlan } from 'packetwalk';
import { inEveryPod, onEvery } from '../cluster.ts';
import { addressOf, type Cluster, type Named, vtepMac } from './cluster.ts';

type Headers = ExpectedHeader<never>[];

/** The headers that VXLAN puts in front, from one node to another. */
export const outer = (from: Named, to: Named) => [ip({ src: from.address, dst: to.address }), udp({ dst: 4789 }), vxlan({ vni: 4096 })];

/** From one node to another through vxlan.calico. */
export const wrapped =
  <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  (from: Node, to: Node, inner: Headers): Hop<Node>[] => [
    at(`${from}:vxlan.calico`, `The next hop is ${to}’s end of the tunnel`, inner),
    at(`${from}:enp0s1`, 'The fdb knows where that is: the frame leaves wrapped in UDP', outer(cluster[from], cluster[to]), inner),
    at(`${to}:enp0s1`, 'For the network it is a datagram from node to node', outer(cluster[from], cluster[to]), inner),
    at(`${to}:vxlan.calico`, 'The device with this VXLAN id takes the wrapping off', inner),
  ];

/** The devices, routes, neighbours and fdb entries of the tunnels, for every peer; and that nothing advertises them. */
export const vxlanTables = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
): Record<string, Check<Node, 'CV-01' | 'CV-02'> | Check<Pod, 'CV-01'>> => ({
  'vxlan.calico has VXLAN id 4096, UDP port 4789, and an MTU of 1450': {
    claim: 'CV-01',
    run: 'ip -j -d addr show vxlan.calico',
    see: onEvery(cluster, (node) =>
      json([
        {
          address: vtepMac(node.name),
          mtu: 1450,
          linkinfo: { info_kind: 'vxlan', info_data: { id: 4096, local: node.address, link: 'enp0s1', port: 4789, learning: false } },
          addr_info: [{ local: addressOf(node, 0), prefixlen: 32 }],
        },
      ]),
    ),
  },
  'The MTU is 1450 in the pods': {
    claim: 'CV-01',
    run: 'ip -j link show eth0',
    see: inEveryPod(cluster, () => json([{ mtu: 1450 }])),
  },
  'Each other node’s block is behind its end of the tunnel, and no daemon wrote so': {
    claim: 'CV-02',
    run: 'ip -j route show proto boot dev vxlan.calico',
    see: onEvery(cluster, ({ peers }) =>
      exactly(
        ...peers.flatMap((peer) => [
          { dst: addressOf(peer, 0), scope: 'link', metrics: [{ mtu: 1450 }] },
          { dst: peer.block, gateway: addressOf(peer, 0), flags: ['onlink'], metrics: [{ mtu: 1450 }] },
        ]),
      ),
    ),
  },
  'Each other end is a permanent neighbour': {
    claim: 'CV-02',
    run: 'ip -j neigh show dev vxlan.calico',
    see: onEvery(cluster, ({ peers }) =>
      exactly(...peers.map((peer) => ({ dst: addressOf(peer, 0), lladdr: vtepMac(peer.name), state: ['PERMANENT'] }))),
    ),
  },
  'Each of those MACs has an fdb entry with the other node’s address': {
    claim: 'CV-02',
    run: 'bridge -j fdb show dev vxlan.calico',
    see: onEvery(cluster, ({ peers }) =>
      exactly(...peers.map((peer) => ({ mac: vtepMac(peer.name), dst: peer.address, flags: ['self'], state: 'permanent' }))),
    ),
  },
  'There is no BIRD: nobody speaks BGP, and no route is one of its': {
    claim: 'CV-02',
    run: 'ss -tan; ip route show proto bird',
    see: onEvery(cluster, () => lacks(':179', ' via ')),
  },
  'At UDP port 4789 is the kernel itself: the socket belongs to no process': {
    claim: 'CV-02',
    run: "ss -lunp 'sport = :4789'",
    see: onEvery(cluster, () => [lines('0.0.0.0:4789'), lacks('users:')]),
  },
});
