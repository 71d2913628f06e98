import { createHash } from 'node:crypto';
import { cali } from '../calico/cluster.ts';
import { isPeer, type LabelledPod, type LabelSelector, type NetworkPolicy, type Peer, type Ports, selects } from './objects.ts';

/** What a rule of a policy lets pass: to or from whom, and at which port. */
interface Allowed {
  /** Members of a set, where they are pods. */
  set?: Set;
  block?: { cidr: string; except?: string[] };
  port: Ports;
}

/** A set of addresses: its name, from what selects its members, and these. */
export interface Set {
  name: string;
  members: string[];
}

/** A policy as Felix has it: the name that its chains and their comments are made of, whom it is for, and what it allows each way. */
export interface FelixPolicy {
  name: string;
  isFor(pod: LabelledPod): boolean;
  ingress?: Allowed[];
  egress?: Allowed[];
}

type Direction = 'ingress' | 'egress';
const directions = [
  { direction: 'ingress', podChain: 'cali-tw', profile: 'cali-pri', behind: 3, set: 'src', address: '-s' },
  { direction: 'egress', podChain: 'cali-fw', profile: 'cali-pro', behind: 5, set: 'dst', address: '-d' },
] as const satisfies { direction: Direction; [part: string]: unknown }[];
type Way = (typeof directions)[number];

const hash = (by: 'sha224' | 'sha256', text: string) => createHash(by).update(text).digest('base64url');

/** The set of those that a selector selects, as Felix names it: by a hash of the selector. */
export const setOf = (selector: string, members: string[]): Set => ({ name: `cali40s:${hash('sha224', `s:${selector}`).slice(0, 23)}`, members });

/** The chain of a policy: for what comes to its pods, or for what they send. */
export const policyChain = (direction: Direction, name: string) =>
  `${direction === 'ingress' ? 'cali-pi' : 'cali-po'}-_${hash('sha256', `default/${name}`).slice(0, 19)}`;

/** The name that Calico gives a policy of Kubernetes. */
export const felixName = (fullName: string) => fullName.replace('/', '/knp.default.');

const labels = (prefix: string, { matchLabels = {} }: LabelSelector) =>
  Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${prefix}${name} == "${value}"`);

const joined = (parts: string[]) => (parts.length > 1 ? `(${parts.join(' && ')})` : (parts[0] ?? 'all()'));

/** The selector that Calico makes of a peer: its namespace, and its pod’s labels. */
function selectorOf({ metadata }: NetworkPolicy, { podSelector = {}, namespaceSelector }: Exclude<Peer, { ipBlock: unknown }>): string {
  const ofNamespace = namespaceSelector
    ? joined(namespaceSelector.matchLabels ? labels('pcns.', namespaceSelector) : ['has(projectcalico.org/namespace)'])
    : `projectcalico.org/namespace == "${metadata.namespace}"`;
  return joined([ofNamespace, joined(['projectcalico.org/orchestrator == "k8s"', ...labels('', podSelector)])]);
}

/** A policy of Kubernetes as Calico has it, with the pods that it is about. */
export function calicoPolicy(policy: NetworkPolicy, pods: readonly LabelledPod[]): FelixPolicy {
  const { metadata, spec } = policy;
  const members = (peer: Peer) => pods.filter((pod) => isPeer(policy, peer, pod)).map(({ address }) => address);
  const allowed = (peers: Peer[], ports: Ports[]): Allowed[] =>
    ports.flatMap((port) =>
      peers.map((peer) => ('ipBlock' in peer ? { block: peer.ipBlock, port } : { set: setOf(selectorOf(policy, peer), members(peer)), port })),
    );
  return {
    name: felixName(`${metadata.namespace}/${metadata.name}`),
    isFor: (pod) => selects(policy, pod),
    ...(spec.policyTypes.includes('Ingress') && { ingress: (spec.ingress ?? []).flatMap(({ from, ports }) => allowed(from, ports)) }),
    ...(spec.policyTypes.includes('Egress') && { egress: (spec.egress ?? []).flatMap(({ to, ports }) => allowed(to, ports)) }),
  };
}

/** A rule: what it asks of addresses and protocol, which iptables prints before a comment, and the rest. */
type Rule = [addresses: string, rest: string];

const ACCEPTED = '-m mark --mark 0x10000/0x10000';
const returned: Rule = ['', `${ACCEPTED} -j RETURN`];

/** The rules for what is allowed: the last one marks it. One rule has one block of addresses; exceptions take a bit away before it. */
function rulesOf({ set, block, port }: Allowed, way: Way): Rule[] {
  const excepted = block?.except ?? [];
  const protocol = `-p ${(port.protocol ?? 'TCP').toLowerCase()}`;
  const asks = [
    ...(set ? [`-m set --match-set ${set.name} ${way.set}`] : []),
    `-m multiport --dports ${port.port}`,
    ...(excepted.length ? ['-m mark --mark 0x80000/0x80000'] : []),
  ];
  return [
    ...(excepted.length ? [['', '-j MARK --set-xmark 0x80000/0x180000'] as Rule] : []),
    ...excepted.map((cidr): Rule => [`${way.address} ${cidr}`, '-j MARK --set-xmark 0x0/0x80000']),
    [`${block ? `${way.address} ${block.cidr} ` : ''}${protocol}`, `${asks.join(' ')} -j MARK --set-xmark 0x10000/0x10000`],
  ];
}

/** A policy’s chain: it only marks what it allows, and refuses nothing. */
function chainRules({ name, ...policy }: FelixPolicy, way: Way): string[] {
  const allowed = policy[way.direction] ?? [];
  const rules = allowed.flatMap((each, i) => [...rulesOf(each, way), ...(i < allowed.length - 1 ? [returned] : [])]);
  const comment = `-m comment --comment "Policy ${name} ${way.direction}"`;
  const chain = policyChain(way.direction, name);
  return (rules.length ? rules : [['', ''] as Rule]).map(([addresses, rest], i) =>
    [`-A ${chain}`, addresses, i === 0 ? comment : '', rest].filter(Boolean).join(' '),
  );
}

/** What is put into a pod’s chain, before its profile is asked: its policies one after the other, and then the end of all that none allowed. */
function tierRules(pod: LabelledPod, policies: FelixPolicy[], way: Way): string[] {
  const asked = policies.flatMap(({ name }) => [
    `-m mark --mark 0x0/0x20000 -j ${policyChain(way.direction, name)}`,
    `-m comment --comment "Return if policy accepted" ${ACCEPTED} -j RETURN`,
  ]);
  const rules = [
    '-m comment --comment "Start of tier default" -j MARK --set-xmark 0x0/0x20000',
    ...asked,
    '-m comment --comment "End of tier default. Drop if no policies passed packet" -m mark --mark 0x0/0x20000 -j DROP',
  ];
  return rules.map((rule, i) => `-I ${way.podChain}-${cali(pod.name, pod.namespace)} ${way.behind + 1 + i} ${rule}`);
}

/** Each namespace has a profile of its own, which lets all pass; felix-rules knows that of `default`. */
function profileRules(own: LabelledPod[], { direction, profile, podChain, behind }: Way): string[] {
  const elsewhere = own.filter(({ namespace }) => namespace !== 'default');
  const namespaces = [...new Set(elsewhere.map(({ namespace }) => namespace))];
  return [
    ...namespaces.flatMap((name) => [
      `:${profile}-kns.${name} -`,
      `-A ${profile}-kns.${name} -m comment --comment "Profile kns.${name} ${direction}" -j MARK --set-xmark 0x10000/0x10000`,
    ]),
    ...elsewhere.map(({ name, namespace }) => `-R ${podChain}-${cali(name, namespace)} ${behind + 1} -j ${profile}-kns.${namespace}`),
  ];
}

/**
 * What Felix (v3.31) adds on a node for its own pods’ policies: lines for `ipset restore`, and for `iptables-restore --noflush` on top of
 * felix-rules. Held against a record where pods have policies for what comes to them.
 */
export function felixPolicies(policies: readonly FelixPolicy[], pods: readonly LabelledPod[], node: string) {
  const inOrder = [...policies].sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = pods.filter((pod) => pod.node === node);
  const ways = directions.map((way) => {
    const ofPods = own
      .map((pod) => ({ pod, asked: inOrder.filter((each) => each[way.direction] && each.isFor(pod)) }))
      .filter(({ asked }) => asked.length);
    const active = inOrder.filter((each) => ofPods.some(({ asked }) => asked.includes(each)));
    return { way, ofPods, active };
  });
  const sets = new Map(
    ways.flatMap(({ way, active }) =>
      active.flatMap((each) => (each[way.direction] ?? []).flatMap(({ set }) => (set ? [[set.name, set] as const] : []))),
    ),
  );
  return {
    sets: [...sets.values()].flatMap(({ name, members }) => [
      `create ${name} hash:net family inet`,
      ...members.map((member) => `add ${name} ${member}`),
    ]),
    rules: [
      '*filter',
      ...ways.flatMap(({ way }) => profileRules(own, way)),
      ...ways.flatMap(({ way, active }) => active.map(({ name }) => `:${policyChain(way.direction, name)} -`)),
      ...ways.flatMap(({ way, active }) => active.flatMap((each) => chainRules(each, way))),
      ...ways.flatMap(({ way, ofPods }) => ofPods.flatMap(({ pod, asked }) => tierRules(pod, asked, way))),
      'COMMIT',
    ],
  };
}
