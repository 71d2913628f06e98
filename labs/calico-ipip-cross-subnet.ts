import { at, daemon, ip, lab, lacks, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as bird from './kit/calico/bird.ts';
import * as checks from './kit/calico/checks.ts';
import * as calico from './kit/calico/cluster.ts';
import { crossSubnet } from './kit/calico/faults.ts';
import { tunnelTables, wrapped } from './kit/calico/ipip.ts';
import { direct, into, nodeToPod, outOf, podToNode, podToPod, sameNode } from './kit/calico/walks.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery, type Size } from './kit/cluster.ts';
import { masqueraded, notBack } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';

const [A, D] = ['10.42.0.65', '10.42.2.6'];
const [master, node2] = ['192.168.205.4', '192.168.206.5'];
const within = 'podA pings podB in the same subnet';

/** The outer header, and how many TTL it has left. */
const outer = (src: string, dst: string, ttl: number) => ip({ src, dst, protocol: 4, ttl, length: 104 });

const carried = wrapped(calico.acrossSubnets(calico.document), (outer) => [
  at('gw:eth1', 'Into the router', outer),
  at('gw:eth0', 'Out of the router', outer),
]);

/** The cluster of calico-ipip, with node2 and every other node after it in another subnet, behind a router. */
export const sized = (size: Size) => {
  const cluster = calico.acrossSubnets(calico.sized(size));

  return lab({
    title: 'Calico with IP in IP across subnets only: what can go direct, goes direct',
    about:
      'The router between the subnets knows nodes, not pods: what crosses it must be wrapped. Within a subnet a node is its own next hop, and nothing is.',
    claims,
    nodes: { lan: 'switch', lan2: 'switch', gw: 'router', ...kinds(cluster) },
    links: [
      'gw:eth0 192.168.205.1/24 -- lan',
      'gw:eth1 192.168.206.1/24 -- lan2',
      ...forEvery(calico.within(cluster, '192.168.205.0/24'), (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
      ...forEvery(calico.within(cluster, '192.168.206.0/24'), (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan2`),
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/32 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      ...acquainted(cluster),
      'Point each node to the router of its subnet': onEvery(
        cluster,
        (node) => `ip route add default via ${calico.networkOf(node).replace('0/24', '1')}`,
      ),
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
          put /calico/resources/v3/projectcalico.org/ippools/default-ipv4-ippool {"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"default-ipv4-ippool"},"spec":{"cidr":"10.42.0.0/16","ipipMode":"CrossSubnet","natOutgoing":true,"blockSize":26}}


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
      'podA pings podD in the other subnet': {
        claims: ['CI-02'],
        send: send('podA', `ping -c 1 ${D}`),
        request: [
          ...outOf('podA', request(A, D)),
          at('master:tunl0', 'node2’s address is not in the network of master’s own Node', request(A, D, 63)),
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
          ...into('podD', request(A, D, 62)),
        ],
        reply: [...outOf('podD', reply(D, A)), ...carried('node2', 'master', reply(D, A, 63)), ...into('podA', reply(D, A, 62))],
      },
      [within]: { claims: ['CI-02'], ...podToPod(cluster, ['master', 'podA'], ['node1', 'podB'], direct) },
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'master pings podB in the same subnet: with its own address': nodeToPod(cluster, 'master', ['node1', 'podB'], direct),
      'podA pings node1': podToNode(cluster, ['master', 'podA'], 'node1'),
      'podA pings node2: with its own node’s address, so plain both ways': {
        claims: [notBack],
        send: send('podA', `ping -c 1 ${node2}`),
        request: [
          ...outOf('podA', request(A, node2)),
          at('master:enp0s1', 'A node’s address is not in the pool: master gives its own', request(master, node2, 63)),
          at('gw:eth0', 'The router need not know any pod', request(master, node2, 63)),
          at('gw:eth1', 'It knows the destination', request(master, node2, 62)),
          at('node2:enp0s1', 'node2 is asked by master', request(master, node2, 62)),
        ],
        reply: [
          at('node2:enp0s1', 'It answers master', reply(node2, master)),
          at('gw:eth1', 'Through the router', reply(node2, master)),
          at('gw:eth0', 'Unwrapped', reply(node2, master, 63)),
          at('master:enp0s1', 'master puts the pod’s address back', reply(node2, master, 63)),
          ...into('podA', reply(node2, A, 62)),
        ],
      },
    },
    checks: {
      ...masqueraded(cluster),
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
    faults: crossSubnet(cluster),
  });
};

export default sized({});
