import { at, daemon, fails, icmp, ip, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as bird from './kit/calico/bird.ts';
import * as checks from './kit/calico/checks.ts';
import * as calico from './kit/calico/cluster.ts';
import { tunl0 } from './kit/calico/faults.ts';
import { tunnelTables, wrapped } from './kit/calico/ipip.ts';
import { fullSized, into, nodeToPod, outOf, podToNode, podToPod, sameNode } from './kit/calico/walks.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery, type Size } from './kit/cluster.ts';
import { doesNotForward } from './kit/faults.ts';
import { masqueraded } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';

const [A, B, master, node1] = ['10.42.0.65', '10.42.1.9', '192.168.205.4', '192.168.205.3'];
const carried = wrapped(calico.document);
const onNode1 = 'podB pings podC on the same node';

/** The outer header: 20 bytes more than the 84 of a ping, and a TTL copied from inside. */
const outer = (src: string, dst: string) => ip({ src, dst, protocol: 4, ttl: 63, length: 104 });

/** The documents’ cluster, master 192.168.205.4 with 10.42.0.64/26, node1 .3, node2 .5; or one with more nodes, and more pods on each. */
export const sized = (size: Size) => {
  const cluster = calico.sized(size);

  return lab({
    title: 'Calico with IP in IP: a pod’s packet travels inside a node’s packet',
    about:
      'The cluster of calico-bgp. BIRD’s routes now lead into tunl0, and the underlay sees nodes’ addresses only. Calico’s own BIRD is patched for that; plain BIRD does it by a table of next hops.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...kinds(cluster) },
    links: [
      'gw:eth0 192.168.205.1/24 -- lan',
      ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/32 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      ...acquainted(cluster),
      'Point each node to the gateway': onEvery(cluster, () => 'ip route add default via 192.168.205.1'),
      'Write kube-proxy’s rules for one service, so that it could interfere': onEvery(cluster, () => [
        program('kube-proxy/nginx-test', '/run/nginx-test'),
        'iptables-restore --noflush /run/nginx-test',
      ]),
      'Start etcd, which has what all nodes must know': {
        master: daemon(
          'etcd',
          `etcd --data-dir /run/etcd --unsafe-no-fsync --heartbeat-interval 10 --election-timeout 100 --logger zap --log-level warn \
            --listen-client-urls http://127.0.0.1:2379,http://192.168.205.4:2379 --advertise-client-urls http://192.168.205.4:2379 \
            --listen-peer-urls http://127.0.0.1:2380`,
          { 'etcd listens': 'ss -Htln | grep -q :2379' },
        ),
      },
      'The CNI plugin: a pod’s gateway is nobody’s, and its cali* device answers for it': {
        ...onEvery(cluster, (n) => [
          ...n.pods.map(({ veth }) => `ip link set ${veth} address ee:ee:ee:ee:ee:ee mtu 1480`),
          ...n.pods.map(
            ({ veth }) => `sysctl -w net.ipv4.conf.${veth}.proxy_arp=1 net.ipv4.neigh.${veth}.proxy_delay=0 net.ipv4.conf.${veth}.route_localnet=1`,
          ),
        ]),
        ...inEveryPod(
          cluster,
          () => `
            ip link set eth0 mtu 1480
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
        `sh /run/felix-sets tunl0 10.42.0.0/16 ${n.address},${calico.addressOf(n, 0)} ${n.peers.map(({ address }) => address).join()} | ipset restore`,
        "sh /run/felix-rules tunl0 $(ip -o link | grep -o 'cali[0-9a-f]*' | sort) | iptables-restore --noflush",
      ]),
      // tunl0 comes with the kernel’s module ipip. It has no peer: where a packet is to go is said by the route that leads into it.
      'Felix switches tunl0 on: its address is the first of the node’s block': onEvery(cluster, (n) => [
        'ip link show tunl0 >/dev/null 2>&1 || ip tunnel add tunl0 mode ipip || ip link show tunl0',
        'ip link set tunl0 mtu 1480 up',
        `ip addr add ${calico.addressOf(n, 0)}/32 dev tunl0`,
      ]),
      'Once etcd answers, the operator says what is true of the whole cluster': {
        master: [
          bird.until('etcdctl endpoint health >/dev/null 2>&1'),
          `etcdctl --endpoints http://192.168.205.4:2379 txn <<'END'

          put /calico/resources/v3/projectcalico.org/bgpconfigurations/default {"kind":"BGPConfiguration","apiVersion":"projectcalico.org/v3","metadata":{"name":"default"},"spec":{"asNumber":64512,"nodeToNodeMeshEnabled":true}}
          put /calico/resources/v3/projectcalico.org/ippools/default-ipv4-ippool {"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"default-ipv4-ippool"},"spec":{"cidr":"10.42.0.0/16","ipipMode":"Always","natOutgoing":true,"blockSize":26}}


          END`,
        ],
      },
      'Each node says who it is, and which block of addresses it has': onEvery(
        cluster,
        (n) => `
          etcdctl --endpoints http://192.168.205.4:2379 txn <<'END'

          put /calico/resources/v3/projectcalico.org/nodes/${n.name} {"kind":"Node","apiVersion":"projectcalico.org/v3","metadata":{"name":"${n.name}"},"spec":{"bgp":{"ipv4Address":"${n.address}/24","ipv4IPIPTunnelAddr":"${calico.addressOf(n, 0)}"}}}
          put /calico/ipam/v2/host/${n.name}/ipv4/block/${n.block.replace('/', '-')} {"state":"confirmed"}


          END`,
      ),
      'Start confd: what etcd has becomes bird.cfg': onEvery(cluster, (n) => [
        'mkdir -p /run/calico /run/bird',
        program('calico/confd', '/run/calico/confd'),
        program('etcd/etcd.pl', '/run/calico/etcd.pl'),
        daemon('confd', `ETCD=192.168.205.4 perl /run/calico/confd ${n.name} tunl0`, { 'bird.cfg is written': 'test -s /run/calico/bird.cfg' }),
      ]),
      'Start BIRD: each node tells the others of its block': onEvery(cluster, (n) =>
        daemon('bird', 'bird -f -c /run/calico/bird.cfg', {
          'Its BGP sessions are Established': `test $(birdc show protocols | grep -c Established) = ${n.peers.length}`,
          'The kernel has its routes to all other nodes’ pods': `test $(ip route show proto bird | grep -c via) = ${n.peers.length}`,
        }),
      ),
    },
    walks: {
      'podA pings podB on another node': {
        claims: ['CI-01', 'PP-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('podA', request(A, B)),
          at('master:tunl0', 'BIRD’s route leads into tunl0, with node1 as the next hop', request(A, B, 63)),
          at('master:enp0s1', 'Wrapped: protocol 4, 20 bytes more, to that next hop', outer(master, node1), request(A, B, 63)),
          at('node1:enp0s1', 'Outside are the nodes’ addresses, inside the pods’', outer(master, node1), request(A, B, 63)),
          at('node1:tunl0', 'Unwrapped: the inner packet is as it was', request(A, B, 63)),
          ...into('podB', request(A, B, 62)),
        ],
        reply: [
          ...outOf('podB', reply(B, A)),
          at('node1:tunl0', 'node1 has such a route as well', reply(B, A, 63)),
          at('node1:enp0s1', 'Wrapped', outer(node1, master), reply(B, A, 63)),
          at('master:enp0s1', 'Across the segment', outer(node1, master), reply(B, A, 63)),
          at('master:tunl0', 'Unwrapped', reply(B, A, 63)),
          ...into('podA', reply(B, A, 62)),
        ],
      },
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'podA pings podD on a third node': podToPod(cluster, ['master', 'podA'], ['node2', 'podD'], carried),
      'master pings podB: with the address of tunl0': nodeToPod(cluster, 'master', ['node1', 'podB'], carried, '10.42.0.64'),
      'podA pings node1: with its own node’s address, so plain both ways': podToNode(cluster, ['master', 'podA'], 'node1'),
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
      ...masqueraded(cluster),
      ...tunnelTables(cluster),
      ...checks.routesOfBird(cluster, () => ({ dev: 'tunl0', flags: ['onlink'] })),
      ...checks.sessions(cluster),
      'BIRD sends to its peers through tunl0, and so to the pods that they announce': {
        claim: 'CI-01',
        run: 'birdc show route table next_hops',
        see: onEvery(cluster, ({ peers }) => peers.map(({ address }) => lines(`${address}/32`, `via ${address} on tunl0 onlink`))),
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
      ...tunl0(cluster),
      'The pool’s ipipMode is Never: the ping is answered, but nothing is wrapped': {
        break: bird.wrapping(cluster, 'Never'),
        differsAt: 'master:enp0s1',
        untouched: [onNode1],
        cause: 'wrong route',
        hint: 'Run `ip route get 10.42.1.9` on master, then `etcdctl get --prefix /calico/resources/v3/projectcalico.org/ippools`.',
        fix: bird.wrapping(cluster, 'Always'),
      },
      'node1 does not forward': doesNotForward('node1', { lostAt: `node1:${calico.cali('podB')}`, untouched: ['podA pings podD on a third node'] }),
    },
  });
};

export default sized({});
