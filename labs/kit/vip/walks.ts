import { arp, at, ether, icmp, ip, mac, oneOf, send } from 'packetwalk';
import { chainOf, endpointChain } from '../kube-proxy/names.ts';
import { ended, fromPodC, intoBridge, known, marked, natted, type Packet, toPodC, unmarked } from '../kube-proxy/walks.ts';
import { accepted, call, called, PATIENT } from '../processes.ts';
import { client, type Hops, type Node, remote, vips } from './cluster.ts';

const [A, C, D] = ['10.42.0.65', '10.42.1.6', '10.42.2.6'];
const sent = { first: called, last: ended };
type Which = keyof typeof sent;

/** KUBE-EXT of a service, which masquerades or, of policy Local, does not, and then picks an endpoint. */
const ext = (service: string) => chainOf('EXT', `default/${service}`, 'tcp');
const byCluster = (service: string) =>
  `${ext(service)} > KUBE-MARK-MASQ > ${chainOf('SVC', `default/${service}`, 'tcp')} > ${endpointChain(`default/${service}`, 'tcp', `${C}:80`)}: dnat to ${C}:80`;
const byLocal = (service: string, endpoint: string) =>
  `${ext(service)} > ${chainOf('SVL', `default/${service}`, 'tcp')} > ${endpointChain(`default/${service}`, 'tcp', `${endpoint}:80`)}: dnat to ${endpoint}:80`;

/** From which address a node calls podC for somebody else: that of the device by which it does. */
const masquerades = { master: '10.42.0.0', node1: '10.42.1.1', node2: '10.42.2.0' };

/** A caller outside: on the segment, or behind the router. */
interface Caller {
  address: string;
  /** Its packet up to the node’s segment, and back from there. */
  there(packet: Packet): Hops;
  back(packet: Packet, ttl: number): Hops;
  /** The TTL with which its packets come to a node. */
  ttl: number;
}

const fromClient: Caller = {
  address: client,
  there: (packet) => [at('client:eth0', 'The address is in the client’s own subnet: it has asked who has it', packet(64))],
  back: (packet, ttl) => [at('client:eth0', 'The client has heard of no pod', packet(ttl))],
  ttl: 64,
};
const fromRemote: Caller = {
  address: remote,
  there: (packet) => [
    at('remote:eth0', 'From anywhere', packet(64)),
    at('gw:eth1', 'The router has a route to this one address', packet(64)),
    at('gw:eth0', 'Ports decide which of its next hops it takes', packet(63)),
  ],
  back: (packet, ttl) => [
    at('gw:eth0', 'Back by the router', packet(ttl)),
    at('gw:eth1', 'Out', packet(ttl - 1)),
    at('remote:eth0', 'The caller has heard of no pod', packet(ttl - 1)),
  ],
  ttl: 63,
};

/** A call of a service at a node: its chains there, the endpoint, and whom the endpoint takes for the caller. */
interface Call {
  caller: Caller;
  vip: string;
  node: Node;
  chains: string;
  why: string;
  pod: 'podC' | 'podD';
  as: string;
}

const within = (node: Node, pod: 'podC' | 'podD', packet: ReturnType<Packet>): Hops => [
  at(`${node}:cni0`, 'The endpoint is on this node', packet),
  at(`${node}:${pod === 'podC' ? 'vethC' : 'vethD'}`, 'The bridge knows which port leads to the pod', packet),
  at(`${pod}:eth0`, 'The endpoint sees who it takes for the caller', packet),
];
const endpointOf = { podC: C, podD: D };
const isAtHome = ({ node, pod }: Call) => (pod === 'podC' ? node === 'node1' : node === 'node2');

/** From a node’s own NIC to the endpoint. */
const inside = (one: Call, which: Which): Hops => {
  const { caller, vip, node, chains, why, pod, as } = one;
  const [packet, first] = [sent[which], which === 'first'];
  const to = (ttl: number) => packet(as, endpointOf[pod], 80, ttl);
  const netfilter = first ? [...natted(node, chains, why), ...(as === caller.address ? unmarked(node) : marked(node, as))] : known(node);
  return [
    at(`${node}:enp0s1`, 'No device here has the address', packet(caller.address, vip, 80, caller.ttl)),
    ...netfilter,
    ...(isAtHome(one) || node === 'node1' ? within(node, pod, to(caller.ttl - 1)) : toPodC(node, to, caller.ttl - 1, first)),
  ];
};

/** From the endpoint to the node’s own NIC. */
const outside = (one: Call): Hops => {
  const { caller, vip, node, pod, as } = one;
  const from = (ttl: number) => accepted(endpointOf[pod], as, 80, ttl);
  const home: Hops = [
    at(`${pod}:eth0`, 'The endpoint answers who called it', from(64)),
    at(`${node}:${pod === 'podC' ? 'vethC' : 'vethD'}`, 'Out of the pod', from(64)),
    at(`${node}:cni0`, 'PREROUTING has seen it: to the node it is for the caller', accepted(endpointOf[pod], caller.address, 80)),
  ];
  return [
    ...(isAtHome(one) || node === 'node1' ? home : fromPodC(node, from)),
    ...known(node),
    at(`${node}:enp0s1`, 'Translated back: the address that was called answers', accepted(vip, caller.address, 80, ttlBack(one))),
  ];
};
const ttlBack = (one: Call) => (isAtHome(one) ? 63 : 62);

const callerSends = ({ caller, vip }: Call, which: Which) => caller.there((ttl) => sent[which](caller.address, vip, 80, ttl));

/** A call that one node takes. */
const taken = (one: Call) => ({
  send: send(one.caller === fromClient ? 'client' : 'remote', call(one.vip, 80, PATIENT)),
  request: [...callerSends(one, 'first'), ...inside(one, 'first')],
  reply: [...outside(one), ...one.caller.back((ttl) => accepted(one.vip, one.caller.address, 80, ttl), ttlBack(one))],
  end: [...callerSends(one, 'last'), ...inside(one, 'last')],
});

/** A call of which the router gives each flow to one of some nodes: the answer comes by it, and the end goes to it again. */
const shared = (ways: readonly Call[]) => {
  const [one] = ways;
  if (!one) throw new Error('a call that is shared has a node at least');
  const each = (hops: (way: Call) => Hops) => oneOf(Object.fromEntries(ways.map((way) => [`by ${way.node}`, hops(way)])));
  return {
    send: send('remote', call(one.vip, 80, PATIENT)),
    request: [...callerSends(one, 'first'), each((way) => inside(way, 'first'))],
    reply: [each((way) => [...outside(way), ...fromRemote.back((ttl) => accepted(way.vip, remote, 80, ttl), ttlBack(way))])],
    end: [...callerSends(one, 'last'), each((way) => inside(way, 'last'))],
  };
};

const everyone = ether({ dst: 'ff:ff:ff:ff:ff:ff' });
const question = arp({ op: 'request', tpa: vips.web });
const masters = arp({ op: 'reply', spa: vips.web, sha: mac('master:enp0s1'), tpa: client });

const toWeb: Call = {
  caller: fromClient,
  vip: vips.web,
  node: 'master',
  chains: byCluster('web'),
  why: 'KUBE-SERVICES has a rule for a load balancer’s address, on each node',
  pod: 'podC',
  as: masquerades.master,
};
const toShop = (node: Node): Call => ({ ...toWeb, caller: fromRemote, vip: vips.shop, node, chains: byCluster('shop'), as: masquerades[node] });
const local = { why: 'Only the node’s own endpoint is picked, and nothing is marked', pod: 'podC' } as const;
const toShopLocal = (node: 'node1' | 'node2', pod: 'podC' | 'podD'): Call => ({
  ...local,
  caller: fromRemote,
  vip: vips.shopLocal,
  node,
  chains: byLocal('shop-local', endpointOf[pod]),
  pod,
  as: remote,
});

const asksNobody = [ip({ src: remote, dst: '198.51.100.10', ttl: 64 }), icmp({ type: 'echo request' })];

export const walks = {
  'client asks who has web’s address: all hear it, and one speaker answers': {
    claims: ['LB-05'] as const,
    send: send('client', `arping -f -c 1 -I eth0 ${vips.web}`),
    request: [
      at('client:eth0', 'A question to everyone on the segment', everyone, question),
      at('gw:eth0', 'The router has nothing to do with it', everyone, question),
      at('master:enp0s1', 'The kernel has no such address: but the speaker reads along', everyone, question),
      at('node1:enp0s1', 'Its speaker knows that master’s lives', everyone, question),
      at('node2:enp0s1', 'And so does this one', everyone, question),
    ] as Hops,
    reply: [
      at('master:enp0s1', 'The speaker writes the answer itself, with the MAC of the node', masters),
      at('client:eth0', 'Nobody else answers', masters),
    ] as Hops,
  },
  'client calls web: master speaks for it, and the endpoint is on another node': { claims: ['LB-05'] as const, ...taken(toWeb) },
  'client calls web-local: a node speaks that has an endpoint': {
    claims: ['LB-05'] as const,
    ...taken({ ...local, caller: fromClient, vip: vips.webLocal, node: 'node1', chains: byLocal('web-local', C), as: client }),
  },
  'remote calls shop: the router gives the flow to one of three nodes, and all of it': {
    claims: ['LB-05'] as const,
    ...shared((['master', 'node1', 'node2'] as const).map(toShop)),
  },
  'remote calls shop-local: two nodes have an endpoint, and each its own': {
    claims: ['LB-05'] as const,
    ...shared([toShopLocal('node1', 'podC'), toShopLocal('node2', 'podD')]),
  },
  'podA calls web’s address: its own node translates it, and nobody is asked': {
    send: send('podA', call(vips.web, 80, PATIENT)),
    request: [
      ...intoBridge('podA', called(A, vips.web, 80)),
      ...natted('master', byCluster('web'), 'The rule is for all who call the address, pods included'),
      at('master:cni0', 'So to the bridge’s node it is for the endpoint', called(A, C, 80)),
      ...marked('master', masquerades.master),
      ...toPodC('master', (ttl) => called(masquerades.master, C, 80, ttl), 63),
    ] as Hops,
  },
  'remote pings an address of the pool that no service has': {
    // A plain ping would be followed for its echo reply alone.
    send: send('remote', `timeout ${PATIENT} ping -c 1 198.51.100.10`),
    request: [
      at('remote:eth0', 'The next address of the pool', ...asksNobody),
      at('gw:eth1', 'The router knows addresses, not pools: nobody has announced it', ...asksNobody),
    ] as Hops,
    reply: [
      at('gw:eth1', 'It says so', ip({ src: '203.0.113.1', dst: remote, ttl: 64 }), icmp({ type: 'unreachable' })),
      at('remote:eth0', 'The caller need not wait', ip({ src: '203.0.113.1', dst: remote, ttl: 64 }), icmp({ type: 'unreachable' })),
    ] as Hops,
  },
};
