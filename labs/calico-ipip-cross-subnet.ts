import { at, ip, lab, lacks, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as bird from './kit/bird.ts';
import * as calico from './kit/calico.ts';
import * as checks from './kit/calico-checks.ts';
import { tunnels, tunnelTables, wrapped } from './kit/calico-ipip.ts';
import { direct, into, nodeToPod, outOf, podToNode, podToPod, sameNode } from './kit/calico-walks.ts';
import { doesNotForward } from './kit/faults.ts';
import * as kubeProxy from './kit/kube-proxy.ts';
import { networkModel } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';

const [A, D] = ['10.42.0.65', '10.42.2.6'];
const [master, node2] = ['192.168.205.4', '192.168.206.5'];
const within = 'podA pings podB in the same subnet';
const onNode1 = 'podB pings podC on the same node';

/** The outer header, and how many TTL it has left. */
const outer = (src: string, dst: string, ttl: number) => ip({ src, dst, protocol: 4, ttl, length: 104 });

const carried = wrapped(calico.acrossSubnets(calico.document), (outer) => [
  at('gw:eth1', 'Into the router', outer),
  at('gw:eth0', 'Out of the router', outer),
]);

/** The cluster of calico-ipip, with node2 and every other node after it in another subnet, behind a router. */
export const sized = (size: calico.Size) => {
  const cluster = calico.acrossSubnets(calico.sized(size));

  return lab({
    title: 'Calico with IP in IP across subnets only: what can go direct, goes direct',
    about:
      'The router between the subnets knows nodes, not pods: what crosses it must be wrapped. Within a subnet a node is its own next hop, and nothing is.',
    claims,
    nodes: { lan: 'switch', lan2: 'switch', gw: 'router', ...calico.nodes(cluster) },
    links: [
      'gw:eth0 192.168.205.1/24 -- lan',
      'gw:eth1 192.168.206.1/24 -- lan2',
      ...calico.segment(calico.within(cluster, '192.168.205.0/24'), 'lan'),
      ...calico.segment(calico.within(cluster, '192.168.206.0/24'), 'lan2'),
      ...calico.podCables(cluster),
    ],
    setup: {
      'Point each node to the router of its subnet': calico.onEvery(
        cluster,
        (node) => `ip route add default via ${calico.networkOf(node).replace('0/24', '1')}`,
      ),
      ...bird.datastore(cluster),
      ...calico.plugged(cluster, 1480),
      'Felix switches tunl0 on, and lets IP in IP enter from Calico’s nodes only': tunnels(cluster),
      ...bird.controlPlane(cluster, 'cross-subnet'),
      'Write kube-proxy’s rules for one service, so that it could interfere': calico.onEvery(cluster, () => kubeProxy.nginxTest),
    },
    walks: {
      'podA pings podD in the other subnet': {
        claims: ['CI-02'],
        send: send('podA', `ping -c 1 ${D}`),
        request: [
          ...outOf('master', 'podA', request(A, D)),
          at('master:tunl0', 'node2 says in etcd that it is in another subnet', request(A, D, 63)),
          at(
            'master:enp0s1',
            'So the packet leaves wrapped, for the router',
            macs('master:enp0s1', 'gw:eth0'),
            outer(master, node2, 63),
            request(A, D, 63),
          ),
          at('gw:eth0', 'The router sees nodes’ addresses, and knows the way', outer(master, node2, 63), request(A, D, 63)),
          at('gw:eth1', 'It spends the outer TTL: the inner one is untouched', outer(master, node2, 62), request(A, D, 63)),
          at('node2:enp0s1', 'It arrives', outer(master, node2, 62), request(A, D, 63)),
          at('node2:tunl0', 'Unwrapped', request(A, D, 63)),
          ...into('node2', 'podD', request(A, D, 62)),
        ],
        reply: [...outOf('node2', 'podD', reply(D, A)), ...carried('node2', 'master', reply(D, A, 63)), ...into('master', 'podA', reply(D, A, 62))],
      },
      [within]: { claims: ['CI-02'], ...podToPod(cluster, ['master', 'podA'], ['node1', 'podB'], direct) },
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'master pings podB in the same subnet: with its own address': nodeToPod(cluster, 'master', ['node1', 'podB'], direct),
      'podA pings node1': podToNode(cluster, ['master', 'podA'], 'node1', direct),
      'podA pings node2: plain on the way there, wrapped on the way back': {
        send: send('podA', `ping -c 1 ${node2}`),
        request: [
          ...outOf('master', 'podA', request(A, node2)),
          at('master:enp0s1', 'A node’s address is no pod’s: the default route has it', request(A, node2, 63)),
          at('gw:eth0', 'The router need not know the sender', request(A, node2, 63)),
          at('gw:eth1', 'It knows the destination', request(A, node2, 62)),
          at('node2:enp0s1', 'The pod’s own address has crossed the router', request(A, node2, 62)),
        ],
        reply: [...carried('node2', 'master', reply(node2, A)), ...into('master', 'podA', reply(node2, A, 63))],
      },
    },
    checks: {
      ...networkModel(calico.podsOf(cluster), calico.hostsOf(cluster)),
      ...tunnelTables(cluster),
      ...checks.routesOfBird(cluster, (own, peer) =>
        calico.networkOf(own) === calico.networkOf(peer) ? { dev: 'enp0s1', flags: [] } : { dev: 'tunl0', flags: ['onlink'] },
      ),
      ...checks.sessions(cluster),
      'The router knows no pods': {
        claim: 'CI-02',
        run: 'ip route',
        see: { gw: [lines('192.168.205.0/24 dev eth0', '192.168.206.0/24 dev eth1'), lacks('10.42.')] },
      },
      'The outer TTL is a copy: traceroute’s second probe ends at the router, unsaid': {
        claim: 'CI-02',
        run: `traceroute -n -q 1 -N 1 -w 1 ${D}`,
        see: { podA: lines('2 *', `3 ${D}`) },
      },
    },
    faults: {
      'The router drops protocol 4, as many clouds do': {
        claims: ['CI-02'],
        break: { gw: 'iptables -I FORWARD -p 4 -j DROP' },
        lostAt: 'gw:eth1',
        untouched: [within, onNode1, 'podA pings node1'],
        hint: 'Plain packets pass. What does `iptables -nvL FORWARD` count on gw?',
        fix: { gw: 'iptables -D FORWARD -p 4 -j DROP' },
      },
      'The router does not forward': doesNotForward('gw', { lostAt: 'gw:eth1', untouched: [within, onNode1, 'podA pings node1'] }),
      'master’s tunl0 is switched off': {
        break: { master: 'ip link set tunl0 down' },
        lostAt: 'master:tunl0',
        untouched: [within, onNode1, 'podA pings node1'],
        hint: 'Run `ip route get 10.42.2.6` on master, then `birdc show route table next_hops`.',
        fix: { master: `ip link set tunl0 up\n${bird.untilWrapping(cluster, 'master', 'cross-subnet')}` },
      },
      'The pool’s ipip_mode is always: even the same subnet is wrapped': {
        claims: ['CI-02'],
        break: bird.wrapping(cluster, 'always'),
        walk: within,
        differsAt: 'master:enp0s1',
        untouched: [onNode1],
        hint: 'The ping is answered. Run `ip route get 10.42.1.9` on master, then look at the pool in etcd.',
        fix: bird.wrapping(cluster, 'cross-subnet'),
      },
      'node2 says in etcd that it is in master’s subnet': {
        break: {
          node2: `${bird.etcdctl(cluster)} put /calico/bgp/v1/host/node2/network_v4 192.168.205.0/24`,
          master: bird.untilWithdrawn(cluster.node2.block),
        },
        lostAt: 'master:tunl0',
        untouched: [within, onNode1],
        hint: 'Run `birdc show route table next_hops` on master. Can node2 be a neighbour there?',
        fix: { node2: bird.registration(cluster, 'node2'), master: bird.untilLearned(cluster.node2.block) },
      },
    },
  });
};

export default sized({});
