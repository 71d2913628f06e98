import { type Check, exactly, json, lacks, lines } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { type Cluster, document, farOf, macOf, type Node, type PodName, tunnel } from './cluster.ts';
import { calls, clusterIps, printed, services } from './services.ts';

type Claim = 'KR-01' | 'KR-02' | 'KR-03' | 'KR-04' | 'KR-05' | 'KR-06' | 'KR-08' | 'KR-09' | 'KR-10' | 'KR-11' | 'PP-01';

const asPrinted = (dev: string, local: string, peer: string) => [
  `${dev}@eth0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 8961 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000`,
  `link/ipip ${local} peer ${peer}`,
];

/** `ip link show` of both tunnels from a node to the two of the other subnet that the document prints. */
const tunnelsOf = (node: Node, peers: [Node, Node]) => ({
  [node]: lines(...peers.flatMap((peer) => asPrinted(tunnel(document[peer]), document[node].address, document[peer].address))),
});

/** What the document prints, line by line. */
export const documented: Record<string, Check<Node, Claim>> = {
  '`ip route` reads as in the document': {
    claim: 'KR-03',
    run: 'ip route',
    see: {
      'ip-172-20-42-25': lines(
        'default via 172.20.32.1 dev eth0',
        '100.96.0.0/24 via 172.20.49.17 dev eth0 proto 17',
        '100.96.1.0/24 dev tun-172207591 proto 17',
        '100.96.2.0/24 dev kube-bridge proto kernel scope link src 100.96.2.1',
        '100.96.3.0/24 dev tun-1722067180 proto 17',
        '100.96.4.0/24 via 172.20.32.100 dev eth0 proto 17',
        '172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1',
        '172.20.32.0/19 dev eth0 proto kernel scope link src 172.20.42.25',
      ),
      'ip-172-20-32-100': lines(
        'default via 172.20.32.1 dev eth0',
        '100.96.0.0/24 via 172.20.49.17 dev eth0 proto 17',
        '100.96.1.0/24 dev tun-172207591 proto 17',
        '100.96.2.0/24 via 172.20.42.25 dev eth0 proto 17',
        '100.96.3.0/24 dev tun-1722067180 proto 17',
        '100.96.4.0/24 dev kube-bridge proto kernel scope link src 100.96.4.1',
        '172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1',
        '172.20.32.0/19 dev eth0 proto kernel scope link src 172.20.32.100',
      ),
      'ip-172-20-67-180': lines(
        'default via 172.20.64.1 dev eth0',
        '100.96.0.0/24 dev tun-172204917 proto 17',
        '100.96.1.0/24 via 172.20.75.91 dev eth0 proto 17',
        '100.96.2.0/24 dev tun-172204225 proto 17',
        '100.96.3.0/24 dev kube-bridge proto kernel scope link src 100.96.3.1',
        '100.96.4.0/24 dev tun-1722032100 proto 17',
        '172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1',
        '172.20.64.0/19 dev eth0 proto kernel scope link src 172.20.67.180',
      ),
    },
  },
  '`ip rule list` reads as in the document': {
    claim: 'KR-05',
    run: 'ip rule list',
    see: Object.fromEntries(
      (['ip-172-20-42-25', 'ip-172-20-67-180'] as const).map((node) => [
        node,
        lines(
          '0: from all lookup local',
          `32764: from ${document[node].subnet}.0/24 lookup 77`,
          '32765: from all lookup 79',
          '32766: from all lookup main',
          '32767: from all lookup default',
        ),
      ]),
    ),
  },
  '`ip route list table 77` reads as in the document': {
    claim: 'KR-05',
    run: 'ip route list table 77',
    see: {
      'ip-172-20-42-25': lines('172.20.67.180 dev tun-1722067180 scope link', '172.20.75.91 dev tun-172207591 scope link'),
      'ip-172-20-67-180': lines(
        '172.20.32.100 dev tun-1722032100 scope link',
        '172.20.42.25 dev tun-172204225 scope link',
        '172.20.49.17 dev tun-172204917 scope link',
      ),
    },
  },
  '`ip addr show kube-dummy-if` reads as in the document': {
    claim: 'KR-06',
    run: 'ip addr show kube-dummy-if',
    see: {
      'ip-172-20-42-25': lines(
        'kube-dummy-if: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN group default',
        'link/ether fe:f2:10:f2:72:66 brd ff:ff:ff:ff:ff:ff',
        'inet 100.64.0.1/32 brd 100.64.0.1 scope link kube-dummy-if',
        'inet 100.64.0.10/32 brd 100.64.0.10 scope link kube-dummy-if',
        'inet 100.66.80.152/32 brd 100.66.80.152 scope link kube-dummy-if',
        'inet 100.65.21.151/32 brd 100.65.21.151 scope link kube-dummy-if',
        'inet 100.64.153.240/32 brd 100.64.153.240 scope link kube-dummy-if',
        'inet6 fe80::fcf2:10ff:fef2:7266/64 scope link',
      ),
    },
  },
  '`ip link show tun-…` reads as in the document; only its queue’s length was 1 then': {
    claim: 'KR-04',
    run: 'ip link show tun-172207591; ip link show tun-1722067180',
    see: {
      ...tunnelsOf('ip-172-20-42-25', ['ip-172-20-75-91', 'ip-172-20-67-180']),
      ...tunnelsOf('ip-172-20-32-100', ['ip-172-20-75-91', 'ip-172-20-67-180']),
    },
  },
  'From the other subnet it does as well': {
    claim: 'KR-04',
    run: 'ip link show tun-172204225; ip link show tun-1722032100',
    see: {
      ...tunnelsOf('ip-172-20-67-180', ['ip-172-20-42-25', 'ip-172-20-32-100']),
      ...tunnelsOf('ip-172-20-75-91', ['ip-172-20-42-25', 'ip-172-20-32-100']),
    },
  },
};

/** What the document shows of some nodes, on all. */
export const onAllNodes = (cluster: Cluster): Record<string, Check<Node | PodName | 'router', Claim>> => ({
  'Every node has its address in its subnet, and an MTU of 9001': {
    claim: 'KR-01',
    run: 'ip -j -4 addr show eth0',
    see: onEvery(cluster, ({ address }) => json([{ mtu: 9001, addr_info: [{ local: address, prefixlen: 19 }] }])),
  },
  'kube-bridge holds the first address of the pods, and its MAC spells it': {
    claim: 'KR-02',
    run: 'ip -j addr show kube-bridge',
    see: onEvery(cluster, ({ subnet }) => json([{ address: macOf(`${subnet}.1`), mtu: 1500, addr_info: [{ local: `${subnet}.1`, prefixlen: 24 }] }])),
  },
  'Each node has these routes and no others': {
    claim: 'KR-03',
    run: 'ip -j route',
    see: onEvery(cluster, (node) =>
      exactly(
        { dst: 'default', gateway: node.gateway },
        ...node.peers.map((peer) => ({
          dst: `${peer.subnet}.0/24`,
          protocol: '17',
          ...(peer.lan === node.lan ? { gateway: peer.address, dev: 'eth0' } : { dev: tunnel(peer) }),
        })),
        { dst: `${node.subnet}.0/24`, dev: 'kube-bridge' },
        { dst: '172.17.0.0/16', dev: 'docker0' },
        { dst: node.lan === 'subnet-a' ? '172.20.32.0/19' : '172.20.64.0/19', dev: 'eth0' },
      ),
    ),
  },
  'Each node has a tunnel to each one of the other subnet, from address to address': {
    claim: 'KR-04',
    run: 'ip -j -d link show type ipip',
    see: onEvery(cluster, (node) =>
      json(
        farOf(node).map((peer) => ({
          ifname: tunnel(peer),
          link: 'eth0',
          mtu: 8961,
          linkinfo: { info_kind: 'ipip', info_data: { local: node.address, remote: peer.address } },
        })),
      ),
    ),
  },
  'For those nodes themselves pods have table 77': {
    claim: 'KR-05',
    run: 'ip -j route show table 77',
    see: onEvery(cluster, (node) => exactly(...farOf(node).map((peer) => ({ dst: peer.address, dev: tunnel(peer), scope: 'link' })))),
  },
  'Each ClusterIP is an address of each node': {
    claim: 'KR-06',
    run: 'ip -j -4 addr show kube-dummy-if',
    see: onEvery(cluster, () => json([{ flags: ['NOARP', 'UP'], addr_info: clusterIps.map((local) => ({ local, prefixlen: 32, scope: 'link' })) }])),
  },
  'No node answers by ARP for a ClusterIP, which all have; each does for its own address': {
    claim: 'KR-06',
    run: 'arping -c 1 -w 1 -I eth0 100.64.0.1; arping -c 1 -w 1 -I eth0 172.20.42.25',
    see: { router: lines('ARPING 100.64.0.1', 'Received 0 response', 'Unicast reply from 172.20.42.25') },
  },
  'Each node has a session with each other one': {
    claim: 'KR-09',
    run: "ss -Htn state established '( sport = :179 or dport = :179 )'",
    see: onEvery(cluster, ({ peers }) => peers.map(({ address }) => lines(address))),
  },
});

/** In the order of their pod CIDRs. */
const bySubnet = (cluster: Cluster) =>
  Object.values(cluster).sort((one, other) => Number(one.subnet.split('.')[2]) - Number(other.subnet.split('.')[2]));

/** What a node decides by all this. */
export const decisions = (cluster: Cluster): Record<string, Check<Node | 'router', Claim>> => ({
  'The router knows the networks on its cables, and no pod': {
    claim: 'KR-08',
    run: 'ip -j route',
    see: { router: exactly({ dst: '172.20.32.0/19' }, { dst: '172.20.64.0/19' }, { dst: '203.0.113.0/24' }) },
  },
  'To a node of the other subnet, a pod goes through the tunnel': {
    claim: 'KR-05',
    run: `ip route get 172.20.75.91 from 100.96.2.2 iif kube-bridge`,
    see: { 'ip-172-20-42-25': lines(`172.20.75.91 from 100.96.2.2 dev tun-172207591 table 77`) },
  },
  'and the node itself goes straight to the router': {
    claim: 'KR-05',
    run: 'ip route get 172.20.75.91',
    see: { 'ip-172-20-42-25': [lines('172.20.75.91 via 172.20.32.1 dev eth0 src 172.20.42.25'), lacks('tun-')] },
  },
  'The kernel’s own route has a node call a ClusterIP as that ClusterIP, and its own pod sees it so': {
    claim: 'KR-10',
    run: `ip route get 100.66.80.152; ${calls(['100.66.80.152/6379'])}`,
    see: { 'ip-172-20-32-100': lines('local 100.66.80.152 dev lo table local src 100.66.80.152', 'redis-master sees 100.66.80.152') },
  },
  'This kernel takes 20 bytes off the MTU for a tunnel: the other 20 are kube-router’s': {
    claim: 'KR-04',
    run: 'ip tunnel add probe mode ipip local 172.20.42.25 remote 172.20.75.99 dev eth0; ip link show probe; ip tunnel del probe',
    see: { 'ip-172-20-42-25': lines('probe@eth0: <POINTOPOINT,NOARP> mtu 8981') },
  },
  'GoBGP has learned the way to each other node’s pods': {
    claim: 'KR-09',
    run: 'gobgp global rib',
    see: {
      'ip-172-20-42-25': lines(...bySubnet(cluster).map(({ subnet, address }) => `*> ${subnet}.0/24 ${address}`)),
    },
  },
});

const at = (name: keyof typeof services) => `${services[name].clusterIp}/${services[name].port}`;

/** What answers behind the services, called from a pod, from a node and from outside. */
export const servicesAnswer = (cluster: Cluster): Record<string, Check<Node | PodName | 'client', Claim>> => ({
  'IPVS has a virtual server for each port of each service, and its endpoints behind it': {
    claim: 'KR-10',
    run: 'ipvsadm -Ln',
    see: onEvery(cluster, (node) => printed(node).map((server) => lines(...server))),
  },
  'Every service answers by its ClusterIP: a pod is seen as itself': {
    claim: 'KR-10',
    run: `${calls([at('kubernetes'), at('kube-dns'), at('redis-master'), at('frontend')])}
      timeout 20 bash -c 'exec 3<>/dev/udp/${at('kube-dns')}; echo hello >&3; dd bs=512 count=1 <&3'`,
    see: {
      dashboard: lines(
        `${at('kubernetes')}: kubernetes sees 100.96.0.2`,
        `${at('kube-dns')}: kube-dns sees 100.96.0.2`,
        `${at('redis-master')}: redis-master sees 100.96.0.2`,
        `${at('frontend')}: frontend sees 100.96.0.2`,
        'kube-dns heard hello',
      ),
    },
  },
  'Two calls in a row reach both endpoints of redis-slave': {
    claim: 'KR-10',
    run: `${calls([at('redis-slave'), at('redis-slave')])} | sort`,
    see: { 'kube-dns': lines('redis-slave1 sees 100.96.3.2', 'redis-slave2 sees 100.96.3.2') },
  },
  'A node calls by ClusterIP, too, and is seen by its own address': {
    claim: 'KR-10',
    run: calls([at('redis-master')]),
    see: { 'ip-172-20-67-180': lines('redis-master sees 172.20.67.180'), 'ip-172-20-42-25': lines('redis-master sees 172.20.42.25') },
  },
  'frontend answers on every node’s port; only its own node shows it who called': {
    claim: 'KR-11',
    run: calls(Object.values(cluster).map(({ address }) => `${address}/${services.frontend.nodePort}`)),
    see: {
      client: lines(
        ...Object.values(cluster).map(({ address, pods }) => `${address}/31497: frontend sees ${'frontend' in pods ? '203.0.113.7' : address}`),
      ),
    },
  },
  'A call from pod to pod makes no entry in IPVS, one by ClusterIP does': {
    claim: 'PP-01',
    run: `entries() { ipvsadm -Lnc | grep -o ' 100.96.2.2:[0-9]*'; }
      before=$(entries)
      ip netns exec frontend ${calls(['100.96.4.2/6379'])}
      echo new: $(entries | grep -cvxF "$before")
      ip netns exec frontend ${calls([at('redis-master')])}
      echo new: $(entries | grep -cvxF "$before")`,
    see: {
      'ip-172-20-42-25': lines(
        '100.96.4.2/6379: redis-master sees 100.96.2.2',
        'new: 0',
        '100.66.80.152/6379: redis-master sees 100.96.2.2',
        'new: 1',
      ),
    },
  },
});
