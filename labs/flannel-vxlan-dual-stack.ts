import { at, icmp, icmp6, ip, ip6, json, lab, lines, send, udp, vxlan } from 'packetwalk';
import { doesNotForward } from './kit/faults.ts';

// The underlay, the pods, and the MACs of the tunnels’ ends.
const [master, node1] = ['192.168.205.4', '192.168.205.3'];
const [master6, node16] = ['fd00:205::4', 'fd00:205::3'];
const [A, B] = ['10.42.0.65', '10.42.1.9'];
const [A6, B6] = ['fd00:42::65', 'fd00:42:1::9'];
const [vtepA, vtepB] = ['0e:00:00:00:00:01', '0e:00:00:00:00:02'];
const [vtep6A, vtep6B] = ['0e:06:00:00:00:01', '0e:06:00:00:00:02'];

const on = 'sysctl -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0';

const ping = (ttl: number) => [ip({ src: A, dst: B, ttl }), icmp({ type: 'echo request' })];
const pong = (ttl: number) => [ip({ src: B, dst: A, ttl }), icmp({ type: 'echo reply' })];
const ping6 = (hopLimit: number) => [ip6({ src: A6, dst: B6, hopLimit }), icmp6({ type: 'echo request' })];
const pong6 = (hopLimit: number) => [ip6({ src: B6, dst: A6, hopLimit }), icmp6({ type: 'echo reply' })];
const tunnel = (src: string, dst: string) => [ip({ src, dst }), udp({ dst: 8472 }), vxlan({ vni: 1 })];
const tunnel6 = (src: string, dst: string) => [ip6({ src, dst }), udp({ dst: 8472 }), vxlan({ vni: 1 })];

export default lab({
  title: 'Flannel in VXLAN mode with two stacks has a tunnel for each: IPv6 goes by IPv6',
  about:
    'Two nodes on one segment, each with a subnet of pods of IPv4 and one of IPv6. What flanneld writes from its leases is typed: flannel.1 goes by the nodes’ IPv4 addresses, flannel-v6.1 by their IPv6 addresses.',
  nodes: { master: 'router', node1: 'router', podA: 'pod on master', podB: 'pod on node1' },
  links: [`master:enp0s1 ${master}/24 -- node1:enp0s1 ${node1}/24`, `podA:eth0 ${A}/24 -- master:vethA`, `podB:eth0 ${B}/24 -- node1:vethB`],
  setup: {
    'Switch IPv6 on; nodes forward it': {
      master: `${on}\nsysctl -w net.ipv6.conf.all.forwarding=1\nip addr add ${master6}/64 dev enp0s1 nodad`,
      node1: `${on}\nsysctl -w net.ipv6.conf.all.forwarding=1\nip addr add ${node16}/64 dev enp0s1 nodad`,
      podA: `${on}\nip addr add ${A6}/64 dev eth0 nodad`,
      podB: `${on}\nip addr add ${B6}/64 dev eth0 nodad`,
    },
    'Bridge each pod to its node, as the CNI bridge plugin does': {
      master: `
        ip link add cni0 up mtu 1430 type bridge
        ip link set vethA mtu 1430 master cni0
        ip addr add 10.42.0.1/24 dev cni0
        ip addr add fd00:42::1/64 dev cni0 nodad`,
      node1: `
        ip link add cni0 up mtu 1430 type bridge
        ip link set vethB mtu 1430 master cni0
        ip addr add 10.42.1.1/24 dev cni0
        ip addr add fd00:42:1::1/64 dev cni0 nodad`,
    },
    'Each pod has a way out by either stack': {
      podA: 'ip link set eth0 mtu 1430\nip route add default via 10.42.0.1\nip route add default via fd00:42::1',
      podB: 'ip link set eth0 mtu 1430\nip route add default via 10.42.1.1\nip route add default via fd00:42:1::1',
    },
    'Create the tunnel of IPv4, and introduce its peer: a route, a neighbour, an fdb entry': {
      master: `
        ip link add flannel.1 address ${vtepA} up mtu 1450 type vxlan id 1 local ${master} dev enp0s1 dstport 8472 nolearning
        ip addr add 10.42.0.0/32 dev flannel.1
        ip route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink
        ip neigh add 10.42.1.0 lladdr ${vtepB} dev flannel.1 nud permanent
        bridge fdb append ${vtepB} dev flannel.1 dst ${node1} self permanent`,
      node1: `
        ip link add flannel.1 address ${vtepB} up mtu 1450 type vxlan id 1 local ${node1} dev enp0s1 dstport 8472 nolearning
        ip addr add 10.42.1.0/32 dev flannel.1
        ip route add 10.42.0.0/24 via 10.42.0.0 dev flannel.1 onlink
        ip neigh add 10.42.0.0 lladdr ${vtepA} dev flannel.1 nud permanent
        bridge fdb append ${vtepA} dev flannel.1 dst ${master} self permanent`,
    },
    'Create the tunnel of IPv6: the same, by the nodes’ IPv6 addresses': {
      master: `
        ip link add flannel-v6.1 address ${vtep6A} up mtu 1430 type vxlan id 1 local ${master6} dev enp0s1 dstport 8472 nolearning
        ip addr add fd00:42::/128 dev flannel-v6.1 nodad
        ip route add fd00:42:1::/64 via fd00:42:1:: dev flannel-v6.1 onlink
        ip neigh add fd00:42:1:: lladdr ${vtep6B} dev flannel-v6.1 nud permanent
        bridge fdb append ${vtep6B} dev flannel-v6.1 dst ${node16} self permanent`,
      node1: `
        ip link add flannel-v6.1 address ${vtep6B} up mtu 1430 type vxlan id 1 local ${node16} dev enp0s1 dstport 8472 nolearning
        ip addr add fd00:42:1::/128 dev flannel-v6.1 nodad
        ip route add fd00:42::/64 via fd00:42:: dev flannel-v6.1 onlink
        ip neigh add fd00:42:: lladdr ${vtep6A} dev flannel-v6.1 nud permanent
        bridge fdb append ${vtep6A} dev flannel-v6.1 dst ${master6} self permanent`,
    },
  },
  walks: {
    'podA pings podB by IPv4': {
      send: send('podA', `ping -c 1 ${B}`),
      request: [
        at('podA:eth0', 'The pod hands a plain packet to its gateway', ping(64)),
        at('master:vethA', 'It comes to the node', ping(64)),
        at('master:cni0', 'The bridge delivers it to the node itself', ping(64)),
        at('master:flannel.1', 'The node routes it into the tunnel of IPv4', ping(63)),
        at('master:enp0s1', 'The frame leaves wrapped in UDP over IPv4', tunnel(master, node1), ping(63)),
        at('node1:enp0s1', 'It arrives at the other node', tunnel(master, node1), ping(63)),
        at('node1:flannel.1', 'The wrapping is off', ping(63)),
        at('node1:cni0', 'The node routes it to the bridge', ping(62)),
        at('node1:vethB', 'The bridge knows the port', ping(62)),
        at('podB:eth0', 'The pod has it', ping(62)),
      ],
      reply: [
        at('podB:eth0', 'The answer begins', pong(64)),
        at('node1:vethB', 'It comes to the node', pong(64)),
        at('node1:cni0', 'The bridge delivers it to the node', pong(64)),
        at('node1:flannel.1', 'Into the tunnel', pong(63)),
        at('node1:enp0s1', 'Wrapped towards master', tunnel(node1, master), pong(63)),
        at('master:enp0s1', 'It arrives', tunnel(node1, master), pong(63)),
        at('master:flannel.1', 'Unwrapped', pong(63)),
        at('master:cni0', 'Routed', pong(62)),
        at('master:vethA', 'To the pod’s port', pong(62)),
        at('podA:eth0', 'Back at the pod', pong(62)),
      ],
    },
    'podA pings podB by IPv6': {
      send: send('podA', `ping -c 1 ${B6}`),
      request: [
        at('podA:eth0', 'The pod hands a plain packet to its gateway', ping6(64)),
        at('master:vethA', 'It comes to the node', ping6(64)),
        at('master:cni0', 'The bridge delivers it to the node itself', ping6(64)),
        at('master:flannel-v6.1', 'The node routes it into the tunnel of IPv6', ping6(63)),
        at('master:enp0s1', 'The frame leaves wrapped in UDP over IPv6', tunnel6(master6, node16), ping6(63)),
        at('node1:enp0s1', 'It arrives at the other node', tunnel6(master6, node16), ping6(63)),
        at('node1:flannel-v6.1', 'The wrapping is off', ping6(63)),
        at('node1:cni0', 'The node routes it to the bridge', ping6(62)),
        at('node1:vethB', 'The bridge knows the port', ping6(62)),
        at('podB:eth0', 'The pod has it', ping6(62)),
      ],
      reply: [
        at('podB:eth0', 'The answer begins', pong6(64)),
        at('node1:vethB', 'It comes to the node', pong6(64)),
        at('node1:cni0', 'The bridge delivers it to the node', pong6(64)),
        at('node1:flannel-v6.1', 'Into the tunnel', pong6(63)),
        at('node1:enp0s1', 'Wrapped towards master', tunnel6(node16, master6), pong6(63)),
        at('master:enp0s1', 'It arrives', tunnel6(node16, master6), pong6(63)),
        at('master:flannel-v6.1', 'Unwrapped', pong6(63)),
        at('master:cni0', 'Routed', pong6(62)),
        at('master:vethA', 'To the pod’s port', pong6(62)),
        at('podA:eth0', 'Back at the pod', pong6(62)),
      ],
    },
  },
  checks: {
    'Wrapping costs 50 bytes by IPv4, and 70 by IPv6': {
      run: 'ip -j -d link show type vxlan',
      see: {
        master: json([
          { ifname: 'flannel.1', mtu: 1450, linkinfo: { info_data: { id: 1, port: 8472, local: master } } },
          { ifname: 'flannel-v6.1', mtu: 1430, linkinfo: { info_data: { id: 1, port: 8472, local6: master6 } } },
        ]),
      },
    },
    'Each other subnet of IPv6 is behind its :: on flannel-v6.1': {
      run: 'ip -6 route show fd00:42:1::/64',
      see: { master: lines('fd00:42:1::/64 via fd00:42:1:: dev flannel-v6.1') },
    },
  },
  faults: {
    'node1 does not forward IPv4': doesNotForward('node1', { lostAt: 'node1:cni0', untouched: ['podA pings podB by IPv6'] }),
    'master has no route to node1’s IPv6 pods': {
      break: { master: 'ip -6 route del fd00:42:1::/64' },
      walk: 'podA pings podB by IPv6',
      lostAt: 'master:flannel-v6.1',
      cause: 'no IPv6 route',
      untouched: 'all',
      hint: 'Run `ip -6 route get fd00:42:1::9` on master. IPv4 has a table of its own.',
      fix: { master: 'ip -6 route add fd00:42:1::/64 via fd00:42:1:: dev flannel-v6.1 onlink' },
    },
    'master tunnels IPv6 to an address that nobody has': {
      break: { master: `bridge fdb replace ${vtep6B} dev flannel-v6.1 dst fd00:205::99 self permanent` },
      walk: 'podA pings podB by IPv6',
      lostAt: 'master:enp0s1',
      cause: 'wrong VTEP',
      untouched: 'all',
      hint: 'Run `bridge fdb show dev flannel-v6.1` on master. Whose address is that?',
      fix: { master: `bridge fdb replace ${vtep6B} dev flannel-v6.1 dst ${node16} self permanent` },
    },
    'node1 forwards nothing of IPv6': {
      break: { node1: 'sysctl -w net.ipv6.conf.all.forwarding=0' },
      walk: 'podA pings podB by IPv6',
      lostAt: 'node1:cni0',
      cause: 'IPv6 forwarding off',
      untouched: 'all',
      hint: 'Run `sysctl net.ipv6.conf.all.forwarding` on node1. Its IPv4 has a switch of its own.',
      fix: { node1: 'sysctl -w net.ipv6.conf.all.forwarding=1' },
    },
  },
});
