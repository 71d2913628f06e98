import { at, corrects, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { doesNotForward } from './kit/faults.ts';
import * as flannel from './kit/flannel.ts';
import { asPrinted, podMtu, vethPair, vxlanIds, vxlanTables } from './kit/flannel-checks.ts';
import * as faults from './kit/flannel-faults.ts';
import { control, joinAndLeave } from './kit/flannel-leases.ts';
import { fullMtu, into, outOf, withinANode, wrapping } from './kit/flannel-walks.ts';
import * as flanneld from './kit/flanneld.ts';
import * as kubeProxy from './kit/kube-proxy.ts';
import { networkModel } from './kit/network-model.ts';
import { reply, request } from './kit/ping.ts';
import { acquainted } from './kit/segment.ts';

const { document } = flannel;
const [A, B] = ['10.42.0.65', '10.42.1.9'];
const toNode1 = flannel.tunnel(document.master, document.node1);
const toMaster = flannel.tunnel(document.node1, document.master);

/** The documents’ cluster, or one with more nodes, and more pods on each. */
export const sized = (size: flannel.Size) => {
  const cluster = flannel.sized(size);
  const pods = flannel.podsOf(cluster);
  const peers = flannel.hostsOf(cluster).length - 1;

  return lab({
    title: 'Flannel in VXLAN mode carries a pod’s packet to another node',
    about:
      'Nodes on one segment, a /24 of pods each, and a VXLAN device flannel.1 that wraps what goes between them. flanneld, here in small, leases each node’s /24 in etcd, and tells the kernel what the others have leased.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...flannel.nodes(cluster) },
    links: ['gw:eth0 192.168.205.1/24 -- lan', ...flannel.segment(cluster, 'lan'), ...flannel.podCables(cluster)],
    setup: {
      ...acquainted(cluster),
      'Lease each node its address and its default route, as DHCP does': flannel.dhcp(document, '192.168.205.1'),
      'Bridge each pod to its node, as the CNI bridge plugin does': flannel.bridge(cluster, 1450),
      'Create each tunnel end: it encapsulates to UDP port 8472, with VXLAN id 1': flannel.vteps(cluster),
      'Start etcd on master, with flannel’s configuration': { master: flanneld.configured(document.master) },
      'Start flanneld everywhere: it leases the node’s subnet, and watches the leases': flanneld.onEvery(cluster, document.master),
      'Let each node learn its peers: for each a neighbour, a route and an fdb entry': flannel.onEvery(cluster, () => flanneld.knows(peers)),
      'Write kube-proxy’s rules for one service, so that it could interfere': flannel.onEvery(document, () => kubeProxy.nginxTest),
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
        request: [
          ...flannel.throughTunnel(document, ['master', 'node1'], request('10.42.0.0', B)),
          ...into('node1', 'podB', request('10.42.0.0', B, 63)),
        ],
      },
      'podA pings node1': {
        claims: ['KM-02'],
        send: send('podA', 'ping -c 1 192.168.205.3'),
        request: [
          ...outOf('master', 'podA', request(A, '192.168.205.3')),
          at('master:enp0s1', 'A node’s address is on the underlay: it goes unwrapped', request(A, '192.168.205.3', 63)),
          at('node1:enp0s1', 'node1 receives it with the pod’s own address', request(A, '192.168.205.3', 63)),
        ],
        reply: [
          ...flannel.throughTunnel(document, ['node1', 'master'], reply('192.168.205.3', A)),
          at('master:cni0', 'The way back leads to a pod, so through the tunnel', reply('192.168.205.3', A, 63)),
          at('master:vethA', 'Bridged to the pod’s port', reply('192.168.205.3', A, 63)),
          at('podA:eth0', 'There and back are two different ways', reply('192.168.205.3', A, 63)),
        ],
      },
      ...fullMtu,
    },
    checks: {
      ...networkModel(pods, flannel.hostsOf(cluster)),
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
      ...vxlanIds,
      ...vethPair,
      'subnet.env holds the cluster’s network and the node’s subnet': {
        claim: corrects('FV-19', 'FLANNEL_NETWORK is the cluster’s /16, not a /24 equal to the node’s own subnet.'),
        run: 'cat /run/flannel/subnet.env',
        see: flannel.onEvery(cluster, ({ subnet }) =>
          lines('FLANNEL_NETWORK=10.42.0.0/16', `FLANNEL_SUBNET=${subnet}.1/24`, 'FLANNEL_MTU=1450', 'FLANNEL_IPMASQ=true'),
        ),
      },
      'Pod to pod passes kube-proxy’s chain, and no rule there touches it': kubeProxy.ignoresPods('master', 'podA', A, B),
      ...control,
      ...joinAndLeave,
    },
    faults: {
      ...faults.leases(peers),
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
      ...faults.vteps(peers),
      ...faults.filter,
      ...faults.portless,
    },
  });
};

export default sized({});
