import { at, lab, lacks, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { doesNotForward } from './kit/faults.ts';
import * as flannel from './kit/flannel.ts';
import { ofNodes, throughput } from './kit/flannel-beside.ts';
import { podMtu } from './kit/flannel-checks.ts';
import * as udpMode from './kit/flannel-udp.ts';
import { into, outOf, withinANode } from './kit/flannel-walks.ts';
import { networkModel } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { acquainted } from './kit/segment.ts';

const { document } = flannel;
const [A, B] = ['10.42.0.65', '10.42.1.9'];
const { node1, master } = document;
const stayedWithin = ['podB pings podC on the same node', 'master pings its own pod'];

/** The documents’ cluster, or one with more nodes, and more pods on each. */
export const sized = (size: flannel.Size) => {
  const cluster = flannel.sized(size);
  const { master: _, ...mastersPeers } = cluster;
  const pods = flannel.podsOf(cluster);

  return lab({
    title: 'Flannel in udp mode carries each packet through a process on either node',
    about:
      'The kernel routes other nodes’ pods into a TUN device, flannel0. A process reads each packet there and sends it in a datagram to port 8285. flanneld’s own process would learn its peers from etcd, as in flannel-vxlan; this one is told them.',
    claims,
    nodes: { lan: 'switch', ...flannel.nodes(cluster) },
    links: [...flannel.segment(cluster, 'lan'), ...flannel.podCables(cluster)],
    setup: {
      ...acquainted(cluster),
      'Bridge each pod to its node; 28 bytes are left for IP and UDP': flannel.bridge(cluster, 1472),
      'Start the process that makes flannel0, and route all pods’ network into it': udpMode.everywhere(cluster),
      'Lay a VXLAN overlay beside it, to be compared with': ofNodes,
    },
    walks: {
      'podA pings podB on another node': {
        claims: ['FU-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('master', 'podA', request(A, B)),
          ...udpMode.throughProcesses(document, ['master', 'node1'], (ttl) => request(A, B, ttl)),
          ...into('node1', 'podB', request(A, B, 60)),
        ],
        reply: [
          ...outOf('node1', 'podB', reply(B, A)),
          ...udpMode.throughProcesses(document, ['node1', 'master'], (ttl) => reply(B, A, ttl)),
          ...into('master', 'podA', reply(B, A, 60)),
        ],
      },
      ...withinANode,
      'master pings podB on another node': {
        claims: ['KM-02'],
        send: send('master', `ping -c 1 ${B}`),
        request: [
          ...udpMode.throughProcesses(document, ['master', 'node1'], (ttl) => request('10.42.0.0', B, ttl), 64),
          ...into('node1', 'podB', request('10.42.0.0', B, 61)),
        ],
        reply: [
          ...outOf('node1', 'podB', reply(B, '10.42.0.0')),
          ...udpMode.throughProcesses(document, ['node1', 'master'], (ttl) => reply(B, '10.42.0.0', ttl)),
        ],
      },
      'podA pings node1': {
        claims: ['KM-02'],
        send: send('podA', `ping -c 1 ${node1.address}`),
        request: [
          ...outOf('master', 'podA', request(A, node1.address)),
          at('master:enp0s1', 'A node’s address is on the underlay: no process is needed', request(A, node1.address, 63)),
          at('node1:enp0s1', 'node1 receives it with the pod’s own address', request(A, node1.address, 63)),
        ],
        reply: [
          ...udpMode.throughProcesses(document, ['node1', 'master'], (ttl) => reply(node1.address, A, ttl), 64),
          ...into('master', 'podA', reply(node1.address, A, 61)),
        ],
      },
      ...udpMode.fullMtu,
    },
    checks: {
      ...networkModel(pods, flannel.hostsOf(cluster)),
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
        hint: 'Run `ip link show flannel0` on master. Who would make it?',
        fix: { master: udpMode.running(master, Object.values(mastersPeers)) },
      },
      'The process on node1 hangs: datagrams arrive, and nobody reads them': {
        claims: ['FU-01'],
        break: { node1: 'kill -STOP $(cat /run/flanneld.pid)' },
        lostAt: 'node1:flannel0',
        untouched: stayedWithin,
        hint: 'Run `ss -lunp` on node1: what waits in Recv-Q? Then look at the state of that process.',
        fix: { node1: 'kill -CONT $(cat /run/flanneld.pid)' },
      },
      'The underlay does not let port 8285 pass': {
        break: { node1: 'iptables -t raw -I PREROUTING -i enp0s1 -p udp --dport 8285 -j DROP' },
        lostAt: 'node1:flannel0',
        untouched: [...stayedWithin],
        hint: 'It reaches node1’s NIC and never its process. Run `iptables -t raw -nvL` on node1.',
        fix: { node1: 'iptables -t raw -D PREROUTING -i enp0s1 -p udp --dport 8285 -j DROP' },
      },
      'node1 routes master’s pods to the underlay, past its process': {
        break: { node1: 'ip route add 10.42.0.0/24 dev enp0s1' },
        lostAt: 'reply node1:flannel0',
        untouched: ['podB pings podC on the same node', 'master pings its own pod'],
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
