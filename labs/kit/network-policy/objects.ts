import { isIn, numberOf } from '../kube-proxy/objects.ts';

type Labels = Record<string, string>;

/** Pods or namespaces, by labels that they must have; `{}` is all (API reference, LabelSelector, without matchExpressions). */
export interface LabelSelector {
  matchLabels?: Labels;
}

/** Who may call, or be called (API reference, NetworkPolicyPeer): pods of the policy’s own namespace, or of others, or a block of addresses. */
export type Peer = { podSelector?: LabelSelector; namespaceSelector?: LabelSelector } | { ipBlock: { cidr: string; except?: string[] } };

export interface Ports {
  protocol?: 'TCP' | 'UDP';
  port: number;
}

/** A NetworkPolicy of Kubernetes (API reference, networking.k8s.io/v1). */
export interface NetworkPolicy {
  metadata: { name: string; namespace: string };
  spec: {
    podSelector: LabelSelector;
    policyTypes: ('Ingress' | 'Egress')[];
    ingress?: { from: Peer[]; ports: Ports[] }[];
    egress?: { to: Peer[]; ports: Ports[] }[];
  };
}

/** A pod as policies see it: whose it is, what it is called, where it is. */
export interface LabelledPod {
  name: string;
  namespace: string;
  labels: Labels;
  address: string;
  node: string;
}

/** The label that every namespace has of itself (kube-apiserver). */
export const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** A policy by its full name: `policy('default/db', { … })`. */
export function policy(fullName: string, spec: NetworkPolicy['spec']): NetworkPolicy {
  const [name = '', namespace = 'default'] = fullName.split('/').toReversed();
  return { metadata: { name, namespace }, spec };
}

/** Those with a label `app`. */
export const app = (name: string): LabelSelector => ({ matchLabels: { app: name } });

/** The namespace of a name. */
export const namespace = (name: string): LabelSelector => ({ matchLabels: { [NAMESPACE_NAME]: name } });

const has = (labels: Labels, { matchLabels = {} }: LabelSelector) => Object.entries(matchLabels).every(([name, value]) => labels[name] === value);

/** Whether a policy is for a pod. */
export const selects = ({ metadata, spec }: NetworkPolicy, pod: LabelledPod) =>
  pod.namespace === metadata.namespace && has(pod.labels, spec.podSelector);

/** Whether a pod is one of a policy’s peers; an address block has no pods. */
export const isPeer = ({ metadata }: NetworkPolicy, peer: Peer, pod: LabelledPod): boolean => {
  if ('ipBlock' in peer) return false;
  const { namespaceSelector, podSelector = {} } = peer;
  const ofNamespace = namespaceSelector ? has({ [NAMESPACE_NAME]: pod.namespace }, namespaceSelector) : pod.namespace === metadata.namespace;
  return ofNamespace && has(pod.labels, podSelector);
};

const isCidr = (cidr: string) => {
  const [base = '', bits = ''] = cidr.split('/');
  return !Number.isNaN(numberOf(base)) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32;
};

/**
 * Policies of a cluster’s pods, as they are. Throws in a sentence for each thing that an API server would refuse, or that would do
 * nothing unnoticed: a block that is no CIDR, an exception outside of its block, a port that is none, a selector that no pod fits.
 */
export function enforced(policies: readonly NetworkPolicy[], pods: readonly LabelledPod[]): readonly NetworkPolicy[] {
  const problems = policies.flatMap((each) => {
    const { metadata, spec } = each;
    const name = `${metadata.namespace}/${metadata.name}`;
    const rules = [
      ...(spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports })),
      ...(spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports })),
    ];
    return [
      ...(pods.some((pod) => selects(each, pod)) ? [] : [`${name} selects no pod of its namespace: compare its podSelector with the pods’ labels`]),
      ...(spec.ingress && !spec.policyTypes.includes('Ingress')
        ? [`${name} has ingress rules, and no Ingress among its policyTypes: they would not be asked`]
        : []),
      ...(spec.egress && !spec.policyTypes.includes('Egress')
        ? [`${name} has egress rules, and no Egress among its policyTypes: they would not be asked`]
        : []),
      ...rules.flatMap(({ peers, ports }) => [
        ...peers.flatMap((peer) => peerProblems(each, peer, pods).map((problem) => `${name} ${problem}`)),
        ...ports
          .filter(({ port }) => !(Number.isInteger(port) && port >= 1 && port <= 65_535))
          .map(({ port }) => `${name} has the port ${port}, which is not in 1-65535`),
      ]),
    ];
  });
  if (problems.length) throw new Error(problems.join('; '));
  return policies;
}

function peerProblems(policy: NetworkPolicy, peer: Peer, pods: readonly LabelledPod[]): string[] {
  if (!('ipBlock' in peer)) return pods.some((pod) => isPeer(policy, peer, pod)) ? [] : [`has a peer that is no pod: ${JSON.stringify(peer)}`];
  const { cidr, except = [] } = peer.ipBlock;
  if (!isCidr(cidr)) return [`has the block '${cidr}', which is no CIDR such as 203.0.113.0/24`];
  const outside = except.filter((each) => !isCidr(each) || !isIn(cidr, each.split('/')[0]!));
  return outside.map((each) => `excepts '${each}', which is not within ${cidr}`);
}
