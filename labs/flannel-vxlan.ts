import { at, corrects, fails, icmp, ip, json, lab, lines, send, udp, vxlan } from 'packetwalk';
import { claims } from './claims.ts';
import { doesNotForward } from './kit/faults.ts';
import * as flannel from './kit/flannel.ts';
import { vxlanTables } from './kit/flannel-checks.ts';
import { into, outOf, withinANode } from './kit/flannel-walks.ts';
import * as kubeProxy from './kit/kube-proxy.ts';
import { networkModel } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';

const cluster = flannel.document;
const pods = flannel.podsOf(cluster);

const [A, B] = ['10.42.0.65', '10.42.1.9'];
const toNode1 = [ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 1 })];
const toMaster = [ip({ src: '192.168.205.3', dst: '192.168.205.4' }), udp({ dst: 8472 }), vxlan({ vni: 1 })];

export default lab({
  title: 'Flannel in VXLAN mode carries a pod’s packet to another node',
  about: 'Three nodes on one segment, a /24 of pods each, and a VXLAN device flannel.1 that wraps what goes between them.',
  claims,
  nodes: { lan: 'switch', ...flannel.nodes(cluster) },
  links: [...flannel.segment(cluster, 'lan'), ...flannel.podCables(cluster)],
  setup: {
    'Bridge each pod to its node, as the CNI bridge plugin does': flannel.bridge(cluster, 1450),
    'Create each tunnel end: it encapsulates to UDP port 8472, with VXLAN id 1': flannel.vteps(cluster),
    'Introduce the peers: for each a neighbour, a route and an fdb entry': flannel.introductions(cluster),
    'Tell the CNI plugin which subnet each node got': flannel.subnetEnv(cluster, '10.42.0.0/16'),
    'Write kube-proxy’s rules for one service, so that it could interfere': flannel.onEvery(cluster, () => kubeProxy.nginxTest),
  },
  walks: {
    'podA pings podB on another node': {
      claims: ['FV-10', 'FV-13', 'PP-01'],
      send: send('podA', 'ping -c 1 10.42.1.9'),
      request: [
        at('podA:eth0', 'The pod hands a plain packet to its gateway', request(A, B)),
        at('master:vethA', 'What enters one end of the veth pair leaves the other', request(A, B)),
        at('master:cni0', 'It bears the MAC of cni0, so the bridge gives it to its node', request(A, B)),
        at('master:flannel.1', 'The node routes it into the tunnel: one TTL is spent', request(A, B, 63)),
        at('master:enp0s1', 'The fdb knows the peer: the frame leaves wrapped in UDP', toNode1, request(A, B, 63)),
        at('node1:enp0s1', 'The underlay carries it like any datagram', toNode1, request(A, B, 63)),
        at('node1:flannel.1', 'The device with this VXLAN id takes the wrapping off', request(A, B, 63)),
        at('node1:cni0', 'node1 routes it to its own subnet: another TTL is spent', request(A, B, 62)),
        at('node1:vethB', 'The bridge knows which port leads to the pod', request(A, B, 62)),
        at('podB:eth0', 'It arrives with TTL 62 and the sender’s own address', request(A, B, 62)),
      ],
      reply: [
        at('podB:eth0', 'The answer takes the same way back', reply(B, A)),
        at('node1:vethB', 'Out of the pod', reply(B, A)),
        at('node1:cni0', 'Up to the node', reply(B, A)),
        at('node1:flannel.1', 'Into the tunnel', reply(B, A, 63)),
        at('node1:enp0s1', 'Wrapped towards master', toMaster, reply(B, A, 63)),
        at('master:enp0s1', 'Across the underlay', toMaster, reply(B, A, 63)),
        at('master:flannel.1', 'Unwrapped', reply(B, A, 63)),
        at('master:cni0', 'Routed to the local subnet', reply(B, A, 62)),
        at('master:vethA', 'Bridged to the pod’s port', reply(B, A, 62)),
        at('podA:eth0', 'The ping is answered', reply(B, A, 62)),
      ],
    },
    'The wrapping adds 50 bytes: Ethernet, IP, UDP and VXLAN headers': {
      claims: [
        'FV-11',
        corrects(
          'FV-12',
          'The inner source MAC is not that of the pod’s veth: the packet was routed, so it bears the MAC of the sending node’s flannel.1.',
        ),
        'FV-14',
      ],
      send: send('podA', 'ping -c 1 10.42.1.9'),
      request: [
        at('podA:eth0', 'The pod addresses its gateway’s MAC', macs('podA:eth0', 'master:cni0'), request(A, B)),
        at('master:vethA', 'So does the frame on the bridge’s port', macs('podA:eth0', 'master:cni0'), request(A, B)),
        at('master:cni0', 'And on the bridge', macs('podA:eth0', 'master:cni0'), request(A, B)),
        at(
          'master:flannel.1',
          'Routing writes new MACs: from flannel.1 to flannel.1',
          macs('master:flannel.1', 'node1:flannel.1'),
          request(A, B, 63),
        ),
        at(
          'master:enp0s1',
          '84 bytes of IP are 134 on the wire, and the outer MACs are the nodes’',
          macs('master:enp0s1', 'node1:enp0s1'),
          ip({ src: '192.168.205.4', dst: '192.168.205.3', length: 134 }),
          udp({ dst: 8472, length: 114 }),
          vxlan({ vni: 1 }),
          macs('master:flannel.1', 'node1:flannel.1'),
          ip({ src: A, dst: B, ttl: 63, length: 84 }),
          icmp({ type: 'echo request' }),
        ),
        at('node1:enp0s1', 'It arrives as it left', macs('master:enp0s1', 'node1:enp0s1'), toNode1, request(A, B, 63)),
        at('node1:flannel.1', 'Within is the frame that master’s flannel.1 made', macs('master:flannel.1', 'node1:flannel.1'), request(A, B, 63)),
        at('node1:cni0', 'node1 routes: new MACs again', macs('node1:cni0', 'podB:eth0'), request(A, B, 62)),
        at('node1:vethB', 'The bridge changes nothing', macs('node1:cni0', 'podB:eth0'), request(A, B, 62)),
        at('podB:eth0', 'The pod sees its gateway’s MAC', macs('node1:cni0', 'podB:eth0'), request(A, B, 62)),
      ],
    },
    ...withinANode,
    'master pings podB on another node': {
      claims: ['KM-02'],
      send: send('master', 'ping -c 1 10.42.1.9'),
      request: [
        ...flannel.throughTunnel(cluster, ['master', 'node1'], request('10.42.0.0', B)),
        ...into('node1', 'podB', request('10.42.0.0', B, 63)),
      ],
    },
    'podA pings node1': {
      claims: ['KM-02'],
      send: send('podA', 'ping -c 1 192.168.205.3'),
      request: [
        ...outOf('master', 'podA', request(A, '192.168.205.3')),
        at('master:enp0s1', 'A node’s address is on the underlay: it goes unwrapped', request(A, '192.168.205.3', 63)),
        at('node1:enp0s1', 'node1 receives it with the pod’s own address', request(A, '192.168.205.3', 63)),
      ],
      reply: [
        ...flannel.throughTunnel(cluster, ['node1', 'master'], reply('192.168.205.3', A)),
        at('master:cni0', 'The way back leads to a pod, so through the tunnel', reply('192.168.205.3', A, 63)),
        at('master:vethA', 'Bridged to the pod’s port', reply('192.168.205.3', A, 63)),
        at('podA:eth0', 'There and back are two different ways', reply('192.168.205.3', A, 63)),
      ],
    },
    'A packet of the pods’ full MTU crosses': {
      claims: ['FV-02'],
      send: send('podA', 'ping -c 1 -M do -s 1422 10.42.1.9'),
      request: [
        at(
          'podA:eth0',
          '1422 bytes, 8 of ICMP and 20 of IP are 1450',
          ip({ src: A, dst: B, length: 1450, df: true }),
          icmp({ type: 'echo request' }),
        ),
        at('master:vethA', 'Through the veth', request(A, B)),
        at('master:cni0', 'Up to the node', request(A, B)),
        at('master:flannel.1', 'It fits flannel.1’s MTU', request(A, B, 63)),
        at(
          'master:enp0s1',
          'Wrapped, it fills the underlay’s 1500 bytes',
          ip({ src: '192.168.205.4', dst: '192.168.205.3', length: 1500 }),
          udp({ dst: 8472 }),
          vxlan({ vni: 1 }),
          request(A, B, 63),
        ),
        at('node1:enp0s1', 'In one piece', toNode1, request(A, B, 63)),
        at('node1:flannel.1', 'Unwrapped', request(A, B, 63)),
        at('node1:cni0', 'Routed to the pod', request(A, B, 62)),
        at('node1:vethB', 'Bridged to its port', request(A, B, 62)),
        at('podB:eth0', 'As large as it was sent', ip({ src: A, dst: B, length: 1450 }), icmp({ type: 'echo request' })),
      ],
    },
  },
  checks: {
    ...networkModel(pods, flannel.hostsOf(cluster)),
    ...vxlanTables(cluster),
    'The MTU falls to 1450 in the pods': {
      claim: 'FV-02',
      run: 'ip -j link show eth0',
      see: Object.fromEntries(pods.map((pod) => [pod, json([{ mtu: 1450 }])])),
    },
    'One byte more than the MTU is refused at once': {
      claim: 'FV-02',
      run: 'ping -c 1 -W 0.1 -M do -s 1423 10.42.1.9',
      see: { podA: fails('message too long, mtu=1450') },
    },
    'The kernel takes that route': {
      claim: 'FV-04',
      run: 'ip route get 10.42.1.9 from 10.42.0.65 iif cni0',
      see: { master: lines('10.42.1.9 from 10.42.0.65 via 10.42.1.0 dev flannel.1') },
    },
    'A pod’s ping to another node’s pod comes back with ttl=62': {
      claim: 'FV-08',
      run: 'for i in 1 2 3; do ping -c 1 10.42.1.9; done',
      see: { podA: lines(...[1, 2, 3].flatMap(() => ['icmp_seq=1 ttl=62', '1 received, 0% packet loss'])) },
    },
    'traceroute names cni0, the peer’s flannel.1 and the pod': {
      claim: 'FV-09',
      run: 'traceroute -n 10.42.1.9',
      see: { podA: lines('1 10.42.0.1', '2 10.42.1.0', '3 10.42.1.9') },
    },
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
    'subnet.env holds the cluster’s network and the node’s subnet': {
      claim: corrects('FV-19', 'FLANNEL_NETWORK is the cluster’s /16, not a /24 equal to the node’s own subnet.'),
      run: 'cat /run/flannel/subnet.env',
      see: flannel.onEvery(cluster, ({ subnet }) =>
        lines('FLANNEL_NETWORK=10.42.0.0/16', `FLANNEL_SUBNET=${subnet}.1/24`, 'FLANNEL_MTU=1450', 'FLANNEL_IPMASQ=true'),
      ),
    },
    'Pod to pod passes kube-proxy’s chain, and no rule there touches it': kubeProxy.ignoresPods('master', 'podA', A, B),
  },
  faults: {
    'master tunnels podB’s packets to an address nobody owns': {
      break: { master: 'bridge fdb replace 62:c8:a9:ce:ca:4e dev flannel.1 dst 192.168.205.99 self permanent' },
      lostAt: 'master:enp0s1',
      untouched: ['podB pings podC on the same node', 'master pings its own pod'],
      hint: 'Run `bridge fdb show dev flannel.1` on master. Whose address is that?',
      fix: { master: 'bridge fdb replace 62:c8:a9:ce:ca:4e dev flannel.1 dst 192.168.205.3 self permanent' },
    },
    'master has another MAC for node1’s flannel.1, as the document prints for node2': {
      break: { master: 'ip neigh replace 10.42.1.0 lladdr ca:cb:1f:99:10:97 dev flannel.1 nud permanent' },
      lostAt: 'master:enp0s1',
      untouched: ['podB pings podC on the same node', 'master pings its own pod', 'podA pings node1'],
      hint: 'Compare `ip neigh show dev flannel.1` with `bridge fdb show dev flannel.1` on master. Which MAC has no entry?',
      fix: { master: 'ip neigh replace 10.42.1.0 lladdr 62:c8:a9:ce:ca:4e dev flannel.1 nud permanent' },
    },
    'master has no route to node1’s pods': {
      break: { master: 'ip route del 10.42.1.0/24' },
      lostAt: 'master:flannel.1',
      untouched: ['podB pings podC on the same node', 'master pings its own pod', 'podA pings node1'],
      hint: 'Run `ip route get 10.42.1.9` on master. Where would it go?',
      fix: { master: 'ip route add 10.42.1.0/24 via 10.42.1.0 dev flannel.1 onlink' },
    },
    'master does not forward': doesNotForward('master', {
      claims: ['FV-21'],
      lostAt: 'master:flannel.1',
      untouched: ['podB pings podC on the same node', 'master pings its own pod', 'master pings podB on another node'],
    }),
    'node1 does not forward': doesNotForward('node1', {
      claims: ['FV-21'],
      lostAt: 'node1:cni0',
      untouched: ['podB pings podC on the same node', 'master pings its own pod', 'podA pings node1'],
    }),
    'node1’s tunnel end has VXLAN id 2': {
      claims: ['FV-13'],
      break: { node1: `ip link del flannel.1\n${flannel.vtep(cluster.node1, { vni: 2 })}` },
      lostAt: 'node1:flannel.1',
      untouched: ['podB pings podC on the same node', 'master pings its own pod'],
      hint: 'The datagram arrives and no device takes it. Compare `ip -d link show flannel.1` on both nodes.',
      fix: {
        node1: `ip link del flannel.1\n${flannel.vtep(cluster.node1)}\n${flannel.introduction(cluster, 'node1')}`,
      },
    },
    'node1’s tunnel end listens on IANA’s port 4789': {
      break: { node1: `ip link del flannel.1\n${flannel.vtep(cluster.node1, { port: 4789 })}` },
      lostAt: 'node1:flannel.1',
      untouched: ['podB pings podC on the same node', 'master pings its own pod'],
      hint: 'Run `ss -lun` on node1. Who is at port 8472?',
      fix: {
        node1: `ip link del flannel.1\n${flannel.vtep(cluster.node1)}\n${flannel.introduction(cluster, 'node1')}`,
      },
    },
    'A filter before node1 drops packets of more than 1400 bytes': {
      break: { node1: 'iptables -t raw -I PREROUTING -i enp0s1 -m length --length 1401:65535 -j DROP' },
      walk: 'A packet of the pods’ full MTU crosses',
      lostAt: 'node1:flannel.1',
      untouched: 'all',
      hint: 'Small packets arrive, full ones vanish. Ping with `-M do -s 1322` and `-s 1422`: which size gets through?',
      fix: { node1: 'iptables -t raw -D PREROUTING -i enp0s1 -m length --length 1401:65535 -j DROP' },
    },
    'podB’s veth is no port of cni0': {
      break: { node1: 'ip link set vethB nomaster\nip neigh flush dev cni0' },
      lostAt: 'node1:cni0',
      untouched: ['master pings its own pod', 'podA pings node1'],
      hint: 'node1 asks for podB on cni0 and hears nothing. Run `bridge link` on node1.',
      fix: { node1: 'ip link set vethB master cni0' },
    },
    'node1 sends its answers to a node that is not there': {
      break: { node1: 'bridge fdb replace 0a:8e:04:d9:0c:27 dev flannel.1 dst 192.168.205.99 self permanent' },
      lostAt: 'reply node1:enp0s1',
      untouched: ['podB pings podC on the same node'],
      hint: 'The request arrives; the answer does not leave. Look at node1’s fdb.',
      fix: { node1: 'bridge fdb replace 0a:8e:04:d9:0c:27 dev flannel.1 dst 192.168.205.4 self permanent' },
    },
  },
});
