import { at, corrects, icmp, ip, send, through } from 'packetwalk';
import { tried } from '../kube-proxy/clusterip-walks.ts';
import type { Headers } from '../kube-proxy/walks.ts';
import { accepted, call, called, PATIENT } from '../processes.ts';
import { podChain, policyChain } from './kube-router.ts';
import { addressOf, client, cluster, type Hops, homes, type Node, n17, n25, n100, type PodName, stranger, vethOf } from './kube-router-cluster.ts';

type Packet = (ttl: number) => Headers;

const syn =
  (from: keyof typeof addressOf, to: PodName, port: number): Packet =>
  (ttl) =>
    called(addressOf[from], addressOf[to], port, ttl);
const answer =
  (from: PodName, to: string, port: number): Packet =>
  (ttl) =>
    accepted(addressOf[from], to, port, ttl);
/** How REJECT answers. */
const refusal =
  (src: string, dst: string): Packet =>
  (ttl) => [ip({ src, dst, ttl }), icmp({ type: 'unreachable', code: 3 })];

/** A pod’s chain, and those of the policies that it asks: `deny-all` of the pod’s namespace, or none of its own. */
export const asks = (pod: PodName, ...policies: string[]) => {
  const namespace = pod === 'dashboard' ? 'kube-system' : 'default';
  return [
    podChain({ namespace, name: pod }),
    ...policies.map((name) => (name === 'none' ? 'KUBE-NWPLCY-DEFAULT' : policyChain(`${namespace}/${name}`))),
  ].join(' > ');
};
const forward = 'filter FORWARD > KUBE-ROUTER-FORWARD' as const;
const output = 'filter OUTPUT > KUBE-ROUTER-OUTPUT' as const;

const outOf = (pod: PodName, packet: Headers): Hops => [
  at(`${pod}:eth0`, 'The pod knows of no policy', packet),
  at(`${homes[pod]}:${vethOf[pod]}`, 'Into the bridge', packet),
  at(`${homes[pod]}:kube-bridge`, 'For the node, which routes it', packet),
];
const across = (from: Node, to: Node, packet: Headers): Hops => [
  at(`${from}:eth0`, 'Nothing is wrapped: both nodes are in one subnet', packet),
  at(`${to}:eth0`, 'For the wire it is a packet like any other', packet),
];
const into = (pod: PodName, packet: Headers): Hops => [
  at(`${homes[pod]}:kube-bridge`, 'To the node’s own pods', packet),
  at(`${homes[pod]}:${vethOf[pod]}`, 'By the pod’s port', packet),
  at(`${pod}:eth0`, 'It arrives', packet),
];
const fromOutside = (who: 'client' | 'stranger', packet: Packet): Hops => [
  at(`${who}:eth0`, 'From outside of the cluster', packet(64)),
  at('router:eth1', 'The router knows every node’s pods', packet(64)),
  at('router:eth0', 'And asks nobody', packet(63)),
  at(`${n25}:eth0`, 'It arrives at the node of who is called', packet(63)),
];
const toOutside = (who: 'client' | 'stranger', packet: Packet, ttl: number): Hops => [
  at(`${n25}:eth0`, 'Out to the router', packet(ttl)),
  at('router:eth0', 'By the router', packet(ttl)),
  at('router:eth1', 'Out', packet(ttl - 1)),
  at(`${who}:eth0`, 'Back where it came from', packet(ttl - 1)),
];

/** A pod without an egress policy sends: its chain asks KUBE-NWPLCY-DEFAULT, which marks all. */
const free = (pod: PodName): Hops => [
  through(
    homes[pod],
    `${forward} > ${asks(pod, 'none')}: accept`,
    'No policy is about what this pod sends: the default chain marks it, and a mark is accepted',
  ),
];
const known = (pod: PodName): Hops => [
  through(homes[pod], `${forward} > ${asks(pod)}: accept`, 'It belongs to a connection: that is the first rule of a pod’s chain'),
];

const redis = (port: number) => syn('frontend', 'redis-master', port);
const toFrontend = syn('dashboard', 'frontend', 80);

/** Calls that policies let through or refuse, hook by hook. */
export const walks = {
  'frontend calls redis-master at 6379: its policy lets tier=frontend in': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('frontend', call(addressOf['redis-master'], 6379, PATIENT)),
    request: [
      ...outOf('frontend', redis(6379)(64)),
      ...free('frontend'),
      ...across(n25, n100, redis(6379)(63)),
      through(
        n100,
        `${forward} > ${asks('redis-master', 'deny-all', 'redis-master')}: accept`,
        'Both policies are asked: deny-all is an empty chain, redis-master’s marks it',
      ),
      ...into('redis-master', redis(6379)(62)),
    ] as Hops,
    reply: [
      ...outOf('redis-master', answer('redis-master', addressOf.frontend, 6379)(64)),
      ...known('redis-master'),
      ...across(n100, n25, answer('redis-master', addressOf.frontend, 6379)(63)),
      ...known('frontend'),
      ...into('frontend', answer('redis-master', addressOf.frontend, 6379)(62)),
    ] as Hops,
  },
  'frontend calls redis-master at port 80, of which no policy speaks, and is refused': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('frontend', tried(addressOf['redis-master'], 80)),
    request: [
      ...outOf('frontend', redis(80)(64)),
      ...free('frontend'),
      ...across(n25, n100, redis(80)(63)),
      through(
        n100,
        `${forward} > ${asks('redis-master', 'deny-all', 'redis-master')}: reject`,
        'Nobody has marked it: the pod’s chain itself logs it, and refuses it',
      ),
    ] as Hops,
    reply: [
      through(n100, `${output}: policy accept`, 'The refusal is the node’s own, and for no pod of its'),
      ...across(n100, n25, refusal(cluster[n100].address, addressOf.frontend)(64)),
      through(n25, `${forward} > ${asks('frontend')}: accept`, 'An ICMP error is related to the call that it is about'),
      ...into('frontend', refusal(cluster[n100].address, addressOf.frontend)(63)),
    ] as Hops,
  },
  'redis-slave1 calls redis-master on its own bridge, and is no frontend': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('redis-slave1', tried(addressOf['redis-master'], 6379)),
    request: [
      at('redis-slave1:eth0', 'Both are in one subnet: the frame is for the other pod', syn('redis-slave1', 'redis-master', 6379)(64)),
      at(`${n100}:veth-slave1`, 'Into the bridge, where bridged frames pass iptables too', syn('redis-slave1', 'redis-master', 6379)(64)),
      through(
        n100,
        `${forward} > ${asks('redis-master', 'deny-all', 'redis-master')}: reject`,
        'A bridged frame is refused as well: br_netfilter shows it to FORWARD',
      ),
    ] as Hops,
    reply: [
      through(n100, `${output} > ${asks('redis-slave1')}: accept`, 'To a pod of its own: that pod’s chain is asked'),
      ...into('redis-slave1', refusal('100.96.4.1', addressOf['redis-slave1'])(64)),
    ] as Hops,
  },
  'dashboard calls frontend: one policy lets it out, another one in': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('dashboard', call(addressOf.frontend, 80, PATIENT)),
    request: [
      ...outOf('dashboard', toFrontend(64)),
      through(n17, `${forward} > ${asks('dashboard', 'dashboard')}: accept`, 'It may call tier=frontend of the namespace default, and nobody else'),
      ...across(n17, n25, toFrontend(63)),
      through(n25, `${forward} > ${asks('frontend', 'deny-all', 'frontend')}: accept`, 'A set has the pods of the namespace kube-system'),
      ...into('frontend', toFrontend(62)),
    ] as Hops,
  },
  'dashboard calls redis-master, which its own policy does not let out': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('dashboard', tried(addressOf['redis-master'], 6379)),
    request: [
      ...outOf('dashboard', syn('dashboard', 'redis-master', 6379)(64)),
      through(n17, `${forward} > ${asks('dashboard', 'dashboard')}: reject`, 'redis-master is no tier=frontend: the call does not leave its node'),
    ] as Hops,
    reply: [
      through(n17, `${output} > ${asks('dashboard')}: accept`, 'The pod hears so at once'),
      ...into('dashboard', refusal('100.96.0.1', addressOf.dashboard)(64)),
    ] as Hops,
  },
  'client calls frontend from the block of addresses that may': {
    claims: ['NP-01'] as const,
    send: send('client', call(addressOf.frontend, 80, PATIENT)),
    request: [
      ...fromOutside('client', syn('client', 'frontend', 80)),
      through(n25, `${forward} > ${asks('frontend', 'deny-all', 'frontend')}: accept`, 'Another set, of networks, has the block'),
      ...into('frontend', syn('client', 'frontend', 80)(62)),
    ] as Hops,
    reply: [
      ...outOf('frontend', answer('frontend', client, 80)(64)),
      ...known('frontend'),
      ...toOutside('client', answer('frontend', client, 80), 63),
    ] as Hops,
  },
  'stranger calls frontend from addresses that the block excepts': {
    claims: ['NP-01', 'NP-02'] as const,
    send: send('stranger', tried(addressOf.frontend, 80)),
    request: [
      ...fromOutside('stranger', syn('stranger', 'frontend', 80)),
      through(n25, `${forward} > ${asks('frontend', 'deny-all', 'frontend')}: reject`, 'The exception is in the same set, with nomatch'),
    ] as Hops,
    reply: [
      through(n25, `${output}: policy accept`, 'The node refuses it'),
      ...toOutside('stranger', refusal(cluster[n25].address, stranger), 64),
    ] as Hops,
  },
  'ip-172-20-32-100 calls redis-master, its own pod: no policy is asked': {
    claims: [
      corrects(
        'NP-01',
        'Not what a pod’s own node sends to it: its chain accepts that before it asks a policy, so that probes always reach the pod.',
      ),
    ] as const,
    send: send(n100, call(addressOf['redis-master'], 80, PATIENT)),
    request: [
      through(n100, `${output} > ${asks('redis-master')}: accept`, 'From an address of the node’s own: that rule stands in front of all policies'),
      ...into('redis-master', called('100.96.4.1', addressOf['redis-master'], 80)),
    ] as Hops,
  },
  'ip-172-20-42-25 calls redis-master, a pod of another node, and is refused': {
    claims: ['NP-01'] as const,
    send: send(n25, tried(addressOf['redis-master'], 6379)),
    request: [
      through(n25, `${output}: policy accept`, 'It is for no pod of this node'),
      ...across(n25, n100, called(cluster[n25].address, addressOf['redis-master'], 6379)),
      through(
        n100,
        `${forward} > ${asks('redis-master', 'deny-all', 'redis-master')}: reject`,
        'Another node is a stranger: its address is in no set',
      ),
    ] as Hops,
    reply: [
      through(n100, `${output}: policy accept`, 'The refusal'),
      ...across(n100, n25, refusal(cluster[n100].address, cluster[n25].address)(64)),
      through(n25, 'filter INPUT > KUBE-ROUTER-INPUT: policy accept', 'It is for the node itself'),
    ] as Hops,
  },
};
