import { at, ip, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { doesNotForward } from './kit/faults.ts';
import * as flannel from './kit/flannel.ts';
import { vxlanTables } from './kit/flannel-checks.ts';
import { into, outOf } from './kit/flannel-walks.ts';
import { networkModel } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { acquainted } from './kit/segment.ts';

const document = flannel.routed(flannel.document);
const [A, D] = ['10.42.0.65', '10.42.2.6'];
const [there, back] = [request(A, D, 63), reply(D, A, 63)];
const out = flannel.tunnel(document.master, document.node2);
const home = flannel.tunnel(document.node2, document.master);

/** The cluster of flannel-vxlan, but node2 is in another subnet, behind a router; nodes that are added are on master’s segment. */
export const sized = (size: flannel.Size) => {
  const cluster = flannel.routed(flannel.sized(size));
  const { node2: _, ...onLan } = cluster;

  return lab({
    title: 'Flannel in VXLAN mode needs no more than routes between its nodes',
    about:
      'node2 is in another subnet, behind a router: the tunnel crosses it, since its outer packet is plain UDP. What flanneld would write from its leases, as in flannel-vxlan, is typed.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...flannel.nodes(cluster) },
    links: [
      ...flannel.segment(onLan, 'lan'),
      'gw:eth0 192.168.205.1/24 -- lan',
      'gw:eth1 192.168.206.1/24 -- node2:enp0s1 192.168.206.5/24',
      ...flannel.podCables(cluster),
    ],
    setup: {
      ...acquainted(onLan),
      'Point each node to its router': flannel.onEvery(cluster, (node) => `ip route add default via ${flannel.gatewayOf(node)}`),
      'Bridge each pod to its node, as the CNI bridge plugin does': flannel.bridge(cluster, 1450),
      'Create each tunnel end: it encapsulates to UDP port 8472, with VXLAN id 1': flannel.vteps(cluster),
      'Introduce the peers: for each a neighbour, a route and an fdb entry': flannel.introductions(cluster),
    },
    walks: {
      'podA pings podD, across the router': {
        claims: ['FV-15'],
        send: send('podA', `ping -c 1 ${D}`),
        request: [
          ...outOf('master', 'podA', request(A, D)),
          ...flannel.throughTunnel(document, ['master', 'node2'], there, [
            at('gw:eth0', 'The router sees nodes’ addresses only, and routes by them', out, there),
            at(
              'gw:eth1',
              'It spends the outer TTL: the inner one is untouched',
              ip({ src: '192.168.205.4', dst: '192.168.206.5', ttl: 63 }),
              out.slice(1),
              there,
            ),
          ]),
          ...into('node2', 'podD', request(A, D, 62)),
        ],
        reply: [
          ...outOf('node2', 'podD', reply(D, A)),
          ...flannel.throughTunnel(document, ['node2', 'master'], back, [
            at('gw:eth1', 'Into the router', home, back),
            at('gw:eth0', 'Out of the router', ip({ src: '192.168.206.5', dst: '192.168.205.4', ttl: 63 }), home.slice(1), back),
          ]),
          ...into('master', 'podA', reply(D, A, 62)),
        ],
      },
      'podA pings podB on its own segment': {
        send: send('podA', 'ping -c 1 10.42.1.9'),
        request: [
          ...outOf('master', 'podA', request(A, '10.42.1.9')),
          ...flannel.throughTunnel(document, ['master', 'node1'], request(A, '10.42.1.9', 63)),
          ...into('node1', 'podB', request(A, '10.42.1.9', 62)),
        ],
      },
    },
    checks: {
      ...networkModel(flannel.podsOf(cluster), flannel.hostsOf(cluster)),
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
      'The router does not forward': doesNotForward('gw', { lostAt: 'gw:eth1', untouched: 'all' }),
      'node2 does not know the way back': {
        break: { node2: 'ip route del default' },
        lostAt: 'reply node2:enp0s1',
        untouched: 'all',
        hint: 'The request arrives. Run `ip route get 192.168.205.4` on node2.',
        fix: { node2: 'ip route add default via 192.168.206.1' },
      },
      'The router lets no packet of more than 100 bytes through, and a wrapped one is larger': {
        break: { gw: 'iptables -A FORWARD -o eth1 -m length --length 101:65535 -j DROP' },
        lostAt: 'gw:eth1',
        untouched: 'all',
        hint: 'A wrapped ping is 134 bytes. Run `iptables -vL FORWARD` on gw.',
        fix: { gw: 'iptables -D FORWARD -o eth1 -m length --length 101:65535 -j DROP' },
      },
      'master takes node2 to be on its own segment': {
        break: { master: 'ip route add 192.168.206.5/32 dev enp0s1' },
        lostAt: 'master:enp0s1',
        untouched: 'all',
        hint: 'master asks by ARP for somebody who is not there. Run `ip route get 192.168.206.5` on master.',
        fix: { master: 'ip route del 192.168.206.5/32 dev enp0s1' },
      },
    },
  });
};

export default sized({});
