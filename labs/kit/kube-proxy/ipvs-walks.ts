import { at, corrects, icmp, ip, send, through } from 'packetwalk';
import { tunnel } from '../flannel/walks.ts';
import { accepted, call, called, PATIENT } from '../processes.ts';
import { client, cluster, type Hops, type Node } from './cluster.ts';
import { tried } from './clusterip-walks.ts';
import { ended, type Headers, intoBridge, outOfPodC, type Packet, withinNode1 } from './walks.ts';

const [A, B, C] = ['10.42.0.65', '10.42.1.9', '10.42.1.6'];
const [nginx, idle] = ['10.43.6.58', '10.43.6.60'];

const INPUT = 'filter INPUT > KUBE-IPVS-FILTER > KUBE-PROXY-FIREWALL > KUBE-NODE-PORT: policy accept';
const OUTPUT = 'filter OUTPUT > KUBE-IPVS-OUT-FILTER: policy accept';

/** How nat sends a connection's first packet on: as it is, or with another source. */
const [asItIs, masquerade] = ['policy accept', 'masquerade fully-random'];

/** What a packet passes from where it is taken for the node's own to where IPVS sends it on; a connection's first one passes nat, too. */
const handedOn = (node: Node, nat?: typeof asItIs | typeof masquerade): Hops => [
  through(node, INPUT, 'kube-ipvs0 has the address, so it is for the node: INPUT, and behind its rules IPVS'),
  through(node, OUTPUT, 'IPVS has put the endpoint in, and sends it by way of OUTPUT, as the node’s own'),
  ...(nat
    ? [through(node, `nat POSTROUTING > KUBE-POSTROUTING: ${nat}`, nat === asItIs ? 'No mark: its source stays' : 'Here alone a source is changed')]
    : []),
];

const known = (node: Node): Hops => [
  through(node, 'filter FORWARD > KUBE-PROXY-FIREWALL > KUBE-FORWARD: accept', 'An answer is for another: FORWARD, and past IPVS’s INPUT'),
];

const wrapped = (from: Node, to: Node, inner: Headers) => [tunnel(cluster[from], cluster[to]), inner] as const;

/** From a node whose hooks are listed to podC on node1. */
const carried = (from: 'master' | 'node2', packet: Packet, ttl: number): Hops => [
  at(`${from}:flannel.1`, `${from} routes it into the tunnel`, packet(ttl)),
  through(from, OUTPUT, 'The wrapped packet is one of the node’s own'),
  at(`${from}:enp0s1`, 'It leaves wrapped in UDP', ...wrapped(from, 'node1', packet(ttl))),
  at('node1:enp0s1', 'The underlay carries it to node1 like any datagram', ...wrapped(from, 'node1', packet(ttl))),
  at('node1:flannel.1', 'The wrapping is off', packet(ttl)),
  ...withinNode1(packet(ttl - 1)),
];

/** From podC to a node whose hooks are listed. */
const carriedBack = (to: 'master' | 'node2', packet: Packet): Hops => [
  ...outOfPodC(packet(64)),
  at('node1:flannel.1', 'node1 routes it into the tunnel', packet(63)),
  at('node1:enp0s1', 'It leaves wrapped in UDP', ...wrapped('node1', to, packet(63))),
  at(`${to}:enp0s1`, 'The underlay carries it', ...wrapped('node1', to, packet(63))),
  through(to, INPUT, 'To the hooks the wrapped packet is for the node'),
  at(`${to}:flannel.1`, 'The wrapping is off', packet(63)),
];

const fromA = (packet: typeof called, first: boolean): Hops => [
  ...intoBridge('podA', packet(A, nginx, 80)),
  ...(first
    ? [through('master', 'nat PREROUTING > KUBE-SERVICES > KUBE-NODE-PORT: accept', 'The set KUBE-CLUSTER-IP has it: nothing is translated here')]
    : []),
  at('master:cni0', 'It still is for the ClusterIP', packet(A, nginx, 80)),
  ...handedOn('master', first ? asItIs : undefined),
  ...carried('master', (ttl) => packet(A, C, 80, ttl), 63),
];

/** From podB, or from podC itself, to podC: by the node, though all are on one bridge. */
const onNode1 = (from: 'podB' | 'podC', packet: typeof called, first: boolean): Hops => {
  const [own, as] = from === 'podB' ? [B, B] : [C, '10.42.1.1'];
  return [
    at(`${from}:eth0 out`, 'To the gateway', packet(own, nginx, 80)),
    at(`node1:${from === 'podB' ? 'vethB' : 'vethC'} in`, 'Into the bridge', packet(own, nginx, 80)),
    ...(first
      ? [through('node1', 'nat PREROUTING > KUBE-SERVICES > KUBE-NODE-PORT: accept', 'A service’s address: nothing is translated here')]
      : []),
    at('node1:cni0 in', 'The node has the address itself: the frame is not bridged on', packet(own, nginx, 80)),
    ...handedOn('node1', first ? (from === 'podB' ? asItIs : masquerade) : undefined),
    at('node1:cni0 out', 'Routed back into the bridge: one TTL is spent', packet(as, C, 80, 63)),
    at('node1:vethC out', 'To the endpoint’s port', packet(as, C, 80, 63)),
    at('podC:eth0 in', 'The endpoint sees its own address', packet(as, C, 80, 63)),
  ];
};

const backOnNode1 = (to: 'podB' | 'podC'): Hops => {
  const [own, as] = to === 'podB' ? [B, B] : [C, '10.42.1.1'];
  return [
    at('podC:eth0 out', 'The answer', accepted(C, as, 80)),
    at('node1:vethC in', 'Into the bridge', accepted(C, as, 80)),
    ...known('node1'),
    at(`node1:${to === 'podB' ? 'vethB' : 'vethC'} out`, 'Turned back, and bridged: an answer need not pass the node', accepted(nginx, own, 80)),
    at(`${to}:eth0 in`, 'The ClusterIP answers', accepted(nginx, own, 80)),
  ];
};

const hooks = corrects(
  'SI-02',
  'Between INPUT and POSTROUTING it passes filter OUTPUT, too: IPVS takes it out of INPUT and sends it as the node’s own. Its answer passes FORWARD.',
);

/** Calls of nginx-test's ClusterIP from a pod, from its neighbour, from the endpoint itself. */
export const clusterIpWalks = {
  'podA calls nginx-test, and the endpoint is on another node': {
    claims: ['SI-01', hooks] as const,
    send: send('podA', call(nginx, 80, PATIENT)),
    request: fromA(called, true),
    reply: [
      ...carriedBack('master', (ttl) => accepted(C, A, 80, ttl)),
      ...known('master'),
      at('master:cni0', 'IPVS has turned it back: the ClusterIP answers', accepted(nginx, A, 80, 62)),
      at('master:vethA', 'Bridged to the pod’s port', accepted(nginx, A, 80, 62)),
      at('podA:eth0', 'podA has heard of no endpoint', accepted(nginx, A, 80, 62)),
    ] as Hops,
    end: fromA(ended, false),
  },
  'podB calls nginx-test, and the endpoint is on its own bridge': {
    claims: ['SI-01', hooks] as const,
    send: send('podB', call(nginx, 80, PATIENT)),
    request: onNode1('podB', called, true),
    reply: backOnNode1('podB'),
    end: onNode1('podB', ended, false),
  },
  'podC calls nginx-test, and is its own endpoint': {
    send: send('podC', call(nginx, 80, PATIENT)),
    request: onNode1('podC', called, true),
    reply: backOnNode1('podC'),
    end: onNode1('podC', ended, false),
  },
};

const fromMaster = (packet: typeof called, first: boolean): Hops => [
  ...(first
    ? [through('master', 'nat OUTPUT > KUBE-SERVICES > KUBE-MARK-MASQ > KUBE-NODE-PORT: accept', 'It comes from no pod: it is marked, and no more')]
    : []),
  through('master', OUTPUT, 'IPVS has taken it before this hook, and put the endpoint in'),
  ...(first ? [through('master', `nat POSTROUTING > KUBE-POSTROUTING: ${masquerade}`, 'Its source was the ClusterIP, the node’s own address')] : []),
  ...carried('master', (ttl) => packet('10.42.0.0', C, 80, ttl), 63),
];

/** A call from a node, to which a ClusterIP is an address of its own. */
export const nodeWalks = {
  'master calls nginx-test, a node as any process on it does': {
    claims: ['SI-01'] as const,
    send: send('master', call(nginx, 80, PATIENT)),
    request: fromMaster(called, true),
    reply: [
      ...carriedBack('master', (ttl) => accepted(C, '10.42.0.0', 80, ttl)),
      through('master', INPUT, 'It is for the node: INPUT, not FORWARD'),
    ] as Hops,
    end: fromMaster(ended, false),
  },
};

const refused = (src: string): Headers => [ip({ src, dst: A, ttl: 64 }), icmp({ type: 'unreachable', code: 3 })];

const refusal = (src: string): Hops => [
  through('master', OUTPUT, 'The refusal is the node’s own'),
  at('master:cni0', 'The service’s own address refuses it', refused(src)),
  at('master:vethA', 'To the pod’s port', refused(src)),
  at('podA:eth0', 'The pod need not wait', refused(src)),
];

/** Calls of what no endpoint serves. */
export const unservedWalks = {
  'podA calls a service without endpoints, and is refused': {
    send: send('podA', tried(idle, 80)),
    request: [
      ...intoBridge('podA', called(A, idle, 80)),
      through('master', 'nat PREROUTING > KUBE-SERVICES > KUBE-NODE-PORT: accept', 'The set KUBE-CLUSTER-IP has it'),
      at('master:cni0', 'For an address of the node', called(A, idle, 80)),
      through('master', INPUT, 'The rules let it pass: IPVS has a virtual server for it, with nobody behind'),
    ] as Hops,
    reply: refusal(idle),
  },
  'podA calls a port of nginx-test that is none, and is refused': {
    send: send('podA', tried(nginx, 81)),
    request: [
      ...intoBridge('podA', called(A, nginx, 81)),
      through('master', 'nat PREROUTING > KUBE-SERVICES > KUBE-NODE-PORT: policy accept', 'No set has that port'),
      at('master:cni0', 'For an address of the node', called(A, nginx, 81)),
      through('master', 'filter INPUT > KUBE-IPVS-FILTER: reject', 'The set KUBE-IPVS-IPS has the address, and no set has the port'),
    ] as Hops,
    reply: refusal(nginx),
  },
};

/** A call from outside at a node’s port: what nat does with it, and as whom the endpoint sees the caller. */
interface Outside {
  node: 'master' | 'node1';
  port: number;
  nat: string;
  why: string;
  as: string;
}

const fromClient = ({ node, port, nat, why, as }: Outside, packet: typeof called, first: boolean): Hops => [
  at('client:eth0', 'From outside of the cluster', packet(client, cluster[node].address, port)),
  at(`${node}:enp0s1`, 'No process listens there', packet(client, cluster[node].address, port)),
  ...(first ? [through(node, `nat PREROUTING > KUBE-SERVICES > ${nat}: policy accept`, why)] : []),
  ...handedOn(node, first ? (as === client ? asItIs : masquerade) : undefined),
  ...(node === 'node1' ? withinNode1(packet(as, C, 80, 63)) : carried(node, (ttl) => packet(as, C, 80, ttl), 63)),
];

const toClient = ({ node, port, as }: Outside): Hops => [
  ...(node === 'node1' ? outOfPodC(accepted(C, as, 80)) : carriedBack(node, (ttl) => accepted(C, as, 80, ttl))),
  ...known(node),
  at(`${node}:enp0s1`, 'IPVS turns it back: what was called answers', accepted(cluster[node].address, client, port, node === 'node1' ? 63 : 62)),
  at('client:eth0', 'The client has heard of no pod', accepted(cluster[node].address, client, port, node === 'node1' ? 63 : 62)),
];

const calls = (way: Outside) => ({
  send: send('client', call(cluster[way.node].address, way.port, PATIENT)),
  request: fromClient(way, called, true),
  reply: toClient(way),
  end: fromClient(way, ended, false),
});

const around = corrects(
  'SI-05',
  'IPVS rewrites the destination, between INPUT and OUTPUT. Of the mark and SNAT only the mark is done in PREROUTING: the source is changed in POSTROUTING.',
);

/** By a node’s port, which is a virtual server at each of its addresses. */
export const nodePortWalks = {
  'client calls master’s port 32506, and the endpoint is on another node': {
    claims: [around] as const,
    ...calls({
      node: 'master',
      port: 32506,
      nat: 'KUBE-NODE-PORT > KUBE-MARK-MASQ',
      why: 'The set KUBE-NODE-PORT-TCP has the port: it is marked, and no more',
      as: '10.42.0.0',
    }),
  },
  'client calls node1’s port 32507, of policy Local': {
    claims: [around] as const,
    ...calls({
      node: 'node1',
      port: 32507,
      nat: 'KUBE-NODE-PORT',
      why: 'The set KUBE-NODE-PORT-LOCAL-TCP has the port: it is not marked',
      as: client,
    }),
  },
};
