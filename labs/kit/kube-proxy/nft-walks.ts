import { at, icmp, ip, send, through } from 'packetwalk';
import { accepted, call, called, PATIENT } from '../processes.ts';
import type { Hops, Node } from './cluster.ts';
import { tried } from './clusterip-walks.ts';
import { nftName } from './names.ts';
import { carriedFromPodC, carriedToPodC, ended, type Headers, intoBridge } from './walks.ts';

const [A, B, C] = ['10.42.0.65', '10.42.1.9', '10.42.1.6'];
const [nginx, idle, nobody] = ['10.43.6.58', '10.43.6.60', '10.43.99.99'];

/** The name that all chains of nginx-test have in common. */
export const NGINX = nftName('default/nginx-test:80-80', 'tcp');
export const dnat = `dnat to ${C}:80`;

const hook = (node: Node, way: string, why: string) => through(node, `ip kube-proxy ${way}`, why);

const unguarded = { way: 'firewall-check', why: 'Before any translation a map is asked for load balancers’ ranges' };

/** What a connection's first packet passes before it is routed: the firewall of load balancers, then the services. */
export const asked = (node: Node, way: string, why: string, guard = unguarded): Hops => [
  hook(node, `filter-prerouting-pre-dnat > ${guard.way}: policy accept`, guard.why),
  hook(node, `nat-prerouting > services${way}`, why),
];

const checked = 'filter-forward > service-endpoints-check > cluster-ips-check';

/** And what it passes when it is sent on; `as` is the source that it gets. */
export const sentOn = (node: Node, as?: { address: string; why: string }): Hops => [
  hook(node, `${checked}: policy accept`, 'Two maps do not know it: nothing refuses it, and nothing accepts it but the policy'),
  as
    ? hook(node, 'nat-postrouting > masquerading: masquerade', `${as.why}: it becomes ${as.address}`)
    : hook(node, 'nat-postrouting > masquerading: policy accept', 'No mark, and no hairpin: its source stays'),
];

const toNginx = `> service-${NGINX}: ${dnat}`;
const picks = 'One lookup leads to the service’s chain, and its one rule picks an endpoint';

const fromA = (packet: typeof called, first: boolean): Hops => [
  ...intoBridge('podA', packet(A, nginx, 80)),
  ...(first ? asked('master', ` ${toNginx}`, picks) : []),
  at('master:cni0', 'So to the bridge’s node it is for the endpoint', packet(A, C, 80)),
  ...(first ? sentOn('master') : []),
  ...carriedToPodC('master', (ttl) => packet(A, C, 80, ttl), 63),
];

const fromB = (packet: typeof called, first: boolean): Hops => [
  ...intoBridge('podB', packet(B, nginx, 80)),
  ...(first ? [...asked('node1', ` ${toNginx}`, 'br_netfilter shows the frame to the table before it is bridged'), ...sentOn('node1')] : []),
  at('node1:vethC', 'The endpoint is on this bridge: the frame goes there, and no TTL is spent', packet(B, C, 80)),
  at('podC:eth0', 'The endpoint sees its own address', packet(B, C, 80)),
];

const hairpin = { address: '10.42.1.1', why: 'The set hairpin-connections has the pair of addresses' };

const fromC = (packet: typeof called, first: boolean): Hops => [
  at('podC:eth0 out', 'The endpoint itself calls its service', packet(C, nginx, 80)),
  at('node1:vethC in', 'Into the bridge', packet(C, nginx, 80)),
  ...(first ? [...asked('node1', ` ${toNginx}`, 'It would come back from its own address; no mark says so'), ...sentOn('node1', hairpin)] : []),
  at('node1:vethC out', 'In hairpin mode the port lets a frame out that it let in', packet('10.42.1.1', C, 80)),
  at('podC:eth0 in', 'The pod is called by its gateway, so that it answers there', packet('10.42.1.1', C, 80)),
];

const fromMaster = (packet: typeof called, first: boolean): Hops => {
  const hooks: Hops = [
    hook('master', 'filter-output-pre-dnat > firewall-check: policy accept', 'What a node sends itself is asked for at its output'),
    hook('master', `nat-output > services ${toNginx}`, 'It comes from outside of the pods’ network: it is marked on the way'),
    hook('master', 'filter-output > service-endpoints-check > cluster-ips-check: policy accept', 'The new destination is routed anew'),
    hook('master', 'nat-postrouting > masquerading: masquerade', 'The mark gives it the address of the device it leaves by'),
  ];
  return [...(first ? hooks : []), ...carriedToPodC('master', (ttl) => packet('10.42.0.0', C, 80, ttl), 64)];
};

/** Calls of nginx-test's ClusterIP from each distance; each with its answer and its end. */
export const clusterIpWalks = {
  'podA calls nginx-test, and the endpoint is on another node': {
    claims: ['NT-01'] as const,
    send: send('podA', call(nginx, 80, PATIENT)),
    request: fromA(called, true),
    reply: [
      ...carriedFromPodC('master', (ttl) => accepted(C, A, 80, ttl)),
      at('master:cni0', 'Conntrack has turned it back: the ClusterIP answers', accepted(nginx, A, 80, 62)),
      at('master:vethA', 'Bridged to the pod’s port', accepted(nginx, A, 80, 62)),
      at('podA:eth0', 'podA has heard of no endpoint', accepted(nginx, A, 80, 62)),
    ] as Hops,
    end: fromA(ended, false),
  },
  'podB calls nginx-test, and the endpoint is on its own bridge': {
    claims: ['NT-01'] as const,
    send: send('podB', call(nginx, 80, PATIENT)),
    request: fromB(called, true),
    reply: [
      at('podC:eth0', 'The answer is for a neighbour', accepted(C, B, 80)),
      at('node1:vethC', 'It would be bridged straight to podB', accepted(C, B, 80)),
      at('node1:vethB', 'But the table has seen it, and conntrack turned it back', accepted(nginx, B, 80)),
      at('podB:eth0', 'The ClusterIP answers', accepted(nginx, B, 80)),
    ] as Hops,
    end: fromB(ended, false),
  },
  'podC calls nginx-test, and is its own endpoint': {
    send: send('podC', call(nginx, 80, PATIENT)),
    request: fromC(called, true),
    reply: [
      at('podC:eth0 out', 'The answer is for the gateway', accepted(C, '10.42.1.1', 80)),
      at('node1:vethC in', 'Into the bridge', accepted(C, '10.42.1.1', 80)),
      at('node1:vethC out', 'Both addresses are turned back', accepted(nginx, C, 80)),
      at('podC:eth0 in', 'The ClusterIP answers', accepted(nginx, C, 80)),
    ] as Hops,
    end: fromC(ended, false),
  },
  'master calls nginx-test, a node as any process on it does': {
    claims: ['NT-01'] as const,
    send: send('master', call(nginx, 80, PATIENT)),
    request: fromMaster(called, true),
    reply: carriedFromPodC('master', (ttl) => accepted(C, '10.42.0.0', 80, ttl)),
    end: fromMaster(ended, false),
  },
};

/** From podA to an address of a service where nobody is, up to the hook that ends its way. */
const unserved = (address: string, port: number, way: string, why: string): Hops => [
  ...intoBridge('podA', called(A, address, port)),
  ...asked('master', ': policy accept', 'The map of services has no such address and port'),
  at('master:cni0', 'So it stays for that address, and would leave by the default route', called(A, address, port)),
  hook('master', `filter-forward > ${way}`, why),
];

const unreachable: Headers = [ip({ src: '10.42.0.1', dst: A, ttl: 64 }), icmp({ type: 'unreachable', code: 3 })];

const refusal: Hops = [
  at('master:cni0', 'The node refuses it by ICMP, from the address of the bridge', unreachable),
  at('master:vethA', 'To the pod’s port', unreachable),
  at('podA:eth0', 'The pod need not wait', unreachable),
];

/** Calls of what no endpoint serves: each ends at a rule that says why. */
export const unservedWalks = {
  'podA calls a service without endpoints, and is refused': {
    send: send('podA', tried(idle, 80)),
    request: unserved(idle, 80, 'service-endpoints-check > reject-chain: reject', 'The map no-endpoint-services has it'),
    reply: refusal,
  },
  'podA calls a port of nginx-test that is none, and is refused': {
    claims: ['NT-03'] as const,
    send: send('podA', tried(nginx, 81)),
    request: unserved(nginx, 81, 'service-endpoints-check > cluster-ips-check: reject', 'The set cluster-ips has its address: the port is none'),
    reply: refusal,
  },
  'podA calls an address of the service CIDR that no service has': {
    claims: ['NT-03'] as const,
    send: send('podA', call(nobody, 80)),
    request: unserved(nobody, 80, 'service-endpoints-check > cluster-ips-check: drop', 'It is not sent to the world by the default route'),
    reply: [],
  },
};
