import { at, type ExpectedHeader, type Hop, ip, type Point, send, tcp, through } from 'packetwalk';
import * as bridge from '../bridge-walks.ts';
import { cali } from '../calico/cluster.ts';
import * as calico from '../calico/walks.ts';
import * as cni from '../cni/bridge-plugin.ts';
import { veth } from '../flannel/cluster.ts';
import { reply, request } from '../ping.ts';
import { accepted, call, called } from '../processes.ts';
import { chainOf } from './masquerade.ts';

type Headers = ExpectedHeader<never>[];

export const outside = '203.0.113.80';

/** How a pod’s packets leave its node. */
export interface Exit<Node extends string = string, Pod extends string = string> {
  pod: Pod;
  address: string;
  /** Up to where the node routes them, and back from there. */
  up(headers: Headers): Hop<Node | Pod>[];
  down(headers: Headers): Hop<Node | Pod>[];
  /** The node’s hooks: for a connection’s first packet to who is no pod, for that to a pod, for later ones, and for answers. */
  translated: Hop<Node>[];
  spared: Hop<Node>[];
  later: Hop<Node>[];
  back: Hop<Node>[];
  /** The node, its interface towards the others, and the address of that. */
  node: Node;
  leaves: Point<Node>;
  as: string;
  /** The interface of the router gw that faces the node. */
  router: `gw:${string}`;
}

type Way<Node extends string, Pod extends string> = Pick<Exit<Node, Pod>, 'up' | 'down' | 'translated' | 'spared' | 'later' | 'back'>;

const overBridge = <Node extends string, Pod extends string>(port: bridge.Port<Node, Pod>) => ({
  up: (headers: Headers) => bridge.outOf(port, headers),
  down: (headers: Headers) => bridge.into(port, headers),
  later: [],
  back: [],
});

/** From a pod whose node has the bridge plugin’s ipMasq. */
export const byPlugin = <Node extends string, Pod extends string>(node: Node, container: cni.Container<Pod>): Way<Node, Pod> => {
  const nat = `nat POSTROUTING > ${chainOf(container)}` as const;
  return {
    ...overBridge(cni.port(node, container)),
    translated: [through(node, `${nat}: masquerade`, 'This pod’s own chain: it gets the node’s address')],
    spared: [],
  };
};

/** From a pod whose node has flanneld --ip-masq. */
export const byFlannel = <Node extends string, Pod extends string>(node: Node, pod: Pod): Way<Node, Pod> => {
  const nat = 'nat POSTROUTING > FLANNEL-POSTRTG';
  const accepted = through(node, 'filter FORWARD > FLANNEL-FWD: accept', 'flanneld lets pass what is from or to its network');
  return {
    ...overBridge<Node, Pod>({ inner: `${pod}:eth0`, outer: `${node}:${veth(pod)}`, bridge: `${node}:cni0` }),
    translated: [accepted, through(node, `${nat}: masquerade fully-random`, 'From a pod to who is none: it gets the node’s address')],
    spared: [accepted, through(node, `${nat}: policy accept`, 'From a pod to a pod: flannel’s chain returns')],
    back: [accepted],
  };
};

/** From a pod whose node has Calico’s natOutgoing. */
export const byCalico = <Node extends string, Pod extends string>(node: Node, pod: Pod): Way<Node, Pod> => {
  const nat = 'nat POSTROUTING > cali-POSTROUTING > cali-fip-snat > cali-nat-outgoing';
  const filter = 'filter FORWARD > cali-FORWARD > cali-from-hep-forward';
  const [from, to] = [`${filter} > cali-from-wl-dispatch > cali-fw-${cali(pod)}`, `${filter} > cali-to-wl-dispatch > cali-tw-${cali(pod)}`] as const;
  const own = through(node, 'raw PREROUTING > cali-PREROUTING > cali-rpf-skip: policy accept', 'Its source is the pod’s own');
  const known = through(node, 'mangle PREROUTING > cali-PREROUTING: accept', 'It belongs to a connection');
  const left = through(node, 'mangle POSTROUTING > cali-POSTROUTING: policy accept', 'No policy is for the node itself');
  const sends = [
    own,
    through(node, 'mangle PREROUTING > cali-PREROUTING > cali-from-host-endpoint: policy accept', 'No policy is for the node itself'),
    through(node, 'nat PREROUTING > cali-PREROUTING > cali-fip-dnat: policy accept', 'It is for no floating address'),
    through(node, `${from} > cali-pro-kns.default > cali-to-hep-forward > cali-cidr-block: accept`, 'The pod’s profile lets it send'),
    left,
  ];
  return {
    up: (headers) => calico.fromPod(node, pod, headers),
    down: (headers) => calico.toPod(node, pod, headers),
    translated: [...sends, through(node, `${nat}: masquerade fully-random`, 'From a pool to none: it gets the node’s address')],
    spared: [...sends, through(node, `${nat}: policy accept`, 'From a pool to a pool: the rule is not for it')],
    later: [own, known, through(node, `${from}: accept`, 'It belongs to a connection: neither the profile nor nat is asked'), left],
    back: [
      through(node, 'raw PREROUTING > cali-PREROUTING > cali-from-host-endpoint: policy accept', 'It comes from no pod of this node'),
      known,
      through(node, `${to}: accept`, 'It belongs to a connection: no profile is asked'),
      left,
    ],
  };
};

type Packet = (src: string, dst: string, ttl?: number) => Headers;

/** A packet to the host outside. */
const out = <Node extends string, Pod extends string>({ address, up, leaves, as, router }: Exit<Node, Pod>, hooks: Hop<Node>[], packet: Packet) => [
  ...up(packet(address, outside)),
  ...hooks,
  at<Node>(leaves, 'It bears the node’s address', packet(as, outside, 63)),
  at<'gw'>(router, 'The router knows nodes, and nothing of pods', packet(as, outside, 63)),
  at('gw:wan', 'Routed on', packet(as, outside, 62)),
  at('outside:eth0', 'Who is outside sees the node', packet(as, outside, 62)),
];

/** What the host outside answers. */
const home = <Node extends string, Pod extends string>({ address, down, back, leaves, as, router }: Exit<Node, Pod>, packet: Packet) => [
  at('outside:eth0', 'The answer is for the node', packet(outside, as)),
  at('gw:wan', 'Into the router', packet(outside, as)),
  at<'gw'>(router, 'Routed to the node', packet(outside, as, 63)),
  at<Node>(leaves, 'Before the node routes it, conntrack puts the pod’s address back', packet(outside, as, 63)),
  ...back,
  ...down(packet(outside, address, 62)),
];

/** A pod pings the host outside. */
export const pingsOutside = <Node extends string, Pod extends string>(exit: Exit<Node, Pod>) => ({
  claims: ['PE-01'] as const,
  send: send(exit.pod, `ping -c 1 ${outside}`),
  request: out(exit, exit.translated, request),
  reply: home(exit, reply),
});

/** A pod calls the host outside at port 80. */
export const callsOutside = <Node extends string, Pod extends string>(exit: Exit<Node, Pod>) => ({
  claims: ['PE-01'] as const,
  send: send(exit.pod, call(outside, 80)),
  request: out(exit, exit.translated, (src, dst, ttl) => called(src, dst, 80, ttl)),
  reply: home(exit, (src, dst, ttl) => accepted(src, dst, 80, ttl)),
  end: out(exit, exit.later, (src, dst, ttl = 64) => [ip({ src, dst, ttl }), tcp({ dst: 80, flags: 'FA' })]),
});

/** A pod pings another node of its cluster: outside of the pods’ network as well. */
export const pingsNode = <Node extends string, Pod extends string>(
  { pod, address, up, down, leaves, as, translated, back }: Exit<Node, Pod>,
  to: Exit<Node, Pod>,
) => ({
  send: send(pod, `ping -c 1 ${to.as}`),
  request: [
    ...up(request(address, to.as)),
    ...translated,
    at<Node>(leaves, 'It is no pod’s address: NAT, though the network model wants none here', request(as, to.as, 63)),
    at<Node>(to.leaves, `${to.node} sees ${as}, the other node`, request(as, to.as, 63)),
  ],
  reply: [
    at<Node>(to.leaves, 'So it answers the node', reply(to.as, as)),
    at<Node>(leaves, 'Conntrack knows whose it is', reply(to.as, as)),
    ...back,
    ...down(reply(to.as, address, 63)),
  ],
});

/** A pod pings a pod of another node, and nothing is translated. */
export const pingsPod = <Node extends string, Pod extends string>(from: Exit<Node, Pod>, to: Exit<Node, Pod>) => {
  const [there, home] = [[from.address, to.address] as const, [to.address, from.address] as const];
  return {
    claims: ['PE-01'] as const,
    send: send(from.pod, `ping -c 1 ${to.address}`),
    request: [
      ...from.up(request(...there)),
      ...from.spared,
      at<Node>(from.leaves, 'It leaves as it is', request(...there, 63)),
      at<Node>(to.leaves, 'On the wire are the pods’ own addresses', request(...there, 63)),
      ...to.down(request(...there, 62)),
    ],
    reply: [
      ...to.up(reply(...home)),
      at<Node>(to.leaves, 'The answer is not translated either', reply(...home, 63)),
      at<Node>(from.leaves, 'Across the segment', reply(...home, 63)),
      ...from.back,
      ...from.down(reply(...home, 62)),
    ],
  };
};
