import { at, fails, json, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery, type Size } from './kit/cluster.ts';
import * as flannel from './kit/flannel/cluster.ts';
import { acrossRouter, into, outOf, withinANode } from './kit/flannel/walks.ts';
import { masqueraded, notBack } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';

const [A, B, D] = ['10.42.0.65', '10.42.1.9', '10.42.2.6'];
const [master, node2] = ['192.168.205.4', '192.168.206.5'];
const besides = ['podA pings podB on its own segment', 'podB pings podC on the same node', 'master pings its own pod'];

/** The cluster of flannel-host-gw, but node2 is in another subnet, behind a router; nodes that are added are on master’s segment. */
export const sized = (size: Size) => {
  const cluster = flannel.routed(flannel.sized(size));
  const { node2: _, ...onLan } = cluster;
  const nodes = Object.values<flannel.FlannelNode>(cluster);
  const taught = { gw: nodes.map(({ subnet, address }) => `ip route add ${subnet}.0/24 via ${address}`).join('\n') };

  return lab({
    title: 'Flannel in host-gw mode ends at a router, unless that knows every pod subnet',
    about:
      'node2 is in another subnet. flannel’s route to its pods would be refused, and a router that knows nodes alone drops their packets: the drills show where. Here the router was taught by hand, which flannel does not do.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...kinds(cluster) },
    links: [
      ...forEvery(onLan, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
      'gw:eth0 192.168.205.1/24 -- lan',
      'gw:eth1 192.168.206.1/24 -- node2:enp0s1 192.168.206.5/24',
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      ...acquainted(onLan),
      'Point each node to its router': onEvery(cluster, (node) => `ip route add default via ${flannel.gatewayOf(node)}`),
      'Bridge each pod to its node, as the CNI bridge plugin does': {
        ...onEvery(cluster, (n) => [
          'ip link add cni0 mtu 1500 up type bridge',
          ...n.pods.map(({ veth }) => `ip link set ${veth} mtu 1500 txqueuelen 0 master cni0`),
          ...n.pods.map(({ veth }) => `ip link set ${veth} type bridge_slave hairpin on`),
          `ip addr add ${n.subnet}.1/24 dev cni0`,
        ]),
        ...inEveryPod(cluster, (pod) => [
          'ip link set eth0 mtu 1500',
          `ip route add default via ${pod.node.subnet}.1`,
          `ip route add 10.42.0.0/16 via ${pod.node.subnet}.1`,
        ]),
      },
      'Route pods of the own segment as flannel does: via their node': onEvery(onLan, (n) =>
        each(n.peers, (peer) => `ip route add ${peer.subnet}.0/24 via ${peer.address} dev enp0s1`),
      ),
      'Route pods beyond the router as flannel cannot: via the router': {
        ...onEvery(onLan, () => 'ip route add 10.42.2.0/24 via 192.168.205.1 dev enp0s1'),
        node2: Object.values(onLan)
          .map(({ subnet }) => `ip route add ${subnet}.0/24 via 192.168.206.1 dev enp0s1`)
          .join('\n'),
      },
      'Masquerade what leaves the pods’ network, and accept what is forwarded from and to it': onEvery(cluster, (n) => [
        program('flannel/masquerade', '/run/masquerade'),
        `sh /run/masquerade 10.42.0.0/16 ${n.subnet}.0/24`,
      ]),
      'Teach the router which node each pod subnet is behind': taught,
    },
    walks: {
      'podA pings podD, across a router that knows the way': {
        send: send('podA', `ping -c 1 ${D}`),
        request: [
          ...outOf('podA', request(A, D)),
          ...acrossRouter(['master', 'node2'], (ttl) => request(A, D, ttl), 63),
          ...into('podD', request(A, D, 61)),
        ],
        reply: [...outOf('podD', reply(D, A)), ...acrossRouter(['node2', 'master'], (ttl) => reply(D, A, ttl), 63), ...into('podA', reply(D, A, 61))],
      },
      'podA pings podB on its own segment': {
        claims: ['FH-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('podA', request(A, B)),
          at('master:enp0s1', 'The next hop is node1 itself', request(A, B, 63)),
          at('node1:enp0s1', 'The router is not needed', request(A, B, 63)),
          ...into('podB', request(A, B, 62)),
        ],
        reply: [
          ...outOf('podB', reply(B, A)),
          at('node1:enp0s1', 'To master itself', reply(B, A, 63)),
          at('master:enp0s1', 'Across the segment', reply(B, A, 63)),
          ...into('podA', reply(B, A, 62)),
        ],
      },
      ...withinANode,
      'master pings podD': {
        claims: ['KM-02'],
        send: send('master', `ping -c 1 ${D}`),
        request: [...acrossRouter(['master', 'node2'], (ttl) => request(master, D, ttl), 64), ...into('podD', request(master, D, 62))],
        reply: [...outOf('podD', reply(D, master)), ...acrossRouter(['node2', 'master'], (ttl) => reply(D, master, ttl), 63)],
      },
      'podA pings node2': {
        claims: [notBack],
        send: send('podA', `ping -c 1 ${node2}`),
        request: [...outOf('podA', request(A, node2)), ...acrossRouter(['master', 'node2'], (ttl) => request(master, node2, ttl), 63)],
        reply: [...acrossRouter(['node2', 'master'], (ttl) => reply(node2, master, ttl), 64), ...into('podA', reply(node2, A, 62))],
      },
    },
    checks: {
      ...masqueraded(cluster),
      'flannel’s own route, via the peer’s address, is refused: no neighbour has it': {
        claim: 'FH-04',
        run: 'ip route add 10.42.2.0/24 via 192.168.206.5 dev enp0s1 metric 7 && ip route del 10.42.2.0/24 metric 7',
        see: onEvery(onLan, () => fails('Nexthop has invalid gateway')),
      },
      'The router was taught every pod subnet': {
        run: 'ip -j route',
        see: { gw: json(nodes.map(({ subnet, address }) => ({ dst: `${subnet}.0/24`, gateway: address }))) },
      },
      'A pod counts one hop more than on one segment: the router': {
        run: `traceroute -n -q 1 -N 1 ${D}`,
        see: { podA: lines('1 10.42.0.1', '2 192.168.205.1', '3 192.168.206.5', '4 10.42.2.6') },
      },
    },
    faults: {
      'The router knows nodes alone, and no pods': {
        claims: ['FH-04'],
        break: { gw: nodes.map(({ subnet }) => `ip route del ${subnet}.0/24`).join('\n') },
        lostAt: 'gw:eth1',
        untouched: besides,
        cause: 'no route',
        hint: 'The packet enters the router and does not leave it. Run `ip route get 10.42.2.6` on gw.',
        fix: taught,
      },
      'master is made to believe that node2 is a neighbour': {
        claims: ['FH-04'],
        break: { master: 'ip route replace 10.42.2.0/24 via 192.168.206.5 dev enp0s1 onlink' },
        lostAt: 'master:enp0s1',
        untouched: [...besides, 'podA pings node2'],
        cause: 'neighbour on another segment',
        hint: 'master asks by ARP for somebody who is not there. Run `ip neigh show dev enp0s1` on master.',
        fix: { master: 'ip route replace 10.42.2.0/24 via 192.168.205.1 dev enp0s1' },
      },
      'The router knows the way to node2’s pods, but not the way back': {
        break: { gw: 'ip route del 10.42.0.0/24' },
        lostAt: 'reply gw:eth0',
        untouched: [...besides, 'master pings podD'],
        cause: 'no route',
        hint: 'The request arrives. Run `ip route get 10.42.0.65` on gw.',
        fix: { gw: 'ip route add 10.42.0.0/24 via 192.168.205.4' },
      },
      'The router does not forward': {
        break: { gw: 'sysctl -w net.ipv4.ip_forward=0' },
        lostAt: 'gw:eth1',
        untouched: besides,
        cause: 'forwarding off',
        hint: 'The packet reaches gw, and gw keeps it. Run `sysctl net.ipv4.ip_forward` there.',
        fix: { gw: 'sysctl -w net.ipv4.ip_forward=1' },
      },
      'node2 does not forward': {
        break: { node2: 'sysctl -w net.ipv4.ip_forward=0' },
        claims: ['FV-21'],
        lostAt: 'node2:cni0',
        untouched: [...besides, 'podA pings node2'],
        cause: 'forwarding off',
        hint: 'The packet reaches node2, and node2 keeps it. Run `sysctl net.ipv4.ip_forward` there.',
        fix: { node2: 'sysctl -w net.ipv4.ip_forward=1' },
      },
    },
  });
};

export default sized({});
