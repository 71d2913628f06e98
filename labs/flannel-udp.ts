import { daemon, lab, lacks, lines, send, standsFor } from 'packetwalk';
import { claims } from './claims.ts';
import { forEvery, forEveryPod, inEveryPod, kinds, onEvery, podsOf, type Size } from './kit/cluster.ts';
import { doesNotForward } from './kit/faults.ts';
import { throughput } from './kit/flannel/beside.ts';
import { podMtu } from './kit/flannel/checks.ts';
import * as flannel from './kit/flannel/cluster.ts';
import { flanneldOn, subnetManager } from './kit/flannel/real.ts';
import * as udpMode from './kit/flannel/udp.ts';
import { into, outOf, toAnotherNode, withinANode } from './kit/flannel/walks.ts';
import { masqueraded } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { feed, program } from './kit/program.ts';
import { acquainted } from './kit/segment.ts';

const { document } = flannel;
const [A, B] = ['10.42.0.65', '10.42.1.9'];
const { node1, master } = document;
const stayedWithin = ['podB pings podC on the same node', 'master pings its own pod'];

/** The process, and what flanneld types once its device is there. */
const flanneld = (n: flannel.Named, peers = 2) =>
  standsFor('flanneld', {
    small: [
      daemon('flanneld', `perl /run/flanneld ${n.address} /run/flannel-peers`, {
        'flannel0 is there': 'ip link show flannel0',
        'it listens at port 8285': "ss -lunH 'sport = :8285' | grep -q .",
      }),
      `
      ip link set flannel0 mtu 1472 up
      ip addr add ${n.subnet}.0/32 dev flannel0
      ip route add 10.42.0.0/16 dev flannel0 scope global`,
    ],
    real: flanneldOn(n, 'udp', peers),
  });

/** The documents’ cluster, or one with more nodes, and more pods on each. */
export const sized = (size: Size) => {
  const cluster = flannel.sized(size);
  const pods = podsOf(cluster);

  return lab({
    title: 'Flannel in udp mode carries each packet through a process on either node',
    about:
      'The kernel routes other nodes’ pods into a TUN device, flannel0. A process reads each packet there and sends it in a datagram to port 8285. flanneld’s own process would learn its peers from etcd, as in flannel-vxlan; this one is told them.',
    claims,
    nodes: { lan: 'switch', ...kinds(cluster) },
    links: [
      ...forEvery(cluster, (n) => `${n.name}:enp0s1 ${n.address}/24 -- lan`),
      ...forEveryPod(cluster, (pod) => `${pod.name}:eth0 ${pod.address}/24 -- ${pod.node.name}:${pod.veth}`),
    ],
    setup: {
      ...acquainted(cluster),
      'Bridge each pod to its node; 28 bytes are left for IP and UDP': {
        ...onEvery(cluster, (n) => [
          'ip link add cni0 mtu 1472 up type bridge',
          ...n.pods.map(({ veth }) => `ip link set ${veth} mtu 1472 txqueuelen 0 master cni0`),
          ...n.pods.map(({ veth }) => `ip link set ${veth} type bridge_slave hairpin on`),
          `ip addr add ${n.subnet}.1/24 dev cni0`,
        ]),
        ...inEveryPod(cluster, (pod) => [
          'ip link set eth0 mtu 1472',
          `ip route add default via ${pod.node.subnet}.1`,
          `ip route add 10.42.0.0/16 via ${pod.node.subnet}.1`,
        ]),
      },
      'Have etcd say what flannel’s network is: where flanneld is played, nobody asks': { master: subnetManager('udp') },
      'Start the process that makes flannel0, and route all pods’ network into it': onEvery(cluster, (n) => [
        'test -e /dev/net/tun || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200; }',
        program('flannel/flanneld-udp', '/run/flanneld'),
        feed(
          'cat > /run/flannel-peers',
          n.peers.map((peer) => `peer ${peer.subnet} ${peer.address}`),
        ),
        flanneld(n, n.peers.length),
      ]),
      'Masquerade what leaves the pods’ network, and accept what is forwarded from and to it': onEvery(cluster, (n) =>
        standsFor('flanneld', {
          small: [program('flannel/masquerade', '/run/masquerade'), `sh /run/masquerade 10.42.0.0/16 ${n.subnet}.0/24`],
        }),
      ),
      'Lay a VXLAN overlay beside it, to be compared with': {
        master: `
          ip link add flannel.1 address ${master.mac} mtu 1450 txqueuelen 0 type vxlan id 1 local ${master.address} dev enp0s1 dstport 8472 nolearning
          ip link set flannel.1 up
          ip addr add 10.52.0.0/32 dev flannel.1
          ip neigh add 10.52.1.0 lladdr ${node1.mac} dev flannel.1 nud permanent
          ip route add 10.52.1.0/24 via 10.52.1.0 dev flannel.1 onlink
          bridge fdb append ${node1.mac} dev flannel.1 dst ${node1.address} self permanent`,
        node1: [
          `
          ip link add flannel.1 address ${node1.mac} mtu 1450 txqueuelen 0 type vxlan id 1 local ${node1.address} dev enp0s1 dstport 8472 nolearning
          ip link set flannel.1 up
          ip addr add 10.52.1.0/32 dev flannel.1
          ip neigh add 10.52.0.0 lladdr ${master.mac} dev flannel.1 nud permanent
          ip route add 10.52.0.0/24 via 10.52.0.0 dev flannel.1 onlink
          bridge fdb append ${master.mac} dev flannel.1 dst ${master.address} self permanent`,
          daemon('iperf3', 'iperf3 -s', { 'iperf3 listens': "ss -ltnH 'sport = :5201' | grep -q ." }),
        ],
      },
    },
    walks: {
      'podA pings podB on another node': {
        claims: ['FU-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('podA', request(A, B)),
          ...udpMode.throughProcesses(document, ['master', 'node1'], (ttl) => request(A, B, ttl)),
          ...into('podB', request(A, B, 60)),
        ],
        reply: [
          ...outOf('podB', reply(B, A)),
          ...udpMode.throughProcesses(document, ['node1', 'master'], (ttl) => reply(B, A, ttl)),
          ...into('podA', reply(B, A, 60)),
        ],
      },
      ...withinANode,
      'master pings podB on another node': {
        claims: ['KM-02'],
        send: send('master', `ping -c 1 ${B}`),
        request: [
          ...udpMode.throughProcesses(document, ['master', 'node1'], (ttl) => request('10.42.0.0', B, ttl), 64),
          ...into('podB', request('10.42.0.0', B, 61)),
        ],
        reply: [
          ...outOf('podB', reply(B, '10.42.0.0')),
          ...udpMode.throughProcesses(document, ['node1', 'master'], (ttl) => reply(B, '10.42.0.0', ttl)),
        ],
      },
      ...toAnotherNode,
      ...udpMode.fullMtu,
    },
    checks: {
      ...masqueraded(cluster),
      ...udpMode.processes(cluster),
      ...podMtu(pods, 1472, 'FU-01'),
      'traceroute: each process spends a hop and says nothing of it': {
        claim: 'FU-01',
        run: `traceroute -n -q 1 -w 0.5 ${B}`,
        see: { podA: lines('1 10.42.0.1', '2 *', '3 *', '4 10.42.1.0', '5 10.42.1.9') },
      },
      'Two processes carry not half of what VXLAN does, which stays in the kernel': throughput('FU-01', {
        from: 'master',
        name: 'udp mode',
        to: '10.42.1.0',
        vxlan: '10.52.1.0',
        than: 'less than half',
        bytes: '1M',
      }),
      'Nothing of VXLAN is in the way: the pods’ network does not lead there': {
        run: 'ip route get 10.42.1.9',
        see: { master: [lines('10.42.1.9 dev flannel0'), lacks('flannel.1')] },
      },
    },
    faults: {
      'The process on master is killed, and flannel0 goes with it': {
        claims: ['FU-01'],
        break: { master: 'kill $(cat /run/flanneld.pid)\ntimeout 10 sh -c "while ip link show flannel0; do sleep 0.05; done"' },
        lostAt: 'master:flannel0',
        untouched: stayedWithin,
        cause: 'daemon ended',
        hint: 'Run `ip link show flannel0` on master. Who would make it?',
        fix: { master: flanneld(master) },
      },
      'The process on node1 hangs: datagrams arrive, and nobody reads them': {
        claims: ['FU-01'],
        break: { node1: 'kill -STOP $(cat /run/flanneld.pid)' },
        lostAt: 'node1:flannel0',
        untouched: stayedWithin,
        cause: 'daemon stopped',
        hint: 'Run `ss -lunp` on node1: what waits in Recv-Q? Then look at the state of that process.',
        fix: { node1: 'kill -CONT $(cat /run/flanneld.pid)' },
      },
      'The underlay does not let port 8285 pass': {
        break: { node1: 'iptables -t raw -I PREROUTING -i enp0s1 -p udp --dport 8285 -j DROP' },
        lostAt: 'node1:flannel0',
        untouched: [...stayedWithin],
        cause: 'firewall rule',
        hint: 'It reaches node1’s NIC and never its process. Run `iptables -t raw -nvL` on node1.',
        fix: { node1: 'iptables -t raw -D PREROUTING -i enp0s1 -p udp --dport 8285 -j DROP' },
      },
      'node1 routes master’s pods to the underlay, past its process': {
        break: { node1: 'ip route add 10.42.0.0/24 dev enp0s1' },
        lostAt: 'reply node1:flannel0',
        untouched: ['podB pings podC on the same node', 'master pings its own pod'],
        cause: 'neighbour on another segment',
        hint: 'The request arrives. Run `ip route get 10.42.0.65` on node1.',
        fix: { node1: 'ip route del 10.42.0.0/24 dev enp0s1' },
      },
      'node1 does not forward': doesNotForward('node1', {
        claims: ['FV-21'],
        lostAt: 'node1:cni0',
        untouched: [...stayedWithin, 'podA pings node1'],
      }),
    },
  });
};

export default sized({});
