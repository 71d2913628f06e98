import { at, daemon, json, lab, lines, send, standsFor } from 'packetwalk';
import { claims } from './claims.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery, podsOf, type Size } from './kit/cluster.ts';
import { doesNotForward } from './kit/faults.ts';
import { lengths, plainBesideWrapped } from './kit/flannel/beside.ts';
import { hostGwTables } from './kit/flannel/checks.ts';
import * as flannel from './kit/flannel/cluster.ts';
import { flanneldOn, startedAnew, subnetManager } from './kit/flannel/real.ts';
import { into, outOf, toAnotherNode, withinANode } from './kit/flannel/walks.ts';
import * as kubeProxy from './kit/kube-proxy/checks.ts';
import { masqueraded } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';

const [A, B] = ['10.42.0.65', '10.42.1.9'];
const [master, node1] = ['192.168.205.4', '192.168.205.3'];
const stayedWithin = ['podB pings podC on the same node', 'master pings its own pod'];

/**
 * The documents’ cluster: master is 192.168.205.4 with 10.42.0.0/24, node1 .3 with 10.42.1.0/24, node2 .5 with 10.42.2.0/24. Or one
 * with more nodes, and more pods on each.
 */
export const sized = (size: Size) => {
  const cluster = flannel.sized(size);
  const pods = podsOf(cluster);

  return lab({
    title: 'Flannel in host-gw mode makes every node a router to its own pods',
    about:
      'Nodes on one segment, a /24 of pods each, and on every node a plain route to each other /24. Nothing is wrapped. flanneld would write the routes from the leases in etcd, as in flannel-vxlan; here they are typed.',
    claims,
    nodes: { lan: 'switch', ...kinds(cluster) },
    links: [
      ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      ...acquainted(cluster),
      'Bridge each pod to its node; nothing will be wrapped, so the MTU stays 1500': {
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
      'Have etcd say what flannel’s network is: where flanneld is played, nobody asks': { master: subnetManager('host-gw') },
      'Route each other node’s pods via that node’s own address': onEvery(cluster, (n) =>
        standsFor('flanneld', {
          small: each(n.peers, (peer) => `ip route add ${peer.subnet}.0/24 via ${peer.address} dev enp0s1`),
          real: flanneldOn(n, 'host-gw', n.peers.length),
        }),
      ),
      'Masquerade what leaves the pods’ network, and accept what is forwarded from and to it': onEvery(cluster, (n) =>
        standsFor('flanneld', {
          small: [program('flannel/masquerade', '/run/masquerade'), `sh /run/masquerade 10.42.0.0/16 ${n.subnet}.0/24`],
        }),
      ),
      'Write kube-proxy’s rules for one service, so that it could interfere': onEvery(flannel.document, () => [
        program('kube-proxy/nginx-test', '/run/nginx-test'),
        'iptables-restore --noflush /run/nginx-test',
      ]),
      'Lay a VXLAN tunnel from podA to podB, to compare a wrapped packet with a plain one': {
        podA: `
          ip link add vxlan1 mtu 1450 type vxlan id 1 local 10.42.0.65 remote 10.42.1.9 dev eth0 dstport 8472
          ip link set vxlan1 up
          ip addr add 10.52.0.1/24 dev vxlan1`,
        podB: [
          `
          ip link add vxlan1 mtu 1450 type vxlan id 1 local 10.42.1.9 remote 10.42.0.65 dev eth0 dstport 8472
          ip link set vxlan1 up
          ip addr add 10.52.0.2/24 dev vxlan1`,
          daemon('iperf3', 'iperf3 -s', { 'iperf3 listens': "ss -ltnH 'sport = :5201' | grep -q ." }),
        ],
      },
    },
    walks: {
      'podA pings podB on another node': {
        claims: ['FH-02', 'FH-03', 'PP-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('podA', request(A, B)),
          at('master:enp0s1', 'It leaves as it is, to the MAC of the next hop', macs('master:enp0s1', 'node1:enp0s1'), request(A, B, 63)),
          at('node1:enp0s1', 'On the wire are the pods’ own addresses', macs('master:enp0s1', 'node1:enp0s1'), request(A, B, 63)),
          ...into('podB', request(A, B, 62)),
        ],
        reply: [
          ...outOf('podB', reply(B, A)),
          at('node1:enp0s1', 'node1 has such a route as well', macs('node1:enp0s1', 'master:enp0s1'), reply(B, A, 63)),
          at('master:enp0s1', 'Across the segment', reply(B, A, 63)),
          ...into('podA', reply(B, A, 62)),
        ],
      },
      ...withinANode,
      'master pings podB on another node': {
        claims: ['KM-02'],
        send: send('master', `ping -c 1 ${B}`),
        request: [
          at('master:enp0s1', 'The node uses the same route, with its own address', request(master, B)),
          at('node1:enp0s1', 'Across the segment', request(master, B)),
          ...into('podB', request(master, B, 63)),
        ],
        reply: [
          ...outOf('podB', reply(B, master)),
          at('node1:enp0s1', 'master is a neighbour', reply(B, master, 63)),
          at('master:enp0s1', 'The ping is answered', reply(B, master, 63)),
        ],
      },
      ...toAnotherNode,
      ...lengths,
    },
    checks: {
      ...masqueraded(cluster),
      ...hostGwTables(cluster),
      'The kernel takes that route': {
        claim: 'FH-01',
        run: `ip route get ${B} from ${A} iif cni0`,
        see: { master: lines(`${B} from ${A} via ${node1} dev enp0s1`) },
      },
      'The MTU is 1500 in the pods': {
        claim: 'FH-02',
        run: 'ip -j link show eth0',
        see: Object.fromEntries(pods.map((pod) => [pod, json([{ mtu: 1500 }])])),
      },
      'traceroute names cni0, the other node and the pod': {
        claim: 'FH-03',
        run: `traceroute -n -q 1 -N 1 ${B}`,
        see: { podA: lines('1 10.42.0.1', `2 ${node1}`, `3 ${B}`) },
      },
      'Traced from podB, as the document does, podB is one hop away: it is itself': {
        run: `traceroute -n -q 1 -N 1 ${B}`,
        see: { podB: lines(`traceroute to ${B}`, `1 ${B}`) },
      },
      ...plainBesideWrapped,
      'Pod to pod passes kube-proxy’s chain, and no rule there touches it': kubeProxy.ignoresPods('master', 'podA', A, B),
    },
    faults: {
      'master has no route to node1’s pods': {
        claims: ['FH-01'],
        break: { master: [startedAnew(flannel.document.master), 'ip route del 10.42.1.0/24'] },
        lostAt: 'master:enp0s1',
        untouched: [...stayedWithin, 'podA pings node1'],
        cause: 'no route',
        hint: 'Run `ip route get 10.42.1.9` on master. Where would it go? flanneld would put it back within 10 s.',
        fix: { master: `ip route replace 10.42.1.0/24 via ${node1} dev enp0s1` },
      },
      'master takes node2 for the way to node1’s pods: the ping is answered, by a detour': {
        break: { master: 'ip route replace 10.42.1.0/24 via 192.168.205.5 dev enp0s1' },
        differsAt: 'master:enp0s1',
        untouched: [...stayedWithin, 'podA pings node1'],
        cause: 'wrong route',
        hint: 'It leaves for the wrong MAC. Compare `ip route get 10.42.1.9` on master with node1’s address.',
        fix: { master: `ip route replace 10.42.1.0/24 via ${node1} dev enp0s1` },
      },
      'master does not forward': doesNotForward('master', {
        claims: ['FV-21'],
        lostAt: 'master:enp0s1',
        untouched: [...stayedWithin, 'master pings podB on another node'],
      }),
      'node1 does not forward': doesNotForward('node1', {
        claims: ['FV-21'],
        lostAt: 'node1:cni0',
        untouched: [...stayedWithin, 'podA pings node1'],
      }),
      'node1 has no route to master’s pods': {
        break: { node1: [startedAnew(flannel.document.node1), 'ip route del 10.42.0.0/24'] },
        lostAt: 'reply node1:enp0s1',
        untouched: [...stayedWithin, 'master pings podB on another node'],
        cause: 'no route',
        hint: 'The request arrives. Run `ip route get 10.42.0.65` on node1. flanneld would put it back within 10 s.',
        fix: { node1: `ip route replace 10.42.0.0/24 via ${master} dev enp0s1` },
      },
      'The underlay carries only nodes’ addresses, as many clouds do': {
        claims: ['FH-02'],
        break: { node1: 'iptables -t raw -I PREROUTING -i enp0s1 ! -s 192.168.205.0/24 -j DROP' },
        lostAt: 'node1:cni0',
        untouched: [...stayedWithin, 'master pings podB on another node'],
        cause: 'firewall rule',
        hint: 'It arrives, and goes no further. Run `iptables -t raw -S` on node1: whose addresses may enter?',
        fix: { node1: 'iptables -t raw -D PREROUTING -i enp0s1 ! -s 192.168.205.0/24 -j DROP' },
      },
    },
  });
};

export default sized({});
