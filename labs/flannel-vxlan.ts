import { at, daemon, lab, lines, send, standsFor } from 'packetwalk';
import { claims } from './claims.ts';
import { forEvery, forEveryPod, inEveryPod, kinds, nodesOf, onEvery, podsOf, type Size } from './kit/cluster.ts';
import { doesNotForward } from './kit/faults.ts';
import { asPrinted, podMtu, subnetEnv, vethPair, vxlanIds, vxlanTables } from './kit/flannel/checks.ts';
import * as flannel from './kit/flannel/cluster.ts';
import * as faults from './kit/flannel/faults.ts';
import { control, joinAndLeave } from './kit/flannel/leases.ts';
import { flanneldWith } from './kit/flannel/real.ts';
import { fullMtu, into, throughTunnel, toAnotherNode, tunnel, withinANode, wrapping } from './kit/flannel/walks.ts';
import * as kubeProxy from './kit/kube-proxy/checks.ts';
import { masqueraded } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';
import { soonAmong, within } from './kit/until.ts';

const { document } = flannel;
const [A, B] = ['10.42.0.65', '10.42.1.9'];
const toNode1 = tunnel(document.master, document.node1);
const toMaster = tunnel(document.node1, document.master);

/** One end of the tunnel: a VXLAN device that learns nothing, with the first address of the node’s subnet. */
const tunnelEnd: faults.Typed['tunnelEnd'] = (n, { vni = 1, port = 8472 } = {}) => `
  ip link add flannel.1 address ${n.mac} mtu 1450 txqueuelen 0 type vxlan id ${vni} local ${n.address} dev enp0s1 dstport ${port} nolearning
  ip link set flannel.1 up
  ip addr add ${n.subnet}.0/32 dev flannel.1`;

/** flanneld in small, or the real one: it speaks with the etcd on master. */
const flanneld: faults.Typed['flanneld'] = (n) =>
  standsFor('flanneld', {
    small: daemon('flanneld', `ETCD=192.168.205.4 perl /run/flanneld ${n.address} ${n.subnet}.0/24`, {
      'its subnet is leased': 'test -s /run/flannel/subnet.env',
    }),
    real: flanneldWith(n, 'http://192.168.205.4:2379'),
  });

/**
 * The documents’ cluster: master is 192.168.205.4 with 10.42.0.0/24, node1 .3 with 10.42.1.0/24, node2 .5 with 10.42.2.0/24. Or one
 * with more nodes, and more pods on each.
 */
export const sized = (size: Size) => {
  const cluster = flannel.sized(size);
  const pods = podsOf(cluster);
  const peers = nodesOf(cluster).length - 1;
  const knowsPeers = soonAmong(peers)(
    `test $(grep -c flannel.1 /proc/net/route) = ${peers} && test $(bridge fdb show dev flannel.1 | wc -l) = ${peers}`,
  );
  const typed = { tunnelEnd, flanneld, knowsPeers };

  return lab({
    title: 'Flannel in VXLAN mode carries a pod’s packet to another node',
    about:
      'Nodes on one segment, a /24 of pods each, and a VXLAN device flannel.1 that wraps what goes between them. flanneld, here in small, leases each node’s /24 in etcd, and tells the kernel what the others have leased.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...kinds(cluster) },
    links: [
      'gw:eth0 192.168.205.1/24 -- lan',
      ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      ...acquainted(cluster),
      'Lease each node its address and its default route, as DHCP does': onEvery(
        document,
        (n) => `
          ip addr del ${n.address}/24 dev enp0s1
          ip addr add ${n.address}/24 brd + metric 100 dev enp0s1 valid_lft 86400 preferred_lft 86400
          ip route add 192.168.205.1 dev enp0s1 proto dhcp scope link src ${n.address} metric 100
          ip route add default via 192.168.205.1 dev enp0s1 proto dhcp src ${n.address} metric 100`,
      ),
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
      'Create each tunnel end: it encapsulates to UDP port 8472, with VXLAN id 1': onEvery(cluster, (n) => tunnelEnd(n)),
      'Start etcd on master, with flannel’s configuration': {
        master: [
          daemon(
            'etcd',
            `etcd --data-dir /run/etcd --unsafe-no-fsync --heartbeat-interval 5 --election-timeout 25 --logger zap --log-level warn \
              --listen-client-urls http://127.0.0.1:2379,http://192.168.205.4:2379 --advertise-client-urls http://192.168.205.4:2379 \
              --listen-peer-urls http://127.0.0.1:2380`,
            { 'etcd listens': 'ss -Htln | grep -q :2379' },
          ),
          within(`etcdctl put /coreos.com/network/config '{"Network":"10.42.0.0/16","SubnetMin":"10.42.0.0","Backend":{"Type":"vxlan"}}'`, 60),
        ],
      },
      'Start flanneld everywhere: it leases the node’s subnet, and watches the leases': onEvery(cluster, (n) => [
        program('flannel/flanneld', '/run/flanneld'),
        program('etcd/etcd.pl', '/run/etcd.pl'),
        flanneld(n),
      ]),
      'Let each node learn its peers: for each a neighbour, a route and an fdb entry': onEvery(cluster, () => knowsPeers),
      'Masquerade what leaves the pods’ network, and accept what is forwarded from and to it': onEvery(cluster, (n) =>
        standsFor('flanneld', {
          small: [program('flannel/masquerade', '/run/masquerade'), `sh /run/masquerade 10.42.0.0/16 ${n.subnet}.0/24`],
        }),
      ),
      'Write kube-proxy’s rules for one service, so that it could interfere': onEvery(document, () => [
        program('kube-proxy/nginx-test', '/run/nginx-test'),
        'iptables-restore --noflush /run/nginx-test',
      ]),
    },
    walks: {
      'podA pings podB on another node': {
        claims: ['FV-10', 'FV-13', 'PP-01'],
        send: send('podA', 'ping -c 1 10.42.1.9'),
        request: [
          at('podA:eth0', 'The pod hands a plain packet to its gateway', request(A, B)),
          at('master:vethA', 'What enters one end of the veth pair leaves the other', request(A, B)),
          at('master:cni0', 'It bears the MAC of cni0, so the bridge gives it to its node', request(A, B)),
          at('master:flannel.1', 'The node routes it into the tunnel: one TTL is spent', request(A, B, 63)),
          at('master:enp0s1', 'The fdb knows the peer: the frame leaves wrapped in UDP', toNode1, request(A, B, 63)),
          at('node1:enp0s1', 'The underlay carries it like any datagram', toNode1, request(A, B, 63)),
          at('node1:flannel.1', 'The device with this VXLAN id takes the wrapping off', request(A, B, 63)),
          at('node1:cni0', 'node1 routes it to its own subnet: another TTL is spent', request(A, B, 62)),
          at('node1:vethB', 'The bridge knows which port leads to the pod', request(A, B, 62)),
          at('podB:eth0', 'It arrives with TTL 62 and the sender’s own address', request(A, B, 62)),
        ],
        reply: [
          at('podB:eth0', 'The answer takes the same way back', reply(B, A)),
          at('node1:vethB', 'Out of the pod', reply(B, A)),
          at('node1:cni0', 'Up to the node', reply(B, A)),
          at('node1:flannel.1', 'Into the tunnel', reply(B, A, 63)),
          at('node1:enp0s1', 'Wrapped towards master', toMaster, reply(B, A, 63)),
          at('master:enp0s1', 'Across the underlay', toMaster, reply(B, A, 63)),
          at('master:flannel.1', 'Unwrapped', reply(B, A, 63)),
          at('master:cni0', 'Routed to the local subnet', reply(B, A, 62)),
          at('master:vethA', 'Bridged to the pod’s port', reply(B, A, 62)),
          at('podA:eth0', 'The ping is answered', reply(B, A, 62)),
        ],
      },
      ...wrapping,
      ...withinANode,
      'master pings podB on another node': {
        claims: ['KM-02'],
        send: send('master', 'ping -c 1 10.42.1.9'),
        request: [...throughTunnel(document, ['master', 'node1'], request('10.42.0.0', B)), ...into('podB', request('10.42.0.0', B, 63))],
      },
      ...toAnotherNode,
      ...fullMtu,
    },
    checks: {
      ...masqueraded(cluster),
      ...vxlanTables(cluster),
      ...(peers === 2 ? asPrinted : {}),
      ...podMtu(pods, 1450, 'FV-02'),
      'The kernel takes that route': {
        claim: 'FV-04',
        run: 'ip route get 10.42.1.9 from 10.42.0.65 iif cni0',
        see: { master: lines('10.42.1.9 from 10.42.0.65 via 10.42.1.0 dev flannel.1') },
      },
      'A pod’s ping to another node’s pod comes back with ttl=62': {
        claim: 'FV-08',
        run: 'for i in 1 2 3; do ping -c 1 10.42.1.9; done',
        see: { podA: lines(...[1, 2, 3].flatMap(() => ['icmp_seq=1 ttl=62', '1 received, 0% packet loss'])) },
      },
      'traceroute names cni0, the peer’s flannel.1 and the pod': {
        claim: 'FV-09',
        run: 'traceroute -n 10.42.1.9',
        see: { podA: lines('1 10.42.0.1', '2 10.42.1.0', '3 10.42.1.9') },
      },
      'Pod to pod passes kube-proxy’s chain, and no rule there touches it': kubeProxy.ignoresPods('master', 'podA', A, B),
      ...vxlanIds,
      ...vethPair,
      ...subnetEnv(cluster),
      ...control,
      ...joinAndLeave,
    },
    faults: {
      ...faults.leases(typed),
      ...faults.beliefs,
      'master does not forward': doesNotForward('master', {
        claims: ['FV-21'],
        lostAt: 'master:flannel.1',
        untouched: ['podB pings podC on the same node', 'master pings its own pod', 'master pings podB on another node'],
      }),
      'node1 does not forward': doesNotForward('node1', {
        claims: ['FV-21'],
        lostAt: 'node1:cni0',
        untouched: ['podB pings podC on the same node', 'master pings its own pod', 'podA pings node1'],
      }),
      ...faults.vteps(typed),
      ...faults.filter,
      ...faults.portless,
    },
  });
};

export default sized({});
