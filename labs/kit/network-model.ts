import type { Matrix } from 'packetwalk';

type Model<Node extends string> = Record<string, Matrix<Node, 'KM-01' | 'KM-02' | 'KM-03'>>;

/** The Kubernetes network model as a full matrix; what arrives is taken from each receiver's capture. */
export const networkModel = <Pod extends string, Host extends string>(pods: readonly Pod[], hosts: readonly Host[]) =>
  ({
    'All pods reach all pods without NAT': {
      claim: 'KM-01',
      seenAs: 'the address it left with',
      pairs: [{ from: pods, to: pods }],
    },
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
