import { at, fails, icmp, ip, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import * as calico from './kit/calico.ts';
import * as checks from './kit/calico-checks.ts';
import { introduction, outer, tunnels, vtep, vxlanTables, wrapped } from './kit/calico-vxlan.ts';
import { fullSized, into, nodeToPod, outOf, podToNode, podToPod, sameNode } from './kit/calico-walks.ts';
import { doesNotForward } from './kit/faults.ts';
import * as kubeProxy from './kit/kube-proxy.ts';
import { networkModel } from './kit/network-model.ts';
import { macs, reply, request } from './kit/ping.ts';

const { document } = calico;
const [A, B] = ['10.42.0.65', '10.42.1.9'];
const carried = wrapped(document);
const [toNode1, toMaster] = [outer(document.master, document.node1), outer(document.node1, document.master)];
const between = macs('master:vxlan.calico', 'node1:vxlan.calico');
const onNode1 = 'podB pings podC on the same node';
const toANode = 'podA pings node1: plain on the way there, wrapped on the way back';

/** The documents’ cluster, or one with more nodes, and more pods on each. */
export const sized = (size: calico.Size) => {
  const cluster = calico.sized(size);

  return lab({
    title: 'Calico with VXLAN: Felix writes all routes, and nobody speaks BGP',
    about:
      'The cluster of calico-bgp without BIRD. Every node’s Felix knows the other nodes from the datastore, so that no route needs to be advertised; here what it writes is typed.',
    claims,
    nodes: { lan: 'switch', gw: 'router', ...calico.nodes(cluster) },
    links: ['gw:eth0 192.168.205.1/24 -- lan', ...calico.segment(cluster, 'lan'), ...calico.podCables(cluster)],
    setup: {
      'Point each node to the gateway': calico.onEvery(cluster, () => 'ip route add default via 192.168.205.1'),
      ...calico.plugged(cluster, 1450),
      ...tunnels(cluster),
      'Write kube-proxy’s rules for one service, so that it could interfere': calico.onEvery(cluster, () => kubeProxy.nginxTest),
    },
    walks: {
      'podA pings podB on another node': {
        claims: ['CV-01', 'PP-01'],
        send: send('podA', `ping -c 1 ${B}`),
        request: [
          ...outOf('master', 'podA', request(A, B)),
          at('master:vxlan.calico', 'The next hop is node1’s end, and its MAC is known', between, request(A, B, 63)),
          at('master:enp0s1', 'The whole frame leaves inside a UDP datagram', macs('master:enp0s1', 'node1:enp0s1'), toNode1, request(A, B, 63)),
          at('node1:enp0s1', 'Outside are the nodes’ addresses, inside the pods’', toNode1, request(A, B, 63)),
          at('node1:vxlan.calico', 'The device with this VXLAN id takes the wrapping off', between, request(A, B, 63)),
          ...into('node1', 'podB', request(A, B, 62)),
        ],
        reply: [
          ...outOf('node1', 'podB', reply(B, A)),
          at('node1:vxlan.calico', 'node1 knows master’s end as well', reply(B, A, 63)),
          at('node1:enp0s1', 'Wrapped', toMaster, reply(B, A, 63)),
          at('master:enp0s1', 'Across the segment', toMaster, reply(B, A, 63)),
          at('master:vxlan.calico', 'Unwrapped', reply(B, A, 63)),
          ...into('master', 'podA', reply(B, A, 62)),
        ],
      },
      ...sameNode(cluster, 'node1', ['podB', 'podC']),
      'podA pings podD on a third node': podToPod(cluster, ['master', 'podA'], ['node2', 'podD'], carried),
      'master pings podB: with the address of vxlan.calico': nodeToPod(cluster, 'master', ['node1', 'podB'], carried, '10.42.0.64'),
      [toANode]: podToNode(cluster, ['master', 'podA'], 'node1', carried),
      'A packet of the pods’ full MTU fills the wire’s': {
        claims: ['CV-01'],
        ...fullSized(cluster, ['master', 'podA'], ['node1', 'podB'], 1450, [
          at('master:vxlan.calico', 'As large as the tunnel takes', request(A, B, 63)),
          at('master:enp0s1', '50 bytes more: Ethernet, VXLAN, UDP and IP', ip({ length: 1500 }), toNode1.slice(1), request(A, B, 63)),
          at('node1:enp0s1', 'In one piece', ip({ length: 1500 }), toNode1.slice(1), request(A, B, 63)),
          at('node1:vxlan.calico', 'Unwrapped', ip({ src: A, dst: B, length: 1450 }), icmp({ type: 'echo request' })),
        ]),
      },
    },
    checks: {
      ...networkModel(calico.podsOf(cluster), calico.hostsOf(cluster)),
      ...checks.podsArePlugged(cluster),
      ...vxlanTables(cluster),
      'One byte more than the MTU is refused at once': {
        claim: 'CV-01',
        run: `ping -c 1 -W 0.1 -M do -s 1423 ${B}`,
        see: { podA: fails('message too long, mtu=1450') },
      },
      'A pod counts the other node as one hop, by the address of its vxlan.calico': {
        run: `traceroute -n -q 1 -N 1 ${B}`,
        see: { podA: lines('2 10.42.1.0', `3 ${B}`) },
      },
      'Pod to pod passes kube-proxy’s chain, and no rule there touches it': kubeProxy.ignoresPods('master', 'podA', A, B),
    },
    faults: {
      'Felix on master takes an address nobody owns for node1’s': {
        claims: ['CV-02', 'CN-11'],
        break: { master: `bridge fdb replace ${calico.vtepMac('node1')} dev vxlan.calico dst 192.168.205.99 self permanent` },
        lostAt: 'master:enp0s1',
        untouched: [onNode1, 'podA pings podD on a third node', toANode],
        hint: 'Run `bridge fdb show dev vxlan.calico` on master. Whose address is that?',
        fix: { master: `bridge fdb replace ${calico.vtepMac('node1')} dev vxlan.calico dst 192.168.205.3 self permanent` },
      },
      'Felix on master has not written the route to node1’s pods': {
        claims: ['CV-02'],
        break: { master: 'ip route del 10.42.1.0/26' },
        lostAt: 'master:vxlan.calico',
        untouched: [onNode1, 'podA pings podD on a third node', toANode],
        hint: 'Run `ip route get 10.42.1.9` on master. No BGP will bring that route back.',
        fix: { master: 'ip route add 10.42.1.0/26 via 10.42.1.0 dev vxlan.calico onlink' },
      },
      'node1’s vxlan.calico has VXLAN id 4097': {
        claims: ['CV-01'],
        break: { node1: `ip link del vxlan.calico\n${vtep('node1', cluster.node1, { vni: 4097 })}` },
        lostAt: 'node1:vxlan.calico',
        untouched: [onNode1, 'podA pings podD on a third node'],
        hint: 'The datagram arrives and no device takes it. Compare `ip -d link show vxlan.calico` on both nodes.',
        fix: { node1: `ip link del vxlan.calico\n${vtep('node1', cluster.node1)}\n${introduction(cluster, 'node1')}` },
      },
      'A firewall before node1 knows flannel’s port 8472, and drops 4789': {
        claims: ['CV-01'],
        break: { node1: 'iptables -t raw -I PREROUTING -i enp0s1 -p udp --dport 4789 -j DROP' },
        lostAt: 'node1:vxlan.calico',
        untouched: [onNode1, 'podA pings podD on a third node', toANode],
        hint: 'Plain pings between the nodes pass. Run `iptables -t raw -nvL PREROUTING` on node1.',
        fix: { node1: 'iptables -t raw -D PREROUTING -i enp0s1 -p udp --dport 4789 -j DROP' },
      },
      'node1 does not forward': doesNotForward('node1', {
        lostAt: `node1:${calico.cali('podB')}`,
        untouched: ['podA pings podD on a third node', toANode],
      }),
    },
  });
};

export default sized({});
