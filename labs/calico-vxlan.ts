import { at, fails, icmp, ip, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as checks from './kit/calico/checks.ts';
import * as calico from './kit/calico/cluster.ts';
import { outer, vxlanTables, wrapped } from './kit/calico/vxlan.ts';
import { fullSized, into, nodeToPod, outOf, podToNode, podToPod, sameNode } from './kit/calico/walks.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery, type Size } from './kit/cluster.ts';
import * as kubeProxy from './kit/kube-proxy/checks.ts';
import { masqueraded } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';

const { addressOf, document, vtepMac } = calico;
const [A, B] = ['10.42.0.65', '10.42.1.9'];
const carried = wrapped(document);
const [toNode1, toMaster] = [outer(document.master, document.node1), outer(document.node1, document.master)];
const between = macs('master:vxlan.calico', 'node1:vxlan.calico');
const onNode1 = 'podB pings podC on the same node';
const toANode = 'podA pings node1: with its own node’s address, so plain both ways';

/** A node’s end of the tunnel: its MAC is made from the node’s name, its address is the first one of the node’s block. */
const tunnelEnd = (n: calico.Named & { name: string }, { vni = 4096 } = {}) => `
  ip link add vxlan.calico address ${vtepMac(n.name)} mtu 1450 type vxlan id ${vni} local ${n.address} dev enp0s1 dstport 4789 nolearning
  ip link set vxlan.calico up
  ip addr add ${addressOf(n, 0)}/32 dev vxlan.calico`;

/** The documents’ cluster, or one with more nodes, and more pods on each. */
export const sized = (size: Size) => {
  const cluster = calico.sized(size);
  const node1 = { ...cluster.node1, name: 'node1' };
  const introductions = onEvery(cluster, (n) =>
    each(
      n.peers,
      (peer) => `
        ip neigh add ${addressOf(peer, 0)} lladdr ${vtepMac(peer.name)} dev vxlan.calico nud permanent
        bridge fdb append ${vtepMac(peer.name)} dev vxlan.calico dst ${peer.address} self permanent
        ip route add ${addressOf(peer, 0)} dev vxlan.calico scope link mtu 1450
        ip route add ${peer.block} via ${addressOf(peer, 0)} dev vxlan.calico onlink mtu 1450`,
    ),
  );

  return lab({
    title: 'Calico with VXLAN: Felix writes all routes, and nobody speaks BGP',
    about:
      'The cluster of calico-bgp without BIRD. Every node’s Felix knows the other nodes from the datastore, so that no route needs to be advertised; here what it writes is typed.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...kinds(cluster) },
    links: [
      'gw:eth0 192.168.205.1/24 -- lan',
      ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/32 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      'Point each node to the gateway': onEvery(cluster, () => 'ip route add default via 192.168.205.1'),
      'Write kube-proxy’s rules for one service, so that it could interfere': onEvery(cluster, () => [
        program('kube-proxy/nginx-test', '/run/nginx-test'),
        'iptables-restore --noflush /run/nginx-test',
      ]),
      'The CNI plugin: a pod’s gateway is nobody’s, and its cali* device answers for it': {
        ...onEvery(cluster, (n) => [
          ...n.pods.map(({ veth }) => `ip link set ${veth} address ee:ee:ee:ee:ee:ee mtu 1450`),
          ...n.pods.map(
            ({ veth }) => `sysctl -w net.ipv4.conf.${veth}.proxy_arp=1 net.ipv4.neigh.${veth}.proxy_delay=0 net.ipv4.conf.${veth}.route_localnet=1`,
          ),
        ]),
        ...inEveryPod(
          cluster,
          () => `
            ip link set eth0 mtu 1450
            ip route add 169.254.1.1 dev eth0 scope link
            ip route add default via 169.254.1.1 dev eth0`,
        ),
      },
      'Felix tells each node where its own pods are': onEvery(cluster, (n) =>
        each(n.pods, (pod) => `ip route add ${pod.address} dev ${pod.veth} scope link`),
      ),
      'Felix writes who may send and receive: with the default profile, all': onEvery(cluster, (n) => [
        program('calico/felix-sets', '/run/felix-sets'),
        program('calico/felix-rules', '/run/felix-rules'),
        `sh /run/felix-sets vxlan.calico 10.42.0.0/16 ${n.address},${addressOf(n, 0)} ${n.peers.map(({ address }) => address).join()} | ipset restore`,
        "sh /run/felix-rules vxlan.calico $(ip -o link | grep -o 'cali[0-9a-f]*' | sort) | iptables-restore --noflush",
      ]),
      'Felix creates each tunnel end: UDP port 4789, VXLAN id 4096': onEvery(cluster, (n) => tunnelEnd(n)),
      'Felix introduces the other nodes: for each a neighbour, an fdb entry and a route': introductions,
      'Felix lets what is for nobody in a node’s block end there': onEvery(cluster, (n) => `ip route add blackhole ${n.block} proto 80`),
    },
    walks: {
      'podA pings podB on another node': {
        claims: ['CV-01', 'PP-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('podA', request(A, B)),
          at('master:vxlan.calico', 'The next hop is node1’s end, and its MAC is known', between, request(A, B, 63)),
          at('master:enp0s1', 'The whole frame leaves inside a UDP datagram', macs('master:enp0s1', 'node1:enp0s1'), toNode1, request(A, B, 63)),
          at('node1:enp0s1', 'Outside are the nodes’ addresses, inside the pods’', toNode1, request(A, B, 63)),
          at('node1:vxlan.calico', 'The device with this VXLAN id takes the wrapping off', between, request(A, B, 63)),
          ...into('podB', request(A, B, 62)),
        ],
        reply: [
          ...outOf('podB', reply(B, A)),
          at('node1:vxlan.calico', 'node1 knows master’s end as well', reply(B, A, 63)),
          at('node1:enp0s1', 'Wrapped', toMaster, reply(B, A, 63)),
          at('master:enp0s1', 'Across the segment', toMaster, reply(B, A, 63)),
          at('master:vxlan.calico', 'Unwrapped', reply(B, A, 63)),
          ...into('podA', reply(B, A, 62)),
        ],
      },
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'podA pings podD on a third node': podToPod(cluster, ['master', 'podA'], ['node2', 'podD'], carried),
      'master pings podB: with the address of vxlan.calico': nodeToPod(cluster, 'master', ['node1', 'podB'], carried, '10.42.0.64'),
      [toANode]: podToNode(cluster, ['master', 'podA'], 'node1'),
      'A packet of the pods’ full MTU fills the wire’s': {
        claims: ['CV-01'],
        ...fullSized(cluster, ['master', 'podA'], ['node1', 'podB'], 1450, [
          at('master:vxlan.calico', 'As large as the tunnel takes', request(A, B, 63)),
          at('master:enp0s1', '50 bytes more: Ethernet, VXLAN, UDP and IP', ip({ length: 1500 }), toNode1.slice(1), request(A, B, 63)),
          at('node1:enp0s1', 'In one piece', ip({ length: 1500 }), toNode1.slice(1), request(A, B, 63)),
          at('node1:vxlan.calico', 'Unwrapped', ip({ src: A, dst: B, length: 1450 }), icmp({ type: 'echo request' })),
        ]),
      },
    },
    checks: {
      ...masqueraded(cluster),
      ...checks.podsArePlugged(cluster, (peer) => [{ dst: addressOf(peer, 0), dev: 'vxlan.calico' }]),
      ...vxlanTables(cluster),
      'One byte more than the MTU is refused at once': {
        claim: 'CV-01',
        run: `ping -c 1 -W 0.1 -M do -s 1423 ${B}`,
        see: { podA: fails('message too long, mtu=1450') },
      },
      'A pod counts the other node as one hop, by the address of its vxlan.calico': {
        run: `traceroute -n -q 1 -N 1 ${B}`,
        see: { podA: lines('2 10.42.1.0', `3 ${B}`) },
      },
      'Pod to pod passes kube-proxy’s chain, and no rule there touches it': kubeProxy.ignoresPods('master', 'podA', A, B),
    },
    faults: {
      'Felix on master takes an address nobody owns for node1’s': {
        claims: ['CV-02', 'CN-11'],
        break: { master: `bridge fdb replace ${vtepMac('node1')} dev vxlan.calico dst 192.168.205.99 self permanent` },
        lostAt: 'master:enp0s1',
        untouched: [onNode1, 'podA pings podD on a third node', toANode],
        cause: 'wrong VTEP',
        hint: 'Run `bridge fdb show dev vxlan.calico` on master. Whose address is that? Felix would put it right within 90 s.',
        fix: { master: `bridge fdb replace ${vtepMac('node1')} dev vxlan.calico dst 192.168.205.3 self permanent` },
      },
      'Felix on master has not written the route to node1’s pods': {
        claims: ['CV-02'],
        break: { master: 'ip route del 10.42.1.0/26' },
        lostAt: 'master:vxlan.calico',
        untouched: [onNode1, 'podA pings podD on a third node', toANode],
        cause: 'wrong route',
        hint: 'Run `ip route get 10.42.1.9` on master. No BGP will bring that route back: Felix would, within 90 s.',
        fix: { master: 'ip route add 10.42.1.0/26 via 10.42.1.0 dev vxlan.calico onlink mtu 1450' },
      },
      'node1’s vxlan.calico has VXLAN id 4097': {
        claims: ['CV-01'],
        break: { node1: `ip link del vxlan.calico\n${tunnelEnd(node1, { vni: 4097 })}` },
        lostAt: 'node1:vxlan.calico',
        untouched: [onNode1, 'podA pings podD on a third node'],
        cause: 'tunnel id differs',
        hint: 'The datagram arrives and no device takes it. Compare `ip -d link show vxlan.calico` on both nodes.',
        fix: { node1: `ip link del vxlan.calico\n${tunnelEnd(node1)}\n${introductions.node1}` },
      },
      'A firewall before node1 knows flannel’s port 8472, and drops 4789': {
        claims: ['CV-01'],
        break: { node1: 'iptables -t raw -I PREROUTING -i enp0s1 -p udp --dport 4789 -j DROP' },
        lostAt: 'node1:vxlan.calico',
        untouched: [onNode1, 'podA pings podD on a third node', toANode],
        cause: 'firewall rule',
        hint: 'Plain pings between the nodes pass. Run `iptables -t raw -nvL PREROUTING` on node1.',
        fix: { node1: 'iptables -t raw -D PREROUTING -i enp0s1 -p udp --dport 4789 -j DROP' },
      },
      'node1 does not forward': {
        break: { node1: 'sysctl -w net.ipv4.ip_forward=0' },
        lostAt: `node1:${calico.cali('podB')}`,
        untouched: ['podA pings podD on a third node', toANode],
        cause: 'forwarding off',
        hint: 'The packet reaches node1, and node1 keeps it. Run `sysctl net.ipv4.ip_forward` there.',
        fix: { node1: 'sysctl -w net.ipv4.ip_forward=1' },
      },
    },
  });
};

export default sized({});
