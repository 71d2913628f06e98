import { at, type Check, type Expectation, type ExpectedHeader, type Hop, lines, type Point, send } from 'packetwalk';
import * as bridge from './bridge-walks.ts';
import * as calico from './calico-walks.ts';
import { veth } from './flannel.ts';
import { reply, request } from './ping.ts';
import { call } from './processes.ts';

type Headers = ExpectedHeader<never>[];

export const outside = '203.0.113.80';

/** How a pod’s packets leave its node. */
export interface Exit<Node extends string = string, Pod extends string = string> {
  pod: Pod;
  address: string;
  /** Up to where the node routes them, and back from there. */
  up(headers: Headers): Hop<Node | Pod>[];
  down(headers: Headers): Hop<Node | Pod>[];
  /** The node, its interface towards the others, and the address of that. */
  node: Node;
  leaves: Point<Node>;
  as: string;
  /** The interface of the router gw that faces the node. */
  router: `gw:${string}`;
}

/** The way between a pod and its node’s routing: over a bridge, as the bridge plugin and flannel have it, or without, as Calico. */
export const byBridge = <Node extends string, Pod extends string>(port: bridge.Port<Node, Pod>): Pick<Exit<Node, Pod>, 'up' | 'down'> => ({
  up: (headers) => bridge.outOf(port, headers),
  down: (headers) => bridge.into(port, headers),
});
export const byCni0 = <Node extends string, Pod extends string>(node: Node, pod: Pod) =>
  byBridge<Node, Pod>({ inner: `${pod}:eth0`, outer: `${node}:${veth(pod)}`, bridge: `${node}:cni0` });
export const byCali = <Node extends string, Pod extends string>(node: Node, pod: Pod): Pick<Exit<Node, Pod>, 'up' | 'down'> => ({
  up: (headers) => calico.outOf(node, pod, headers),
  down: (headers) => calico.into(node, pod, headers),
});

/** A pod pings the host outside: its address is replaced on the way out, and put back on the way in. */
export const pingsOutside = <Node extends string, Pod extends string>({ pod, address, up, down, leaves, as, router }: Exit<Node, Pod>) => ({
  claims: ['PE-01'] as const,
  send: send(pod, `ping -c 1 ${outside}`),
  request: [
    ...up(request(address, outside)),
    at<Node>(leaves, 'It has passed POSTROUTING, and bears the node’s address', request(as, outside, 63)),
    at<'gw'>(router, 'The router knows nodes, and nothing of pods', request(as, outside, 63)),
    at('gw:wan', 'Routed on', request(as, outside, 62)),
    at('outside:eth0', 'Who is outside sees the node', request(as, outside, 62)),
  ],
  reply: [
    at('outside:eth0', 'The answer is for the node', reply(outside, as)),
    at('gw:wan', 'Into the router', reply(outside, as)),
    at<'gw'>(router, 'Routed to the node', reply(outside, as, 63)),
    at<Node>(leaves, 'Before the node routes it, conntrack puts the pod’s address back', reply(outside, as, 63)),
    ...down(reply(outside, address, 62)),
  ],
});

/** A pod pings another node of its cluster: outside of the pods’ network as well. */
export const pingsNode = <Node extends string, Pod extends string>({ pod, address, up, down, leaves, as }: Exit<Node, Pod>, to: Exit<Node, Pod>) => ({
  send: send(pod, `ping -c 1 ${to.as}`),
  request: [
    ...up(request(address, to.as)),
    at<Node>(leaves, 'A node’s address is no pod’s: it is translated too', request(as, to.as, 63)),
    at<Node>(to.leaves, `${to.node} sees ${as}, the other node`, request(as, to.as, 63)),
  ],
  reply: [
    at<Node>(to.leaves, 'So it answers the node', reply(to.as, as)),
    at<Node>(leaves, 'Conntrack knows whose it is', reply(to.as, as)),
    ...down(reply(to.as, address, 63)),
  ],
});

/** A pod pings a pod of another node, and nothing is translated. */
export const pingsPod = <Node extends string, Pod extends string>(from: Exit<Node, Pod>, to: Exit<Node, Pod>) => {
  const [there, back] = [[from.address, to.address] as const, [to.address, from.address] as const];
  return {
    claims: ['PE-01'] as const,
    send: send(from.pod, `ping -c 1 ${to.address}`),
    request: [
      ...from.up(request(...there)),
      at<Node>(from.leaves, 'For a pod POSTROUTING leaves it as it is', request(...there, 63)),
      at<Node>(to.leaves, 'On the wire are the pods’ own addresses', request(...there, 63)),
      ...to.down(request(...there, 62)),
    ],
    reply: [
      ...to.up(reply(...back)),
      at<Node>(to.leaves, 'The answer is not translated either', reply(...back, 63)),
      at<Node>(from.leaves, 'Across the segment', reply(...back, 63)),
      ...from.down(reply(...back, 62)),
    ],
  };
};

/** What conntrack keeps of a pod’s ping to another node of its own cluster. */
export const trackedInside = ({ pod, address, node, as }: Exit, to: Exit): Check<string, never> => ({
  run: `
    ip netns exec ${pod} ping -c 1 -W 1 ${to.as}
    conntrack -L -p icmp -s ${address} -d ${to.as}`,
  see: { [node]: lines('1 received', `src=${to.as} dst=${as}`) as Expectation },
});

/** What conntrack keeps of a pod’s call to the host outside, and whom that host sees. */
export const tracked = ({ pod, address, node, as }: Exit): Check<string, 'PE-01'> => ({
  claim: 'PE-01',
  run: `
    ip netns exec ${pod} ${call(outside, 80)}
    conntrack -L -p tcp -s ${address} -d ${outside} --dport 80`,
  see: { [node]: lines(`outside sees ${as}`, `src=${outside} dst=${as} sport=80`) } as Record<string, Expectation>,
});
