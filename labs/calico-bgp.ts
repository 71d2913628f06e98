import { at, fails, icmp, ip, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as bird from './kit/bird.ts';
import * as calico from './kit/calico.ts';
import * as checks from './kit/calico-checks.ts';
import { direct, fullSized, into, nodeToOwnPod, nodeToPod, outOf, podToNode, podToPod, sameNode } from './kit/calico-walks.ts';
import { doesNotForward } from './kit/faults.ts';
import * as kubeProxy from './kit/kube-proxy.ts';
import { networkModel } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';

const [A, B] = ['10.42.0.65', '10.42.1.9'];
const [caliA, caliB] = [calico.cali('podA'), calico.cali('podB')];
const forget = 'ip neigh flush dev eth0';
const onNode1 = 'podB pings podC on the same node';

/** The documents’ cluster, or one with more nodes, and more pods on each. */
export const sized = (size: calico.Size) => {
  const cluster = calico.sized(size);
  const hosts = calico.hostsOf(cluster);

  return lab({
    title: 'Calico without encapsulation: every node routes, and BIRD tells where pods are',
    about:
      'Nodes on one segment, a gateway, and a real BIRD on each node. Its configuration is rendered from etcd. There is no bridge, and nothing is wrapped.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...calico.nodes(cluster) },
    links: ['gw:eth0 192.168.205.1/24 -- lan', ...calico.segment(cluster, 'lan'), ...calico.podCables(cluster)],
    setup: {
      'Point each node to the gateway': calico.onEvery(cluster, () => 'ip route add default via 192.168.205.1'),
      ...bird.datastore(cluster),
      ...calico.plugged(cluster),
      ...bird.controlPlane(cluster),
      'Write kube-proxy’s rules for one service, so that it could interfere': calico.onEvery(cluster, () => kubeProxy.nginxTest),
    },
    walks: {
      'podA pings podB on another node': {
        claims: ['CB-01', 'CB-05', 'PP-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('master', 'podA', request(A, B)),
          at('master:enp0s1', 'BIRD’s route leads to node1 itself: nothing is wrapped', macs('master:enp0s1', 'node1:enp0s1'), request(A, B, 63)),
          at('node1:enp0s1', 'On the wire are the pods’ own addresses', macs('master:enp0s1', 'node1:enp0s1'), request(A, B, 63)),
          ...into('node1', 'podB', request(A, B, 62)),
        ],
        reply: [
          ...outOf('node1', 'podB', reply(B, A)),
          at('node1:enp0s1', 'node1 has learned of podA’s block as well', macs('node1:enp0s1', 'master:enp0s1'), reply(B, A, 63)),
          at('master:enp0s1', 'Across the segment', reply(B, A, 63)),
          ...into('master', 'podA', reply(B, A, 62)),
        ],
      },
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'podA pings podD on a third node': podToPod(cluster, ['master', 'podA'], ['node2', 'podD'], direct),
      'master pings its own pod': nodeToOwnPod(cluster, 'master', 'podA'),
      'master pings podB on another node': nodeToPod(cluster, 'master', ['node1', 'podB'], direct),
      'podA pings node1': podToNode(cluster, ['master', 'podA'], 'node1', direct),
      'A packet of 1500 bytes crosses in one piece': {
        claims: ['CB-05'],
        ...fullSized(cluster, ['master', 'podA'], ['node1', 'podB'], 1500, [
          at('master:enp0s1', 'No room is left for any other header', ip({ src: A, dst: B, length: 1500 }), icmp({ type: 'echo request' })),
          at('node1:enp0s1', 'Not a byte is added', ip({ src: A, dst: B, length: 1500 }), icmp({ type: 'echo request' })),
        ]),
      },
      'podA pings the gateway, which knows nothing of pods': {
        send: send('podA', 'ping -c 1 -W 0.2 192.168.205.1'),
        request: [
          ...outOf('master', 'podA', request(A, '192.168.205.1')),
          at('master:enp0s1', 'No BIRD speaks with the gateway, and nobody translates', request(A, '192.168.205.1', 63)),
          at('gw:eth0', 'It arrives, and the gateway has no route back', request(A, '192.168.205.1', 63)),
        ],
        reply: [],
      },
    },
    checks: {
      ...networkModel(calico.podsOf(cluster), hosts),
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
      'podA’s cali* device does not answer ARP for others': {
        claims: ['CB-02'],
        break: { master: `sysctl -w net.ipv4.conf.${caliA}.proxy_arp=0`, podA: forget },
        lostAt: 'podA:eth0',
        untouched: [onNode1],
        hint: 'Run `arping -c 1 -I eth0 169.254.1.1` in podA. Who should answer, and what switch makes it?',
        fix: { master: `sysctl -w net.ipv4.conf.${caliA}.proxy_arp=1`, podA: forget },
      },
      'master has no default route: proxy ARP answers for nothing that it cannot reach': {
        break: { master: 'ip route del default', podA: forget },
        lostAt: 'podA:eth0',
        untouched: [onNode1, 'master pings podB on another node'],
        hint: 'proxy_arp is on, and still nobody answers. Run `ip route get 169.254.1.1` on master.',
        fix: { master: 'ip route add default via 192.168.205.1', podA: forget },
      },
      'node1 has no /32 route to podB: the packet ends in its block’s blackhole': {
        claims: ['CB-03', 'CN-11'],
        break: { node1: `ip route del ${B}` },
        lostAt: `node1:${caliB}`,
        untouched: ['podA pings podD on a third node', 'podA pings node1'],
        hint: 'Run `ip route get 10.42.1.9` on node1, then `ip route show 10.42.1.0/26`.',
        fix: { node1: `ip route add ${B} dev ${caliB} scope link` },
      },
      'Felix has not heard of podB: what is for it is dropped': {
        claims: ['CB-07', 'CN-11'],
        break: { node1: `iptables -D cali-to-wl-dispatch -o ${caliB} -g cali-tw-${caliB}` },
        lostAt: `node1:${caliB}`,
        untouched: [onNode1, 'podA pings node1'],
        hint: 'Run `iptables -nvL cali-to-wl-dispatch` on node1. Which rule counts?',
        fix: { node1: `iptables -I cali-to-wl-dispatch -o ${caliB} -g cali-tw-${caliB}` },
      },
      'node1’s BIRD ends, and its peers forget node1’s pods': {
        claims: ['CB-04', 'CN-11'],
        break: bird.leaves(cluster, 'node1', 'birdc down'),
        differsAt: 'master:enp0s1',
        untouched: [onNode1, 'podA pings podD on a third node', 'podA pings node1'],
        hint: 'master sends it to its gateway. Run `birdc show protocols` on master: who is missing?',
        fix: bird.joins(cluster, 'node1', bird.bird(hosts.length - 1)),
      },
      'node2 is not in etcd, so no BIRD asks for its pods': {
        claims: ['CB-08'],
        break: bird.leaves(cluster, 'node2', bird.removal(cluster, 'node2')),
        walk: 'podA pings podD on a third node',
        differsAt: 'master:enp0s1',
        untouched: [onNode1, 'podA pings podB on another node'],
        hint: 'Run `etcdctl get --prefix /calico/bgp/v1/host/ --keys-only` on master. Who is missing?',
        fix: bird.joins(cluster, 'node2', bird.registration(cluster, 'node2')),
      },
      'node1 does not forward': doesNotForward('node1', {
        lostAt: `node1:${caliB}`,
        untouched: ['podA pings podD on a third node', 'podA pings node1'],
      }),
    },
  });
};

export default sized({});
