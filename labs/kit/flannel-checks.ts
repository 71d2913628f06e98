import { type Check, corrects, exactly, json, lacks, lines, none } from 'packetwalk';
import { type Cluster, onEvery, veth } from './flannel.ts';

type Proven = 'FV-01' | 'FV-02' | 'FV-03' | 'FV-04' | 'FV-05' | 'FV-06' | 'FV-07' | 'FV-16' | 'FV-22';

/** The devices, addresses, routes, neighbours and fdb entries that make a VXLAN cluster, on every node for every peer. */
export const vxlanTables = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>): Record<string, Check<Node, Proven>> => ({
  'flannel.1 is a VXLAN device that learns nothing': {
    claim: 'FV-01',
    run: 'ip -j -d link show flannel.1',
    see: onEvery(cluster, ({ address }) =>
      json([
        {
          linkinfo: {
            info_kind: 'vxlan',
            info_data: { id: 1, local: address, link: 'enp0s1', port: 8472, learning: false },
          },
        },
      ]),
    ),
  },
  'The MTU falls from 1500 to 1450 on flannel.1 and cni0': {
    claim: 'FV-02',
    run: 'ip -j link',
    see: onEvery(cluster, () =>
      json([
        { ifname: 'enp0s1', mtu: 1500 },
        { ifname: 'flannel.1', mtu: 1450 },
        { ifname: 'cni0', mtu: 1450 },
      ]),
    ),
  },
  'flannel.1 holds the subnet’s .0 as /32, cni0 its .1': {
    claim: 'FV-03',
    run: 'ip -j -4 addr',
    see: onEvery(cluster, ({ subnet }) =>
      json([
        { ifname: 'flannel.1', addr_info: [{ local: `${subnet}.0`, prefixlen: 32 }] },
        { ifname: 'cni0', addr_info: [{ local: `${subnet}.1`, prefixlen: 24 }] },
      ]),
    ),
  },
  'The own subnet is on cni0, each other one behind its .0 on flannel.1': {
    claim: 'FV-04',
    run: 'ip -j route',
    see: onEvery(cluster, ({ subnet }, peers) =>
      json([
        { dst: `${subnet}.0/24`, dev: 'cni0', prefsrc: `${subnet}.1` },
        ...peers.map((peer) => ({
          dst: `${peer.subnet}.0/24`,
          gateway: `${peer.subnet}.0`,
          dev: 'flannel.1',
          flags: ['onlink'],
        })),
      ]),
    ),
  },
  'Each peer’s .0 is a permanent neighbour with the MAC of its flannel.1': {
    claim: 'FV-05',
    run: 'ip -j neigh show dev flannel.1',
    see: onEvery(cluster, (_, peers) => exactly(...peers.map(({ subnet, mac }) => ({ dst: `${subnet}.0`, lladdr: mac, state: ['PERMANENT'] })))),
  },
  'Each of those MACs has an fdb entry with the peer’s address': {
    claim: 'FV-06',
    run: 'bridge -j fdb show dev flannel.1',
    see: onEvery(cluster, (_, peers) => exactly(...peers.map(({ mac, address }) => ({ mac, dst: address, flags: ['self'], state: 'permanent' })))),
  },
  'A UDP socket on 8472 belongs to no process': {
    claim: corrects(
      'FV-07',
      '‘Kubernetes Network’ says that etcd receives there: the socket is the kernel’s own, of the VXLAN device, and no process holds it.',
    ),
    run: "ss -lunp 'sport = :8472'",
    see: onEvery(cluster, () => [lines('0.0.0.0:8472'), lacks('users:')]),
  },
  'No process holds a socket on any node: the kernel does it all': {
    claim: 'FV-16',
    run: 'ss -tuanp',
    see: onEvery(cluster, () => [lines('0.0.0.0:8472'), lacks('users:')]),
  },
  'No device on the way leads to a process, as a TUN device would': {
    claim: 'FV-16',
    run: 'ip -j -d link',
    see: onEvery(cluster, () => none({ linkinfo: { info_kind: 'tun' } })),
  },
  'cni0’s ports forward': {
    claim: 'FV-22',
    run: 'bridge -j link show',
    see: onEvery(cluster, ({ pods }) => json(Object.keys(pods).map((pod) => ({ ifname: veth(pod), master: 'cni0', state: 'forwarding' })))),
  },
});
