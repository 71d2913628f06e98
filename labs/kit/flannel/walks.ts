import { at, corrects, type ExpectedHeader, type Hop, icmp, ip, send, udp, vxlan } from 'packetwalk';
import type { Node } from '../cluster.ts';
import { notBack } from '../network-model.ts';
import { macs, reply, request } from '../ping.ts';
import { document, veth } from './cluster.ts';

type Headers = ExpectedHeader<never>[];

type Name = keyof typeof document;
type PodName = keyof (typeof document)[Name]['pods'];

/** The node that a pod of the document is on. */
const homeOf = (pod: PodName) => (Object.keys(document) as Name[]).find((node) => pod in document[node].pods)!;

/** Out of a pod, up to its node. */
export const outOf = (pod: PodName, headers: Headers): Hop<Name | PodName>[] => [
  at(`${pod}:eth0`, 'The pod hands a plain packet to its gateway', headers),
  at(`${homeOf(pod)}:${veth(pod)}`, 'What enters one end of the veth pair leaves the other', headers),
  at(`${homeOf(pod)}:cni0`, 'It bears the MAC of cni0, so the bridge gives it to its node', headers),
];

/** From a node into its own pod. */
export const into = (pod: PodName, headers: Headers): Hop<Name | PodName>[] => [
  at(`${homeOf(pod)}:cni0`, `${homeOf(pod)} routes it to its own subnet: one TTL is spent`, headers),
  at(`${homeOf(pod)}:${veth(pod)}`, 'The bridge knows which port leads to the pod', headers),
  at(`${pod}:eth0`, 'It arrives with the sender’s own address', headers),
];

/** The headers that VXLAN puts in front, from one node to another. */
export const tunnel = (from: Pick<Node, 'address'>, to: Pick<Node, 'address'>) => [
  ip({ src: from.address, dst: to.address }),
  udp({ dst: 8472 }),
  vxlan({ vni: 1 }),
];

/** From one node's flannel.1 to another's, across the underlay; `between` are the routers on the way. */
export const throughTunnel = <At extends string, Of extends Node, Router extends string = never>(
  cluster: Record<At, Of>,
  [from, to]: [At, At],
  inner: Headers,
  between: Hop<At | Router>[] = [],
): Hop<At | Router>[] => [
  at(`${from}:flannel.1`, `${from} routes it into the tunnel`, inner),
  at(`${from}:enp0s1`, 'The fdb knows the peer: the frame leaves wrapped in UDP', tunnel(cluster[from], cluster[to]), inner),
  ...between,
  at(`${to}:enp0s1`, `The underlay carries it to ${to} like any datagram`, tunnel(cluster[from], cluster[to]), inner),
  at(`${to}:flannel.1`, 'The device with this VXLAN id takes the wrapping off', inner),
];

/** From master to node2 or back, across the router gw that has eth0 on master’s side: `packet` is what it is with a TTL. */
export const acrossRouter = (
  [from, to]: ['master', 'node2'] | ['node2', 'master'],
  packet: (ttl: number) => Headers,
  ttl: number,
): Hop<'master' | 'node2' | 'gw'>[] => {
  const [near, far] = from === 'master' ? (['eth0', 'eth1'] as const) : (['eth1', 'eth0'] as const);
  return [
    at(`${from}:enp0s1`, `${from} sends it to the router, unwrapped`, packet(ttl)),
    at(`gw:${near}`, 'The router sees both ends’ own addresses, and must route them', packet(ttl)),
    at(`gw:${far}`, 'It was taught: one TTL is spent', packet(ttl - 1)),
    at(`${to}:enp0s1`, `${to} is where the router was told to send it`, packet(ttl - 1)),
  ];
};

const [A, B, C] = ['10.42.0.65', '10.42.1.9', '10.42.1.6'];

/** The walks that never leave a node, and so are the same in every mode. */
export const withinANode = {
  'podB pings podC on the same node': {
    claims: ['FV-18', 'PP-01'] as const,
    send: send('podB', `ping -c 1 ${C}`),
    request: [
      at('podB:eth0', 'Both are in one subnet: the frame is for podC itself', macs('podB:eth0', 'podC:eth0'), request(B, C)),
      at('node1:vethB', 'It enters the bridge', request(B, C)),
      at('node1:vethC', 'It leaves by the port of podC: nothing is routed', request(B, C)),
      at('podC:eth0', 'No TTL was spent', request(B, C)),
    ],
    reply: [
      at('podC:eth0', 'The answer', reply(C, B)),
      at('node1:vethC', 'Into the bridge', reply(C, B)),
      at('node1:vethB', 'Out of the bridge', reply(C, B)),
      at('podB:eth0', 'It never left the node', reply(C, B)),
    ],
  },
  'master pings its own pod': {
    claims: ['FV-18'] as const,
    send: send('master', `ping -c 1 ${A}`),
    request: [
      at('master:cni0', 'The node is in the pods’ subnet by its bridge', request('10.42.0.1', A)),
      at('master:vethA', 'The veth shows it, TTL 64', request('10.42.0.1', A)),
      at('podA:eth0', 'The pod sees cni0’s address', request('10.42.0.1', A)),
    ],
    reply: [
      at('podA:eth0', 'The answer', reply(A, '10.42.0.1')),
      at('master:vethA', 'Through the veth', reply(A, '10.42.0.1')),
      at('master:cni0', 'Up to the node', reply(A, '10.42.0.1')),
    ],
  },
};

const [ofMaster, ofNode1] = [document.master.address, document.node1.address];

/** The walk to another node’s own address, which is not in the pods’ network, and so is the same in every mode. */
export const toAnotherNode = {
  'podA pings node1': {
    claims: [notBack] as const,
    send: send('podA', `ping -c 1 ${ofNode1}`),
    request: [
      ...outOf('podA', request(A, ofNode1)),
      at('master:enp0s1', 'It leaves the pods’ network: master gives its own address', request(ofMaster, ofNode1, 63)),
      at('node1:enp0s1', 'node1 is asked by master; nothing is wrapped', request(ofMaster, ofNode1, 63)),
    ],
    reply: [
      at('node1:enp0s1', 'It answers master', reply(ofNode1, ofMaster)),
      at('master:enp0s1', 'master knows whose answer it is', reply(ofNode1, ofMaster)),
      at('master:cni0', 'It puts the pod’s address back', reply(ofNode1, A, 63)),
      at('master:vethA', 'Bridged to the pod’s port', reply(ofNode1, A, 63)),
      at('podA:eth0', 'podA has heard of no translation', reply(ofNode1, A, 63)),
    ],
  },
};

const toNode1 = tunnel(document.master, document.node1);

/** What VXLAN does to a packet from podA to podB, in bytes and MACs. */
export const wrapping = {
  'The wrapping adds 50 bytes: Ethernet, IP, UDP and VXLAN headers': {
    claims: [
      'FV-11',
      corrects(
        'FV-12',
        'The inner source MAC is not that of the pod’s veth: the packet was routed, so it bears the MAC of the sending node’s flannel.1.',
      ),
      'FV-14',
    ] as const,
    send: send('podA', 'ping -c 1 10.42.1.9'),
    notes: 'The 50 bytes are 14 of the inner Ethernet header, 8 of VXLAN, 8 of UDP and 20 of IP. Over IPv6 they are 70.',
    ask: {
      question: 'The underlay takes 1500 bytes. How many may a packet of a pod have?',
      answer: ['mtu 1450', '1450', '1450 bytes'],
      shownBy: send('podA', 'ip link show eth0'),
    },
    request: [
      at('podA:eth0', 'The pod addresses its gateway’s MAC', macs('podA:eth0', 'master:cni0'), request(A, B)),
      at('master:vethA', 'So does the frame on the bridge’s port', macs('podA:eth0', 'master:cni0'), request(A, B)),
      at('master:cni0', 'And on the bridge', macs('podA:eth0', 'master:cni0'), request(A, B)),
      at('master:flannel.1', 'Routing writes new MACs: from flannel.1 to flannel.1', macs('master:flannel.1', 'node1:flannel.1'), request(A, B, 63)),
      at(
        'master:enp0s1',
        '84 bytes of IP are 134 on the wire, and the outer MACs are the nodes’',
        macs('master:enp0s1', 'node1:enp0s1'),
        ip({ src: '192.168.205.4', dst: '192.168.205.3', length: 134 }),
        udp({ dst: 8472, length: 114 }),
        vxlan({ vni: 1 }),
        macs('master:flannel.1', 'node1:flannel.1'),
        ip({ src: A, dst: B, ttl: 63, length: 84 }),
        icmp({ type: 'echo request' }),
      ),
      at('node1:enp0s1', 'It arrives as it left', macs('master:enp0s1', 'node1:enp0s1'), toNode1, request(A, B, 63)),
      at('node1:flannel.1', 'Within is the frame that master’s flannel.1 made', macs('master:flannel.1', 'node1:flannel.1'), request(A, B, 63)),
      at('node1:cni0', 'node1 routes: new MACs again', macs('node1:cni0', 'podB:eth0'), request(A, B, 62)),
      at('node1:vethB', 'The bridge changes nothing', macs('node1:cni0', 'podB:eth0'), request(A, B, 62)),
      at('podB:eth0', 'The pod sees its gateway’s MAC', macs('node1:cni0', 'podB:eth0'), request(A, B, 62)),
    ],
  },
};

/** The largest packet from podA to podB. */
export const fullMtu = {
  'A packet of the pods’ full MTU crosses': {
    claims: ['FV-02'] as const,
    send: send('podA', 'ping -c 1 -M do -s 1422 10.42.1.9'),
    request: [
      at('podA:eth0', '1422 bytes, 8 of ICMP and 20 of IP are 1450', ip({ src: A, dst: B, length: 1450, df: true }), icmp({ type: 'echo request' })),
      at('master:vethA', 'Through the veth', request(A, B)),
      at('master:cni0', 'Up to the node', request(A, B)),
      at('master:flannel.1', 'It fits flannel.1’s MTU', request(A, B, 63)),
      at(
        'master:enp0s1',
        'Wrapped, it fills the underlay’s 1500 bytes',
        ip({ src: '192.168.205.4', dst: '192.168.205.3', length: 1500 }),
        udp({ dst: 8472 }),
        vxlan({ vni: 1 }),
        request(A, B, 63),
      ),
      at('node1:enp0s1', 'In one piece', toNode1, request(A, B, 63)),
      at('node1:flannel.1', 'Unwrapped', request(A, B, 63)),
      at('node1:cni0', 'Routed to the pod', request(A, B, 62)),
      at('node1:vethB', 'Bridged to its port', request(A, B, 62)),
      at('podB:eth0', 'As large as it was sent', ip({ src: A, dst: B, length: 1450 }), icmp({ type: 'echo request' })),
    ],
  },
};
