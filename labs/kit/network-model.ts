import { corrects, type Matrix } from 'packetwalk';
import { forEvery, type Node, nodesOf, podsOf } from './cluster.ts';

type Claim = 'KM-01' | 'KM-02' | 'KM-03';
type Model<Name extends string> = Record<string, Matrix<Name, Claim>>;

const amongPods = <Pod extends string>(pods: readonly Pod[]) => ({
  'All pods reach all pods without NAT': {
    claim: 'KM-01' as const,
    seenAs: 'the address it left with' as const,
    pairs: [{ from: pods, to: pods }],
  },
});

/** The Kubernetes network model as a full matrix, where nobody masquerades; what arrives is taken from each receiver's capture. */
export const networkModel = <Pod extends string, Host extends string>(pods: readonly Pod[], hosts: readonly Host[]) =>
  ({
    ...amongPods(pods),
    'All nodes reach all pods, and back, without NAT': {
      claim: 'KM-02',
      seenAs: 'the address it left with',
      pairs: [
        { from: hosts, to: pods },
        { from: pods, to: hosts },
      ],
    },
    'The address a pod has is the one that all others see': {
      claim: 'KM-03',
      seenAs: 'its own address',
      pairs: [{ from: pods, to: [...pods, ...hosts] }],
    },
  }) satisfies Model<Pod | Host>;

/** What the claim about nodes and pods leaves out: an agent that masquerades, as flanneld does with --ip-masq and Calico with natOutgoing. */
export const notBack = corrects(
  'KM-02',
  'Not back, where what leaves the pods’ network is masqueraded, as it is by default: another node sees the address of the pod’s node. Only its own node sees the pod’s.',
);

/** The network model of a cluster whose agents masquerade what pods send to other nodes' own addresses. */
export const masqueraded = <Name extends string, Of extends Node>(cluster: Record<Name, Of>) => {
  const pods = podsOf(cluster);
  const atHome = forEvery(cluster, (n) => ({ from: n.pods.map(({ name }) => name), to: [n.name] }));
  return {
    ...amongPods(pods),
    'All nodes reach all pods without NAT': {
      claim: notBack,
      seenAs: 'its own address',
      pairs: [{ from: nodesOf(cluster), to: pods }],
    },
    'The address a pod has is the one that all pods see, and its own node': {
      claim: corrects(
        'KM-03',
        'All other pods see it, and the pod’s own node. Other nodes do not, where what leaves the pods’ network is masqueraded.',
      ),
      seenAs: 'its own address',
      pairs: [{ from: pods, to: pods }, ...atHome.filter(({ from }) => from.length)],
    },
  } satisfies Model<string>;
};
