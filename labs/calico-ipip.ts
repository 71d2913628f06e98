import { at, fails, icmp, ip, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as bird from './kit/bird.ts';
import * as calico from './kit/calico.ts';
import * as checks from './kit/calico-checks.ts';
import { tunnels, tunnelTables, wrapped } from './kit/calico-ipip.ts';
import { fullSized, into, nodeToPod, outOf, podToNode, podToPod, sameNode } from './kit/calico-walks.ts';
import { doesNotForward } from './kit/faults.ts';
import * as kubeProxy from './kit/kube-proxy.ts';
import { networkModel } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';

const [A, B] = ['10.42.0.65', '10.42.1.9'];
const [master, node1] = ['192.168.205.4', '192.168.205.3'];
const carried = wrapped(calico.document);
const onNode1 = 'podB pings podC on the same node';

/** The outer header: 20 bytes more than the 84 of a ping, and a TTL copied from inside. */
const outer = (src: string, dst: string) => ip({ src, dst, protocol: 4, ttl: 63, length: 104 });

/** The documents’ cluster, or one with more nodes, and more pods on each. */
export const sized = (size: calico.Size) => {
  const cluster = calico.sized(size);

  return lab({
    title: 'Calico with IP in IP: a pod’s packet travels inside a node’s packet',
    about:
      'The cluster of calico-bgp. BIRD’s routes now lead into tunl0, and the underlay sees nodes’ addresses only. Calico’s own BIRD is patched for that; plain BIRD does it by a table of next hops.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...calico.nodes(cluster) },
    links: ['gw:eth0 192.168.205.1/24 -- lan', ...calico.segment(cluster, 'lan'), ...calico.podCables(cluster)],
    setup: {
      'Point each node to the gateway': calico.onEvery(cluster, () => 'ip route add default via 192.168.205.1'),
      ...bird.datastore(cluster),
      ...calico.plugged(cluster, 1480),
      'Felix switches tunl0 on, and lets IP in IP enter from Calico’s nodes only': tunnels(cluster),
      ...bird.controlPlane(cluster, 'always'),
      'Write kube-proxy’s rules for one service, so that it could interfere': calico.onEvery(cluster, () => kubeProxy.nginxTest),
    },
    walks: {
      'podA pings podB on another node': {
        claims: ['CI-01', 'PP-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('master', 'podA', request(A, B)),
          at('master:tunl0', 'BIRD’s route leads into tunl0, with node1 as the next hop', request(A, B, 63)),
          at('master:enp0s1', 'Wrapped: protocol 4, 20 bytes more, to that next hop', outer(master, node1), request(A, B, 63)),
          at('node1:enp0s1', 'Outside are the nodes’ addresses, inside the pods’', outer(master, node1), request(A, B, 63)),
          at('node1:tunl0', 'Unwrapped: the inner packet is as it was', request(A, B, 63)),
          ...into('node1', 'podB', request(A, B, 62)),
        ],
        reply: [
          ...outOf('node1', 'podB', reply(B, A)),
          at('node1:tunl0', 'node1 has such a route as well', reply(B, A, 63)),
          at('node1:enp0s1', 'Wrapped', outer(node1, master), reply(B, A, 63)),
          at('master:enp0s1', 'Across the segment', outer(node1, master), reply(B, A, 63)),
          at('master:tunl0', 'Unwrapped', reply(B, A, 63)),
          ...into('master', 'podA', reply(B, A, 62)),
        ],
      },
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'podA pings podD on a third node': podToPod(cluster, ['master', 'podA'], ['node2', 'podD'], carried),
      'master pings podB: with the address of tunl0': nodeToPod(cluster, 'master', ['node1', 'podB'], carried, '10.42.0.64'),
      'podA pings node1: plain on the way there, wrapped on the way back': podToNode(cluster, ['master', 'podA'], 'node1', carried),
      'A packet of the pods’ full MTU fills the wire’s': {
        claims: ['CI-01'],
        ...fullSized(cluster, ['master', 'podA'], ['node1', 'podB'], 1480, [
          at('master:tunl0', 'As large as tunl0 takes', request(A, B, 63)),
          at('master:enp0s1', '20 bytes more are all that the wire takes', ip({ src: master, dst: node1, length: 1500 }), request(A, B, 63)),
          at('node1:enp0s1', 'In one piece', ip({ src: master, dst: node1, length: 1500 }), request(A, B, 63)),
          at('node1:tunl0', 'Unwrapped', ip({ src: A, dst: B, length: 1480 }), icmp({ type: 'echo request' })),
        ]),
      },
    },
    checks: {
      ...networkModel(calico.podsOf(cluster), calico.hostsOf(cluster)),
      ...tunnelTables(cluster),
      ...checks.routesOfBird(cluster, () => ({ dev: 'tunl0', flags: ['onlink'] })),
      ...checks.sessions(cluster),
      'BIRD sends to its peers through tunl0, and so to the pods that they announce': {
        claim: 'CI-01',
        run: 'birdc show route table next_hops',
        see: calico.onEvery(cluster, (_, __, peers) => peers.map(([, { address }]) => lines(`${address}/32`, `via ${address} on tunl0 onlink`))),
      },
      'One byte more than the MTU is refused at once': {
        claim: 'CI-01',
        run: `ping -c 1 -W 0.1 -M do -s 1453 ${B}`,
        see: { podA: fails('message too long, mtu=1480') },
      },
      'A pod counts the other node as one hop, by the address of its tunl0': {
        run: `traceroute -n -q 1 -N 1 ${B}`,
        see: { podA: lines('2 10.42.1.0', `3 ${B}`) },
      },
    },
    faults: {
      'node1’s tunl0 is switched off': {
        claims: ['CI-01'],
        break: { node1: 'ip link set tunl0 down' },
        lostAt: 'node1:tunl0',
        untouched: [onNode1, 'podA pings podD on a third node'],
        hint: 'The wrapped packet arrives, and no device takes it. Run `ip link show tunl0` on node1.',
        fix: { node1: `ip link set tunl0 up\n${bird.untilWrapping(cluster, 'node1', 'always')}` },
      },
      'Felix on node1 does not count master among Calico’s nodes': {
        break: { node1: `ipset del cali40all-hosts-net ${master}` },
        lostAt: 'node1:tunl0',
        untouched: [onNode1, 'podA pings podD on a third node', 'podA pings node1: plain on the way there, wrapped on the way back'],
        hint: 'It arrives, and is not unwrapped. Run `iptables -nvL cali-INPUT` on node1. Which rule counts?',
        fix: { node1: `ipset add cali40all-hosts-net ${master}` },
      },
      'The underlay lets only TCP, UDP and ICMP reach node1, as many clouds do': {
        claims: ['CI-01'],
        break: { node1: 'iptables -t raw -I PREROUTING -i enp0s1 -p 4 -j DROP' },
        lostAt: 'node1:tunl0',
        untouched: [onNode1, 'podA pings podD on a third node', 'podA pings node1: plain on the way there, wrapped on the way back'],
        hint: 'Plain packets pass between the nodes. Run `iptables -t raw -nvL PREROUTING` on node1: what is counted?',
        fix: { node1: 'iptables -t raw -D PREROUTING -i enp0s1 -p 4 -j DROP' },
      },
      'The pool’s ipip_mode is never: the ping is answered, but nothing is wrapped': {
        break: bird.wrapping(cluster, 'never'),
        differsAt: 'master:enp0s1',
        untouched: [onNode1],
        hint: 'Run `ip route get 10.42.1.9` on master, then `etcdctl get --prefix /calico/v1/ipam/`.',
        fix: bird.wrapping(cluster, 'always'),
      },
      'node1 does not forward': doesNotForward('node1', { lostAt: `node1:${calico.cali('podB')}`, untouched: ['podA pings podD on a third node'] }),
    },
  });
};

export default sized({});
