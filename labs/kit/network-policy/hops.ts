import { at, through } from 'packetwalk';
import { cali } from '../calico/cluster.ts';
import { accepted, called } from '../processes.ts';
import { addressOf, type Hops, type Node, type PodName } from './cluster.ts';
import { felixName, policyChain } from './felix.ts';

type Packet = ReturnType<typeof called>;

const homes = { podA: 'master', podB: 'node1', podC: 'node1', podD: 'node2' } as const;
export const device = (name: PodName) => cali(name, name === 'podD' ? 'ops' : 'default');

/** A pod’s own chains of filter, for what it sends and for what is sent to it, and the chains of policies. */
export const sends = (name: PodName) => `cali-from-wl-dispatch > cali-fw-${device(name)}`;
export const receives = (name: PodName) => `cali-to-wl-dispatch > cali-tw-${device(name)}`;
export const incoming = (...names: string[]) => names.map((name) => ` > ${policyChain('ingress', felixName(name))}`).join('');
export const outgoing = (...names: string[]) => names.map((name) => ` > ${policyChain('egress', felixName(name))}`).join('');

export const FORWARD = 'filter FORWARD > cali-FORWARD > cali-from-hep-forward';
export const PASSED = 'cali-to-hep-forward > cali-cidr-block: accept';

/** Before filter: where it came from. */
export const before = (node: Node, from: 'a pod' | 'outside'): Hops => [
  from === 'a pod'
    ? through(node, 'raw PREROUTING > cali-PREROUTING > cali-rpf-skip: policy accept', 'Its source is the pod’s own: the way back leads to that pod')
    : through(node, 'raw PREROUTING > cali-PREROUTING > cali-from-host-endpoint: policy accept', 'It comes from no pod of this node'),
  through(node, 'mangle PREROUTING > cali-PREROUTING > cali-from-host-endpoint: policy accept', 'No policy is for the node itself'),
  through(node, 'nat PREROUTING > cali-PREROUTING > cali-fip-dnat: policy accept', 'No address is translated'),
];

export const behind = (node: Node): Hops => [
  through(node, 'mangle POSTROUTING > cali-POSTROUTING: policy accept', 'It bears the mark of what was accepted'),
  through(node, 'nat POSTROUTING > cali-POSTROUTING > cali-fip-snat > cali-nat-outgoing: policy accept', 'It goes on with its own source'),
];

export const outOf = (name: PodName, packet: Packet): Hops => [
  at(`${name}:eth0`, 'The caller knows of no policy', packet),
  at(`${homes[name]}:${device(name)}`, 'Its node routes it', packet),
];

export const across = (from: Node, to: Node, packet: Packet): Hops => [
  at(`${from}:enp0s1`, `${from} has nothing against it`, packet),
  at(`${to}:enp0s1`, 'For the wire it is a packet like any other', packet),
];

export const into = (name: PodName, packet: Packet): Hops => [
  at(`${homes[name]}:${device(name)}`, 'Into the pod', packet),
  at(`${name}:eth0`, 'It arrives with the sender’s own address', packet),
];

export const fromOutside = (who: 'client' | 'stranger', packet: (ttl: number) => Packet): Hops => [
  at(`${who}:eth0`, 'From outside of the cluster', packet(64)),
  at('gw:eth1', 'The gateway knows every node’s pods', packet(64)),
  at('gw:eth0', 'And asks nobody', packet(63)),
  at('node1:enp0s1', 'It arrives at the node of who is called', packet(63)),
];

export const syn =
  (from: keyof typeof addressOf, to: PodName, port = 80) =>
  (ttl: number) =>
    called(addressOf[from], addressOf[to], port, ttl);
export const answer = (from: PodName, to: string) => (ttl: number) => accepted(addressOf[from], to, 80, ttl);

/** An answer of a node’s pod passes the same hooks, and leaves its pod’s chain at the first rule. */
export const answered = (node: Node, chains: string): Hops => [
  through(node, 'raw PREROUTING > cali-PREROUTING > cali-rpf-skip: policy accept', 'An answer too must have the pod’s own source'),
  through(node, 'mangle PREROUTING > cali-PREROUTING: accept', 'It belongs to a connection'),
  through(node, `${FORWARD} > ${chains}: accept`, 'And so does it here: that is a pod’s first rule, and no policy is asked'),
  through(node, 'mangle POSTROUTING > cali-POSTROUTING: policy accept', 'It goes to a pod'),
];
