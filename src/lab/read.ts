import type { Proof } from './words.ts';

/** The node that a pod of this kind lives in. */
export const podsNode = (kind: string) => /^pod on (.+)$/.exec(kind)?.[1];

/** The id of a claim that is proven, and what it is corrected to if it is. */
export const proven = (proof: Proof): { id: string; corrects?: string } =>
  typeof proof === 'string' ? { id: proof } : { id: proof.claim, corrects: proof.corrects };

/** Every place of a plan that a packet can be watched at. A switch is a cable: it is not watched. */
export const watched = ({
  nodes,
  pods,
}: {
  nodes: { name: string; kind: string }[];
  pods: { name: string }[];
}): string[] => [
  ...nodes.filter(({ kind }) => kind !== 'switch').map(({ name }) => name),
  ...pods.map(({ name }) => name),
];

/** The address by which a lab's places know each other: that of the first cable which has one there. */
export const addressOf = (
  links: { ends: { place: string; address?: string }[] }[],
  place: string,
): string | undefined =>
  links
    .flatMap(({ ends }) => ends)
    .find((end) => end.place === place && end.address)
    ?.address?.split('/')[0];
