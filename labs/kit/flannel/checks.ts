import { type Check, corrects, exactly, fails, json, lacks, lines, none } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import type { Cluster } from './cluster.ts';

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
    see: onEvery(cluster, ({ subnet, peers }) =>
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
    see: onEvery(cluster, ({ peers }) => exactly(...peers.map(({ subnet, mac }) => ({ dst: `${subnet}.0`, lladdr: mac, state: ['PERMANENT'] })))),
  },
  'Each of those MACs has an fdb entry with the peer’s address': {
    claim: 'FV-06',
    run: 'bridge -j fdb show dev flannel.1',
    see: onEvery(cluster, ({ peers }) => exactly(...peers.map(({ mac, address }) => ({ mac, dst: address, flags: ['self'], state: 'permanent' })))),
  },
  'A UDP socket on 8472 belongs to no process': {
    claim: corrects(
      'FV-07',
      '‘Kubernetes Network’ says that etcd receives there: the socket is the kernel’s own, of the VXLAN device, and no process holds it.',
    ),
    run: "ss -lunp 'sport = :8472'",
    see: onEvery(cluster, () => [lines('0.0.0.0:8472'), lacks('users:')]),
  },
  'No process holds a UDP or raw socket on any node: the kernel does it all': {
    claim: 'FV-16',
    run: 'ss -uwanp',
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
    see: onEvery(cluster, ({ pods }) => json(pods.map(({ veth }) => ({ ifname: veth, master: 'cni0', state: 'forwarding' })))),
  },
});

/** What a command prints, which must be just this text, apart from blanks at the ends of its lines. */
const prints = (command: string, text: string) => ({
  run: `printed=$(${command} | sed 's/ *$//')\necho "$printed"\n[ "$printed" = '${text}' ]`,
  see: { master: lines(...text.split('\n').map((line) => line.trim())) },
});

const up = '<BROADCAST,MULTICAST,UP,LOWER_UP>';

/** What the documents print on flannel's master, line by line, apart from indexes, MACs and lifetimes. */
export const asPrinted: Record<string, Check<'master', 'FV-02' | 'FV-03' | 'FV-04' | 'FV-17' | 'FV-22'>> = {
  'ip route reads on master as in the document, line by line': {
    claim: 'FV-04',
    ...prints(
      'ip route',
      `default via 192.168.205.1 dev enp0s1 proto dhcp src 192.168.205.4 metric 100
10.42.0.0/24 dev cni0 proto kernel scope link src 10.42.0.1
10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink
10.42.2.0/24 via 10.42.2.0 dev flannel.1 onlink
192.168.205.0/24 dev enp0s1 proto kernel scope link src 192.168.205.4 metric 100
192.168.205.1 dev enp0s1 proto dhcp scope link src 192.168.205.4 metric 100`,
    ),
  },
  'ip rule has what every Linux has: flannel needs no more': prints(
    'ip rule',
    '0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default',
  ),
  'ip addr reads on master as in the document: the node’s address': prints(
    'ip addr | grep 192.168.205.4',
    '    inet 192.168.205.4/24 metric 100 brd 192.168.205.255 scope global dynamic enp0s1',
  ),
  'ip addr reads on master as in the document: flannel.1, cni0 and a veth': {
    claim: 'FV-03',
    ...prints(
      "for device in flannel.1 cni0 vethA; do ip addr show $device; done | sed -E '/valid_lft/d; s/^[0-9]+: //; s/@if[0-9]+/@if/; s/(ether) [^ ]+/\\1/; s/ link-netns.*//'",
      `flannel.1: ${up} mtu 1450 qdisc noqueue state UNKNOWN group default
    link/ether brd ff:ff:ff:ff:ff:ff
    inet 10.42.0.0/32 scope global flannel.1
cni0: ${up} mtu 1450 qdisc noqueue state UP group default qlen 1000
    link/ether brd ff:ff:ff:ff:ff:ff
    inet 10.42.0.1/24 scope global cni0
vethA@if: ${up} mtu 1450 qdisc noqueue master cni0 state UP group default
    link/ether brd ff:ff:ff:ff:ff:ff`,
    ),
  },
  'ip -d link reads on master as in the document, less what newer iproute2 adds: flannel.1': prints(
    "ip -d link show flannel.1 | sed -E 's/^[0-9]+: //; s/ +(allmulti|minmtu|maxmtu|(tso|gro|[a-z]+_ipv4)_max_[a-z]+) [0-9]+//g; s/ttl auto/ttl inherit/'",
    `flannel.1: ${up} mtu 1450 qdisc noqueue state UNKNOWN mode DEFAULT group default
    link/ether 0a:8e:04:d9:0c:27 brd ff:ff:ff:ff:ff:ff promiscuity 0
    vxlan id 1 local 192.168.205.4 dev enp0s1 srcport 0 0 dstport 8472 nolearning ttl inherit ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx addrgenmode eui64 numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535`,
  ),
  'ip -d link reads on master as in the document: a bridge that never spoke STP, and a port with hairpin': {
    claim: 'FV-22',
    run: 'ip -d link show cni0\nip -d link show vethA',
    see: {
      master: lines(
        `cni0: ${up} mtu 1450 qdisc noqueue state UP mode DEFAULT group default qlen 1000`,
        'bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 vlan_filtering 0',
        `${up} mtu 1450 qdisc noqueue master cni0 state UP mode DEFAULT group default`,
        'bridge_slave state forwarding priority 32 cost 2 hairpin on guard off root_block off fastleave off learning on flood on port_id 0x8001 port_no 0x1',
      ),
    },
  },
};

/** What flanneld tells the CNI plugin. */
export const subnetEnv = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>): Record<string, Check<Node, 'FV-19'>> => ({
  'subnet.env holds the cluster’s network and the node’s subnet': {
    claim: corrects('FV-19', 'FLANNEL_NETWORK is the cluster’s /16, not a /24 equal to the node’s own subnet.'),
    run: 'cat /run/flannel/subnet.env',
    see: onEvery(cluster, ({ subnet }) =>
      lines('FLANNEL_NETWORK=10.42.0.0/16', `FLANNEL_SUBNET=${subnet}.1/24`, 'FLANNEL_MTU=1450', 'FLANNEL_IPMASQ=true'),
    ),
  },
});

/** What a VXLAN id is. */
export const vxlanIds: Record<string, Check<'master', 'FV-14'>> = {
  'A VXLAN id has 24 bits: 16777215 is accepted': {
    claim: 'FV-14',
    run: `
        ip link add largest type vxlan id 16777215 dstport 4789 local 192.168.205.4
        ip -j -d link show largest
        ip link del largest`,
    see: { master: json([{ linkinfo: { info_data: { id: 16777215 } } }]) },
  },
  'A VXLAN id has 24 bits: 16777216 is refused': {
    claim: 'FV-14',
    run: 'ip link add larger type vxlan id 16777216 dstport 4789 local 192.168.205.4',
    see: { master: fails('invalid id') },
  },
};

/** The pods' MTU, and what it means to a ping from podA to podB. */
export const podMtu = <Pod extends string, Id extends string>(pods: readonly Pod[], mtu: number, claim: Id) =>
  ({
    [`The MTU falls to ${mtu} in the pods`]: {
      claim,
      run: 'ip -j link show eth0',
      see: Object.fromEntries(pods.map((pod) => [pod, json([{ mtu }])])) as Check<Pod>['see'],
    },
    'One byte more than the MTU is refused at once': {
      claim,
      run: `ping -c 1 -W 0.1 -M do -s ${mtu - 27} 10.42.1.9`,
      see: { podA: fails(`message too long, mtu=${mtu}`) },
    },
  }) as Record<string, Check<Pod, Id>>;

/** The two ends of a pod's veth pair. */
export const vethPair: Record<string, Check<'master', 'FV-17'>> = {
  'A pod’s eth0 and its veth on the node know each other': {
    claim: 'FV-17',
    run: `
        ip netns exec podA ethtool -S eth0
        ip netns exec podA ip link show eth0
        ip link show vethA
        peer=$(ip netns exec podA ethtool -S eth0 | sed -n 's/ *peer_ifindex: //p')
        own=$(ip -o link show vethA | cut -d: -f1)
        echo "eth0 says its peer is $peer, vethA is $own"
        [ "$peer" = "$own" ]`,
    see: { master: lines('peer_ifindex:', 'eth0@if', 'vethA@if', 'link-netns podA', 'eth0 says its peer is') },
  },
};

/** The routes of host-gw mode, and the MTU that is the wire’s everywhere. */
export const hostGwTables = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
): Record<string, Check<Node, 'FH-01' | 'FH-02'>> => ({
  'Each other node’s pods are behind that node’s own address': {
    claim: 'FH-01',
    run: 'ip -j route',
    see: onEvery(cluster, ({ subnet, peers }) =>
      json([
        { dst: `${subnet}.0/24`, dev: 'cni0', prefsrc: `${subnet}.1` },
        ...peers.map((peer) => ({ dst: `${peer.subnet}.0/24`, gateway: peer.address, dev: 'enp0s1' })),
      ]),
    ),
  },
  'The MTU is 1500 on the node’s bridge as on its wire, and there is no tunnel': {
    claim: 'FH-02',
    run: 'ip -j -d link',
    see: onEvery(cluster, () => [
      json([
        { ifname: 'enp0s1', mtu: 1500 },
        { ifname: 'cni0', mtu: 1500 },
      ]),
      none({ linkinfo: { info_kind: 'vxlan' } }),
    ]),
  },
});
