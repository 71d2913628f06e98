import { at, daemon, fails, icmp, ip, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as bird from './kit/calico/bird.ts';
import * as checks from './kit/calico/checks.ts';
import * as calico from './kit/calico/cluster.ts';
import { proxyArp, withoutBird } from './kit/calico/faults.ts';
import { direct, fullSized, into, nodeToOwnPod, nodeToPod, outOf, podToGateway, podToNode, podToPod, sameNode } from './kit/calico/walks.ts';
import { each, forEvery, forEveryPod, inEveryPod, kinds, onEvery, type Size } from './kit/cluster.ts';
import { doesNotForward } from './kit/faults.ts';
import * as kubeProxy from './kit/kube-proxy/checks.ts';
import { masqueraded } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';

const [A, B] = ['10.42.0.65', '10.42.1.9'];
const caliB = calico.cali('podB');
const onNode1 = 'podB pings podC on the same node';

/** The documents’ cluster, master 192.168.205.4 with 10.42.0.64/26, node1 .3, node2 .5; or one with more nodes, and more pods on each. */
export const sized = (size: Size) => {
  const cluster = calico.sized(size);

  return lab({
    title: 'Calico without encapsulation: every node routes, and BIRD tells where pods are',
    about:
      'Nodes on one segment, a gateway, and a real BIRD on each node. Its configuration is rendered from etcd. There is no bridge, and nothing is wrapped.',
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
          ...n.pods.map(({ veth }) => `ip link set ${veth} address ee:ee:ee:ee:ee:ee`),
          ...n.pods.map(
            ({ veth }) => `sysctl -w net.ipv4.conf.${veth}.proxy_arp=1 net.ipv4.neigh.${veth}.proxy_delay=0 net.ipv4.conf.${veth}.route_localnet=1`,
          ),
        ]),
        ...inEveryPod(
          cluster,
          () => `
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
        `sh /run/felix-sets none 10.42.0.0/16 ${n.address} ${n.peers.map(({ address }) => address).join()} | ipset restore`,
        "sh /run/felix-rules none $(ip -o link | grep -o 'cali[0-9a-f]*' | sort) | iptables-restore --noflush",
      ]),
      'Once etcd answers, the operator says what is true of the whole cluster': {
        master: [
          bird.until('etcdctl endpoint health >/dev/null 2>&1'),
          `etcdctl --endpoints http://192.168.205.4:2379 txn <<'END'

          put /calico/resources/v3/projectcalico.org/bgpconfigurations/default {"kind":"BGPConfiguration","apiVersion":"projectcalico.org/v3","metadata":{"name":"default"},"spec":{"asNumber":64512,"nodeToNodeMeshEnabled":true}}
          put /calico/resources/v3/projectcalico.org/ippools/default-ipv4-ippool {"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"default-ipv4-ippool"},"spec":{"cidr":"10.42.0.0/16","ipipMode":"Never","natOutgoing":true,"blockSize":26}}


          END`,
        ],
      },
      'Each node says who it is, and which block of addresses it has': onEvery(
        cluster,
        (n) => `
          etcdctl --endpoints http://192.168.205.4:2379 txn <<'END'

          put /calico/resources/v3/projectcalico.org/nodes/${n.name} {"kind":"Node","apiVersion":"projectcalico.org/v3","metadata":{"name":"${n.name}"},"spec":{"bgp":{"ipv4Address":"${n.address}/24"}}}
          put /calico/ipam/v2/host/${n.name}/ipv4/block/${n.block.replace('/', '-')} {"state":"confirmed"}


          END`,
      ),
      'Start confd: what etcd has becomes bird.cfg': onEvery(cluster, (n) => [
        'mkdir -p /run/calico /run/bird',
        program('calico/confd', '/run/calico/confd'),
        program('etcd/etcd.pl', '/run/calico/etcd.pl'),
        daemon('confd', `ETCD=192.168.205.4 perl /run/calico/confd ${n.name}`, { 'bird.cfg is written': 'test -s /run/calico/bird.cfg' }),
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
        claims: ['CB-01', 'CB-05', 'PP-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('podA', request(A, B)),
          at('master:enp0s1', 'BIRD’s route leads to node1 itself: nothing is wrapped', macs('master:enp0s1', 'node1:enp0s1'), request(A, B, 63)),
          at('node1:enp0s1', 'On the wire are the pods’ own addresses', macs('master:enp0s1', 'node1:enp0s1'), request(A, B, 63)),
          ...into('podB', request(A, B, 62)),
        ],
        reply: [
          ...outOf('podB', reply(B, A)),
          at('node1:enp0s1', 'node1 has learned of podA’s block as well', macs('node1:enp0s1', 'master:enp0s1'), reply(B, A, 63)),
          at('master:enp0s1', 'Across the segment', reply(B, A, 63)),
          ...into('podA', reply(B, A, 62)),
        ],
      },
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'podA pings podD on a third node': podToPod(cluster, ['master', 'podA'], ['node2', 'podD'], direct),
      'master pings its own pod': nodeToOwnPod(cluster, 'master', 'podA'),
      'master pings podB on another node': nodeToPod(cluster, 'master', ['node1', 'podB'], direct),
      'podA pings node1: with its own node’s address': podToNode(cluster, ['master', 'podA'], 'node1'),
      'A packet of 1500 bytes crosses in one piece': {
        claims: ['CB-05'],
        ...fullSized(cluster, ['master', 'podA'], ['node1', 'podB'], 1500, [
          at('master:enp0s1', 'No room is left for any other header', ip({ src: A, dst: B, length: 1500 }), icmp({ type: 'echo request' })),
          at('node1:enp0s1', 'Not a byte is added', ip({ src: A, dst: B, length: 1500 }), icmp({ type: 'echo request' })),
        ]),
      },
      'podA pings the gateway, which knows nothing of pods': podToGateway(cluster, ['master', 'podA'], 'gw', '192.168.205.1'),
    },
    checks: {
      ...masqueraded(cluster),
      ...checks.podsArePlugged(cluster),
      ...checks.noTunnels(cluster),
      ...checks.routesOfBird(cluster),
      ...checks.sessions(cluster),
      ...checks.renderedFromEtcd(cluster, 'master'),
      'An address of master’s block that no pod has goes nowhere': {
        run: 'ip route get 10.42.0.127',
        see: { master: fails('Invalid argument') },
      },
      'traceroute names a node, a node and the pod': {
        claim: 'CB-05',
        run: `traceroute -n -q 1 -N 1 ${B}`,
        see: { podA: lines('1 192.168.205.4', '2 192.168.205.3', `3 ${B}`) },
      },
      'The answer of a pod on another node has ttl=62': {
        claim: 'CB-05',
        run: `ping -c 1 ${B}`,
        see: { podA: lines('ttl=62') },
      },
      'Pod to pod passes kube-proxy’s chain, and no rule there touches it': kubeProxy.ignoresPods('master', 'podA', A, B),
    },
    faults: {
      ...proxyArp,
      'node1 has no /32 route to podB: the packet ends in its block’s blackhole': {
        claims: ['CB-03', 'CN-11'],
        break: { node1: `ip route del ${B}` },
        lostAt: `node1:${caliB}`,
        untouched: ['podA pings podD on a third node', 'podA pings node1: with its own node’s address'],
        cause: 'blackhole route',
        hint: 'Run `ip route get 10.42.1.9` on node1, then `ip route show 10.42.1.0/26`. Felix would put it back within 90 s.',
        fix: { node1: `ip route add ${B} dev ${caliB} scope link` },
      },
      'Felix has not heard of podB: what is for it is dropped': {
        claims: ['CB-07', 'CN-11'],
        break: { node1: `iptables -D cali-to-wl-dispatch -o ${caliB} -g cali-tw-${caliB}` },
        lostAt: `node1:${caliB}`,
        untouched: [onNode1, 'podA pings node1: with its own node’s address'],
        cause: 'firewall rule',
        hint: 'Run `iptables -nvL cali-to-wl-dispatch` on node1. Which rule counts? Felix would write the other one again within 2 s.',
        fix: { node1: `iptables -I cali-to-wl-dispatch -o ${caliB} -g cali-tw-${caliB}` },
      },
      ...withoutBird(cluster),
      'node1 does not forward': doesNotForward('node1', {
        lostAt: `node1:${caliB}`,
        untouched: ['podA pings podD on a third node', 'podA pings node1: with its own node’s address'],
      }),
    },
  });
};

export default sized({});
