import { at, type ExpectedHeader, type Hop, send } from 'packetwalk';
import { veth } from './flannel.ts';
import { macs, reply, request } from './ping.ts';

type Headers = ExpectedHeader<never>[];

/** Out of a pod, up to its node. */
export const outOf = <Node extends string, Pod extends string>(node: Node, pod: Pod, headers: Headers): Hop<Node | Pod>[] => [
  at(`${pod}:eth0`, 'The pod hands a plain packet to its gateway', headers),
  at(`${node}:${veth(pod)}`, 'What enters one end of the veth pair leaves the other', headers),
  at(`${node}:cni0`, 'It bears the MAC of cni0, so the bridge gives it to its node', headers),
];

/** From a node into its own pod. */
export const into = <Node extends string, Pod extends string>(node: Node, pod: Pod, headers: Headers): Hop<Node | Pod>[] => [
  at(`${node}:cni0`, `${node} routes it to its own subnet: one TTL is spent`, headers),
  at(`${node}:${veth(pod)}`, 'The bridge knows which port leads to the pod', headers),
  at(`${pod}:eth0`, 'It arrives with the sender’s own address', headers),
];

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
