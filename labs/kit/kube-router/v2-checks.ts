import { type Check, corrects, exactly, json, lacks, lines } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { type Cluster, farOf, type Node, type PodName, tunnelOfV2 as tunnel } from './cluster.ts';
import { calls, clusterIps } from './services.ts';

type Claim = 'KR-03' | 'KR-04' | 'KR-05' | 'KR-06' | 'KR-09' | 'KR-10';

/** What kube-router v2 programs a node with, beside what the document of 2018 says. */
export const programmed = (cluster: Cluster): Record<string, Check<Node | PodName | 'router', Claim>> => ({
  'Each node has these routes and no others; those into a tunnel bear the node’s address': {
    claim: 'KR-03',
    run: 'ip -j route',
    see: onEvery(cluster, (node) =>
      exactly(
        { dst: 'default', gateway: node.gateway },
        ...node.peers.map((peer) => ({
          dst: `${peer.subnet}.0/24`,
          protocol: '17',
          ...(peer.lan === node.lan ? { gateway: peer.address, dev: 'eth0' } : { dev: tunnel(peer), prefsrc: node.address }),
        })),
        { dst: `${node.subnet}.0/24`, dev: 'kube-bridge' },
        { dst: node.lan === 'subnet-a' ? '172.20.32.0/19' : '172.20.64.0/19', dev: 'eth0' },
      ),
    ),
  },
  'Each node has a tunnel to each one of the other subnet, of no device, 20 bytes below its frames': {
    claim: corrects(
      'KR-04',
      'Since v2 a tunnel is named tun- and eleven digits of sha256 of that, lies on no device, and has the MTU 8981: kube-router takes off nothing more than the kernel does.',
    ),
    run: 'ip -j -d link show type ipip',
    see: onEvery(cluster, (node) =>
      json(
        farOf(node).map((peer) => ({
          ifname: tunnel(peer),
          link: null,
          mtu: 8981,
          linkinfo: { info_kind: 'ipip', info_data: { local: node.address, remote: peer.address } },
        })),
      ),
    ),
  },
  'Both rules have one priority: that of the pods comes first': {
    claim: corrects(
      'KR-05',
      'Rules that are given no priority get the one before the last: which has 32764 is a matter of who starts first. In v2 both have 32765.',
    ),
    run: 'ip -j rule',
    see: onEvery(cluster, ({ subnet }) =>
      exactly(
        { priority: 0 },
        { priority: 32765, src: `${subnet}.0`, srclen: 24 },
        { priority: 32765, src: 'all' },
        { priority: 32766 },
        { priority: 32767 },
      ),
    ),
  },
  'For the nodes of the other subnet pods have table 77': {
    claim: 'KR-05',
    run: 'ip -j route show table 77',
    see: onEvery(cluster, (node) => exactly(...farOf(node).map((peer) => ({ dst: peer.address, dev: tunnel(peer), scope: 'link' })))),
  },
  'Each ClusterIP is an address of each node': {
    claim: 'KR-06',
    run: 'ip -o -4 addr show kube-dummy-if',
    see: onEvery(cluster, () => [
      lines(...[...clusterIps].sort().map(() => 'scope link kube-dummy-if')),
      ...clusterIps.map((each) => lines(`inet ${each}/32 scope link`)),
    ]),
  },
  'To each ClusterIP table local has a route that bears the node’s address: it replaced the kernel’s': {
    claim: 'KR-06',
    run: 'ip -j route show table local dev kube-dummy-if',
    see: onEvery(cluster, ({ address }) =>
      exactly(...clusterIps.map((dst) => ({ type: 'local', dst, protocol: 'kernel', scope: 'host', prefsrc: address }))),
    ),
  },
  'So a node is seen by its own address where its own pod answers': {
    claim: 'KR-10',
    run: calls(['100.66.80.152/6379']),
    see: { 'ip-172-20-32-100': lines('redis-master sees 172.20.32.100') },
  },
  'No node answers by ARP for a ClusterIP, which all have; each does for its own address': {
    claim: 'KR-06',
    run: 'arping -c 1 -w 1 -I eth0 100.64.0.1; arping -c 1 -w 1 -I eth0 172.20.42.25',
    see: { router: lines('ARPING 100.64.0.1', 'Received 0 response', 'Unicast reply from 172.20.42.25') },
  },
  'Each node has a session with each other one': {
    claim: 'KR-09',
    run: "ss -Htn state established '( sport = :179 or dport = :179 )'",
    see: onEvery(cluster, ({ peers }) => peers.map(({ address }) => lines(address))),
  },
  'The node itself goes straight to a node of the other subnet': {
    claim: 'KR-05',
    run: 'ip route get 172.20.75.91',
    see: { 'ip-172-20-42-25': [lines('172.20.75.91 via 172.20.32.1 dev eth0 src 172.20.42.25'), lacks('tun-')] },
  },
});
