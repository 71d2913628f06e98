import { at, type Check, type ExpectedHeader, fails, type Hop, icmp, ip, json, lines, send, udp } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { request } from '../ping.ts';
import { type Cluster, document, type FlannelNode } from './cluster.ts';
import { into, outOf } from './walks.ts';

/** The headers that the process puts in front. */
export const wrapped = (from: FlannelNode, to: FlannelNode) => [ip({ src: from.address, dst: to.address }), udp({ src: 8285, dst: 8285 })];

/** From one node's flannel0 to another's: `packet` is what it is with a TTL. */
export const throughProcesses = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
  [from, to]: [Node, Node],
  packet: (ttl: number) => ExpectedHeader<never>[],
  ttl = 63,
): Hop<Node>[] => [
  at(`${from}:flannel0`, `${from} routes it into flannel0, where a process reads it`, packet(ttl)),
  at(`${from}:enp0s1`, 'The process spends a TTL, and sends it as the payload of a datagram', wrapped(cluster[from], cluster[to]), packet(ttl - 1)),
  at(`${to}:enp0s1`, `The underlay carries it to ${to} like any datagram`, wrapped(cluster[from], cluster[to]), packet(ttl - 1)),
  at(`${to}:flannel0`, 'The process there spends another, and writes it into its flannel0', packet(ttl - 2)),
];

const [A, B] = ['10.42.0.65', '10.42.1.9'];

/** The largest packet from podA to podB. */
export const fullMtu = {
  'A packet of the pods’ full MTU crosses': {
    claims: ['FU-01'] as const,
    send: send('podA', `ping -c 1 -M do -s 1444 ${B}`),
    request: [
      ...outOf('podA', [ip({ src: A, dst: B, length: 1472, df: true }), icmp({ type: 'echo request' })]),
      at('master:flannel0', 'It fits flannel0’s MTU', request(A, B, 63)),
      at(
        'master:enp0s1',
        '20 bytes of IP and 8 of UDP fill the underlay’s 1500',
        ip({ src: document.master.address, dst: document.node1.address, length: 1500 }),
        udp({ src: 8285, dst: 8285 }),
        request(A, B, 62),
      ),
      at('node1:enp0s1', 'In one piece', wrapped(document.master, document.node1), request(A, B, 62)),
      at('node1:flannel0', 'Unwrapped', request(A, B, 61)),
      ...into('podB', [ip({ src: A, dst: B, length: 1472, ttl: 60 }), icmp({ type: 'echo request' })]),
    ],
  },
};

/** The device, and the process without which nothing passes it. */
export const processes = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>) =>
  ({
    'flannel0 is a TUN device of MTU 1472 with the subnet’s .0 as /32': {
      claim: 'FU-01',
      run: 'ip -j -d addr show flannel0',
      see: onEvery(cluster, ({ subnet }) =>
        json([{ mtu: 1472, linkinfo: { info_kind: 'tun', info_data: { type: 'tun' } }, addr_info: [{ local: `${subnet}.0`, prefixlen: 32 }] }]),
      ),
    },
    'All pods’ network is behind flannel0, but for the own subnet': {
      claim: 'FU-01',
      run: 'ip -j route',
      see: onEvery(cluster, ({ subnet }) =>
        json([
          { dst: '10.42.0.0/16', dev: 'flannel0' },
          { dst: `${subnet}.0/24`, dev: 'cni0', prefsrc: `${subnet}.1` },
        ]),
      ),
    },
    'A process owns flannel0: it has the TUN device open': {
      claim: 'FU-01',
      run: 'ls -l /proc/$(cat /run/flanneld.pid)/fd\ncat /proc/$(cat /run/flanneld.pid)/fdinfo/*',
      see: onEvery(cluster, () => lines('/dev/net/tun', 'iff: flannel0')),
    },
    'The same process holds UDP port 8285': {
      claim: 'FU-01',
      run: `ss -lunpH 'sport = :8285' | grep "pid=$(cat /run/flanneld.pid),"`,
      see: onEvery(cluster, ({ address }) => lines(`${address}:8285`)),
    },
    'With the process halted nothing gets through: no packet passes without it': {
      claim: 'FU-01',
      run: `
        kill -STOP $(cat /run/flanneld.pid)
        ip netns exec podD ping -c 1 -W 0.3 10.42.1.9
        answered=$?
        kill -CONT $(cat /run/flanneld.pid)
        exit $answered`,
      see: { node2: fails('0 received') },
    },
  }) as Record<string, Check<Node | 'node2', 'FU-01'>>;
