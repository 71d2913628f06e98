import type { OnWay, PlannedHop } from './hops.ts';

/** One of the ways that a walk lists: the names of those taken, one a choice, and the hops on it. */
export interface ListedWay<Hop> {
  names: string[];
  hops: Hop[];
}

const idOf = ({ of }: OnWay) => of.join('\n');

/** The choices among some hops: the names of the ways of each. */
export const choicesOf = (hops: readonly Pick<PlannedHop, 'onWay'>[]): string[][] => [
  ...new Map(hops.flatMap(({ onWay }) => (onWay ? [[idOf(onWay), onWay.of] as const] : []))).values(),
];

/** Every way that some hops list; one without a name where there is nothing to choose. */
export function waysOf<Hop extends Pick<PlannedHop, 'onWay'>>(hops: readonly Hop[]): ListedWay<Hop>[] {
  const choices = choicesOf(hops);
  const taken = choices.reduce<string[][]>(
    (before, of) => before.flatMap((names) => of.map((name) => [...names, name])),
    [[]],
  );
  const isOn = (names: string[], { onWay }: Hop) =>
    !onWay || names[choices.findIndex((of) => idOf({ name: '', of }) === idOf(onWay))] === onWay.name;
  return taken.map((names) => ({ names, hops: hops.filter((hop) => isOn(names, hop)) }));
}
