import { at, corrects, icmp, ip, send, through, udp } from 'packetwalk';
import { accepted, call, called, PATIENT } from '../processes.ts';
import type { Hops } from './cluster.ts';
import { ended, fromPodC, intoBridge, known, marked, natted, toPodC, tunnelled, unmarked } from './walks.ts';

const [A, B, C] = ['10.42.0.65', '10.42.1.9', '10.42.1.6'];
const nginx = '10.43.6.58';
const idle = '10.43.6.60';
export const dns = '10.43.0.10';

const SVC = 'KUBE-SVC-7CWUT4JBGBRVUN2L';
const SEP = 'KUBE-SEP-U2YYZT2C3O6VM4EV';

const sent = { first: called, last: ended };

/** From podA by its node, which translates, to podC on node1. */
const fromA = (which: keyof typeof sent): Hops => {
  const [packet, first] = [sent[which], which === 'first'];
  return [
    ...intoBridge('podA', packet(A, nginx, 80)),
    ...(first ? natted('master', `${SVC} > ${SEP}: dnat to ${C}:80`, 'The service’s chain picks an endpoint, the endpoint’s chain translates') : []),
    at('master:cni0', 'So to the bridge’s node it is for the endpoint', packet(A, C, 80)),
    ...(first ? unmarked('master') : known('master')),
    ...toPodC('master', (ttl) => packet(A, C, 80, ttl), 63, first),
  ];
};

/** podB and podC share a bridge. */
const fromB = (which: keyof typeof sent): Hops => {
  const [packet, first] = [sent[which], which === 'first'];
  return [
    ...intoBridge('podB', packet(B, nginx, 80)),
    ...(first ? natted('node1', `${SVC} > ${SEP}: dnat to ${C}:80`, 'br_netfilter shows the frame to nat before it is bridged') : []),
    ...(first ? unmarked('node1') : known('node1')),
    at('node1:vethC', 'The endpoint is on this bridge: the frame goes there, and no TTL is spent', packet(B, C, 80)),
    at('podC:eth0', 'The endpoint sees its own address', packet(B, C, 80)),
  ];
};

/** podC, which is the endpoint, calls the service. */
const fromC = (which: keyof typeof sent): Hops => {
  const [packet, first] = [sent[which], which === 'first'];
  return [
    at('podC:eth0 out', 'The endpoint itself calls its service', packet(C, nginx, 80)),
    at('node1:vethC in', 'Into the bridge', packet(C, nginx, 80)),
    ...(first ? natted('node1', `${SVC} > ${SEP} > KUBE-MARK-MASQ: dnat to ${C}:80`, 'It would come back from its own address: it is marked') : []),
    ...(first ? marked('node1', '10.42.1.1') : known('node1')),
    at('node1:vethC out', 'In hairpin mode the port lets a frame out that it let in', packet('10.42.1.1', C, 80)),
    at('podC:eth0 in', 'The pod is called by its gateway, so that it answers there', packet('10.42.1.1', C, 80)),
  ];
};

const fromMaster = (which: keyof typeof sent): Hops => {
  const [packet, first] = [sent[which], which === 'first'];
  const hooks: Hops = [
    through(
      'master',
      `nat OUTPUT > KUBE-SERVICES > ${SVC} > KUBE-MARK-MASQ > ${SEP}: dnat to ${C}:80`,
      'What a node sends itself is no pod’s: marked',
    ),
    through('master', 'filter OUTPUT > KUBE-FIREWALL > KUBE-PROXY-FIREWALL > KUBE-SERVICES: policy accept', 'The new destination is routed anew'),
    through('master', 'nat POSTROUTING > KUBE-POSTROUTING: masquerade fully-random', 'The mark gives it the address of the device it leaves by'),
  ];
  const later = through('master', 'filter OUTPUT > KUBE-FIREWALL: policy accept', 'It belongs to a connection: nat is not asked');
  return [...(first ? hooks : [later]), ...toPodC('master', (ttl) => packet('10.42.0.0', C, 80, ttl), 64, first)];
};

/**
 * A call that ends at once where it is refused: a socket that does not block hears of the ICMP error before the next try. It ends
 * with the error's number (errno(3)), 110 where nobody answers within a second.
 */
export const tried = (address: string, port: number) =>
  `perl -MSocket=:all -e 'socket $call, PF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0; \
    connect $call, sockaddr_in(${port}, inet_aton("${address}")); vec($ends, fileno $call, 1) = 1; \
    select undef, $ends, undef, 1 or exit 110; exit unpack "i", getsockopt $call, SOL_SOCKET, SO_ERROR'`;

/** Calls of nginx-test's ClusterIP from each distance; each with its answer and its end. */
export const nginxWalks = {
  'podA calls nginx-test, and the endpoint is on another node': {
    claims: ['SC-01', 'SC-03', 'SC-04', 'SC-06'] as const,
    send: send('podA', call(nginx, 80, PATIENT)),
    ask: {
      question: 'podC says which address it was called from. Which is it?',
      answer: A,
      shownBy: send('podA', call(nginx, 80, PATIENT)),
    },
    request: fromA('first'),
    reply: [
      ...fromPodC('master', (ttl) => accepted(C, A, 80, ttl)),
      ...known('master'),
      at('master:cni0', 'Conntrack has turned it back: the ClusterIP answers', accepted(nginx, A, 80, 62)),
      at('master:vethA', 'Bridged to the pod’s port', accepted(nginx, A, 80, 62)),
      at('podA:eth0', 'podA has heard of no endpoint', accepted(nginx, A, 80, 62)),
    ] as Hops,
    end: fromA('last'),
  },
  'podB calls nginx-test, and the endpoint is on its own bridge': {
    claims: ['SC-01', 'SC-04'] as const,
    send: send('podB', call(nginx, 80, PATIENT)),
    request: fromB('first'),
    reply: [
      at('podC:eth0', 'The answer is for a neighbour', accepted(C, B, 80)),
      at('node1:vethC', 'It would be bridged straight to podB', accepted(C, B, 80)),
      ...known('node1'),
      at('node1:vethB', 'But iptables has seen it, and conntrack turned it back', accepted(nginx, B, 80)),
      at('podB:eth0', 'The ClusterIP answers', accepted(nginx, B, 80)),
    ] as Hops,
    end: fromB('last'),
  },
  'podC calls nginx-test, and is its own endpoint': {
    claims: [
      corrects(
        'SC-07',
        'The rule is for hairpin alone, an endpoint that calls its own service. What pods send out is masqueraded by who gives them their network.',
      ),
    ] as const,
    send: send('podC', call(nginx, 80, PATIENT)),
    request: fromC('first'),
    reply: [
      at('podC:eth0 out', 'The answer is for the gateway', accepted(C, '10.42.1.1', 80)),
      at('node1:vethC in', 'Into the bridge', accepted(C, '10.42.1.1', 80)),
      ...known('node1'),
      at('node1:vethC out', 'Both addresses are turned back', accepted(nginx, C, 80)),
      at('podC:eth0 in', 'The ClusterIP answers', accepted(nginx, C, 80)),
    ] as Hops,
    end: fromC('last'),
  },
  'master calls nginx-test, a node as any process on it does': {
    claims: ['SC-01', 'SC-03'] as const,
    send: send('master', call(nginx, 80, PATIENT)),
    request: fromMaster('first'),
    reply: [
      ...fromPodC('master', (ttl) => accepted(C, '10.42.0.0', 80, ttl)),
      through('master', 'filter INPUT > KUBE-FIREWALL > KUBE-NODEPORTS: policy accept', 'It is for the node: INPUT, not FORWARD'),
    ] as Hops,
    end: fromMaster('last'),
  },
  'podA calls a service without endpoints, and is refused': {
    send: send('podA', tried(idle, 80)),
    request: [
      ...intoBridge('podA', called(A, idle, 80)),
      through('master', 'nat PREROUTING > KUBE-SERVICES: policy accept', 'nat has no chain for a service without endpoints'),
      at('master:cni0', 'So it stays for the ClusterIP, and would leave by the default route', called(A, idle, 80)),
      through('master', 'filter FORWARD > KUBE-PROXY-FIREWALL > KUBE-FORWARD > KUBE-SERVICES: reject', 'The chain of that name in filter refuses it'),
    ] as Hops,
    reply: [
      through('master', 'filter OUTPUT > KUBE-FIREWALL: policy accept', 'The refusal is the node’s own'),
      at('master:cni0', 'By ICMP, from the address of the bridge', ip({ src: '10.42.0.1', dst: A, ttl: 64 }), icmp({ type: 'unreachable', code: 3 })),
      at('master:vethA', 'To the pod’s port', ip({ src: '10.42.0.1', dst: A, ttl: 64 }), icmp({ type: 'unreachable', code: 3 })),
      at('podA:eth0', 'The pod need not wait', ip({ src: '10.42.0.1', dst: A, ttl: 64 }), icmp({ type: 'unreachable', code: 3 })),
    ] as Hops,
  },
};

/** Asks a UDP port from one and the same port, and waits for the answer, half a second at most. */
export const askFrom = (own: number, address: string, port: number) =>
  `perl -MSocket -e 'socket S, PF_INET, SOCK_DGRAM, 0; bind S, sockaddr_in(${own}, INADDR_ANY); send S, "hello", 0, sockaddr_in(${port}, inet_aton("${address}")); vec($r, fileno S, 1) = 1; select($r, undef, undef, 0.5) and recv S, $a, 512, 0 and print "$a\\n"'`;

const asked = (src: string, dst: string, ttl = 64) => [ip({ src, dst, ttl }), udp({ dst: 53 })];
const told = (src: string, dst: string, ttl = 64) => [ip({ src, dst, ttl }), udp({ src: 53 })];

/** A resolver asks from one port again and again: to conntrack that is one connection. */
export const dnsWalks = {
  'podA asks kube-dns from one and the same port': {
    claims: ['SC-04'] as const,
    send: send('podA', askFrom(5353, dns, 53)),
    request: [
      ...intoBridge('podA', asked(A, dns)),
      at('master:cni0', 'A question that was asked before from this port goes where that one went', asked(A, C)),
      ...tunnelled('master', 'node1', asked(A, C, 63)),
      at('node1:cni0', 'Routed', asked(A, C, 62)),
      at('node1:vethC', 'Bridged', asked(A, C, 62)),
      at('podC:eth0', 'It arrives', asked(A, C, 62)),
    ] as Hops,
    reply: [
      at('podC:eth0', 'The answer', told(C, A)),
      at('node1:vethC', 'Out of the pod', told(C, A)),
      at('node1:cni0', 'Up to the node', told(C, A)),
      ...tunnelled('node1', 'master', told(C, A, 63)),
      at('master:cni0', 'Turned back', told(dns, A, 62)),
      at('master:vethA', 'Bridged', told(dns, A, 62)),
      at('podA:eth0', 'kube-dns has answered', told(dns, A, 62)),
    ] as Hops,
  },
};
