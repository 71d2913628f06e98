import { at, ip, lab, lines, send, standsFor } from 'packetwalk';
import { claims } from './claims.ts';
import { forEvery, forEveryPod, inEveryPod, kinds, onEvery, type Size } from './kit/cluster.ts';
import { vxlanTables } from './kit/flannel/checks.ts';
import * as flannel from './kit/flannel/cluster.ts';
import { flanneldOn, subnetManager } from './kit/flannel/real.ts';
import { into, outOf, throughTunnel, tunnel } from './kit/flannel/walks.ts';
import { masqueraded } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';

const document = flannel.routed(flannel.document);
const [A, D] = ['10.42.0.65', '10.42.2.6'];
const [there, back] = [request(A, D, 63), reply(D, A, 63)];
const out = tunnel(document.master, document.node2);
const home = tunnel(document.node2, document.master);

/** The cluster of flannel-vxlan, but node2 is in another subnet, behind a router; nodes that are added are on master’s segment. */
export const sized = (size: Size) => {
  const cluster = flannel.routed(flannel.sized(size));
  const { node2: _, ...onLan } = cluster;

  return lab({
    title: 'Flannel in VXLAN mode needs no more than routes between its nodes',
    about:
      'node2 is in another subnet, behind a router: the tunnel crosses it, since its outer packet is plain UDP. What flanneld would write from its leases, as in flannel-vxlan, is typed.',
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
          'ip link add cni0 mtu 1450 up type bridge',
          ...n.pods.map(({ veth }) => `ip link set ${veth} mtu 1450 txqueuelen 0 master cni0`),
          ...n.pods.map(({ veth }) => `ip link set ${veth} type bridge_slave hairpin on`),
          `ip addr add ${n.subnet}.1/24 dev cni0`,
        ]),
        ...inEveryPod(cluster, (pod) => [
          'ip link set eth0 mtu 1450',
          `ip route add default via ${pod.node.subnet}.1`,
          `ip route add 10.42.0.0/16 via ${pod.node.subnet}.1`,
        ]),
      },
      'Create each tunnel end: it encapsulates to UDP port 8472, with VXLAN id 1': onEvery(
        cluster,
        (n) => `
          ip link add flannel.1 address ${n.mac} mtu 1450 txqueuelen 0 type vxlan id 1 local ${n.address} dev enp0s1 dstport 8472 nolearning
          ip link set flannel.1 up
          ip addr add ${n.subnet}.0/32 dev flannel.1`,
      ),
      'Have etcd say what flannel’s network is: where flanneld is played, nobody asks': { master: subnetManager('vxlan') },
      'Introduce the peers: for each a neighbour, a route and an fdb entry': onEvery(cluster, (n) =>
        standsFor('flanneld', {
          small: [
            ...n.peers.map((peer) => `ip neigh add ${peer.subnet}.0 lladdr ${peer.mac} dev flannel.1 nud permanent`),
            ...n.peers.map((peer) => `ip route add ${peer.subnet}.0/24 via ${peer.subnet}.0 dev flannel.1 onlink`),
            ...n.peers.map((peer) => `bridge fdb append ${peer.mac} dev flannel.1 dst ${peer.address} self permanent`),
          ],
          real: flanneldOn(n, 'vxlan', n.peers.length),
        }),
      ),
      'Masquerade what leaves the pods’ network, and accept what is forwarded from and to it': onEvery(cluster, (n) =>
        standsFor('flanneld', {
          small: [program('flannel/masquerade', '/run/masquerade'), `sh /run/masquerade 10.42.0.0/16 ${n.subnet}.0/24`],
        }),
      ),
    },
    walks: {
      'podA pings podD, across the router': {
        claims: ['FV-15'],
        send: send('podA', `ping -c 1 ${D}`),
        request: [
          ...outOf('podA', request(A, D)),
          ...throughTunnel(document, ['master', 'node2'], there, [
            at('gw:eth0', 'The router sees nodes’ addresses only, and routes by them', out, there),
            at(
              'gw:eth1',
              'It spends the outer TTL: the inner one is untouched',
              ip({ src: '192.168.205.4', dst: '192.168.206.5', ttl: 63 }),
              out.slice(1),
              there,
            ),
          ]),
          ...into('podD', request(A, D, 62)),
        ],
        reply: [
          ...outOf('podD', reply(D, A)),
          ...throughTunnel(document, ['node2', 'master'], back, [
            at('gw:eth1', 'Into the router', home, back),
            at('gw:eth0', 'Out of the router', ip({ src: '192.168.206.5', dst: '192.168.205.4', ttl: 63 }), home.slice(1), back),
          ]),
          ...into('podA', reply(D, A, 62)),
        ],
      },
      'podA pings podB on its own segment': {
        send: send('podA', 'ping -c 1 10.42.1.9'),
        request: [
          ...outOf('podA', request(A, '10.42.1.9')),
          ...throughTunnel(document, ['master', 'node1'], request(A, '10.42.1.9', 63)),
          ...into('podB', request(A, '10.42.1.9', 62)),
        ],
      },
    },
    checks: {
      ...masqueraded(cluster),
      ...vxlanTables(cluster),
      'The nodes are in two subnets: the way to node2 leads through the router': {
        claim: 'FV-15',
        run: 'ip route get 192.168.206.5',
        see: { master: lines('192.168.206.5 via 192.168.205.1 dev enp0s1') },
      },
      'A pod still counts three hops: the tunnel hides the router': {
        claim: 'FV-15',
        run: `traceroute -n ${D}`,
        see: { podA: lines('1 10.42.0.1', '2 10.42.2.0', '3 10.42.2.6') },
      },
    },
    faults: {
      'The router does not forward': {
        break: { gw: 'sysctl -w net.ipv4.ip_forward=0' },
        lostAt: 'gw:eth1',
        untouched: 'all',
        cause: 'forwarding off',
        hint: 'The packet reaches gw, and gw keeps it. Run `sysctl net.ipv4.ip_forward` there.',
        fix: { gw: 'sysctl -w net.ipv4.ip_forward=1' },
      },
      'node2 does not know the way back': {
        break: { node2: 'ip route del default' },
        lostAt: 'reply node2:enp0s1',
        untouched: 'all',
        cause: 'no route for the tunnel',
        hint: 'The request arrives. Run `ip route get 192.168.205.4` on node2.',
        fix: { node2: 'ip route add default via 192.168.206.1' },
      },
      'The router lets no packet of more than 100 bytes through, and a wrapped one is larger': {
        break: { gw: 'iptables -A FORWARD -o eth1 -m length --length 101:65535 -j DROP' },
        lostAt: 'gw:eth1',
        untouched: 'all',
        cause: 'firewall rule',
        hint: 'A wrapped ping is 134 bytes. Run `iptables -vL FORWARD` on gw.',
        fix: { gw: 'iptables -D FORWARD -o eth1 -m length --length 101:65535 -j DROP' },
      },
      'master takes node2 to be on its own segment': {
        break: { master: 'ip route add 192.168.206.5/32 dev enp0s1' },
        lostAt: 'master:enp0s1',
        untouched: 'all',
        cause: 'neighbour on another segment',
        hint: 'master asks by ARP for somebody who is not there. Run `ip route get 192.168.206.5` on master.',
        fix: { master: 'ip route del 192.168.206.5/32 dev enp0s1' },
      },
    },
  });
};

export default sized({});
