import type { TaughtStep } from './taught.ts';
import type { Commands, Lab, Proof } from './words.ts';

type AnyStep = Lab['setup'][string];

/** Whether a step is written with what a workshop says of it: its commands are in `do`, where a node of that name has lines or a daemon. */
export function isTaught(step: AnyStep): step is TaughtStep {
  const inside: unknown = Object(step).do;
  const isObject = typeof inside === 'object' && inside !== null && !Array.isArray(inside);
  return isObject && !['daemon', 'until', 'standsFor'].some((field) => field in inside);
}

/** What is typed for a step. */
export const commandsOf = (step: AnyStep): Commands => (isTaught(step) ? step.do : step);

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

type Cabled = { ends: { place: string; address?: string }[] }[];

/** Every address that a place's cables have there, without its prefix length. */
export const addressesOf = (links: Cabled, place: string): string[] =>
  links
    .flatMap(({ ends }) => ends)
    .flatMap((end) => (end.place === place && end.address ? [end.address.split('/')[0]!] : []));

/** The address by which a lab's places know each other: that of the first cable which has one there that no other place has. */
export function addressOf(links: Cabled, place: string): string | undefined {
  const own: string[] = [];
  const ofOthers = new Set<string>();
  for (const { ends } of links)
    for (const end of ends) {
      if (!end.address) continue;
      const address = end.address.split('/')[0]!;
      if (end.place === place) own.push(address);
      else ofOthers.add(address);
    }
  return own.find((address) => !ofOthers.has(address));
}
