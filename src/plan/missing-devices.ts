import { whereText } from './hops.ts';
import { hint } from './nearest.ts';
import type { Plan } from './plan.ts';
import { wordsOf } from './script.ts';

/**
 * The hops of a lab that is set up whose interface is not there, in a sentence each. `exists` says what the kernel has;
 * `names`, if given, lists it, so that the one that was meant can be named. An interface that the walk's own command makes may be
 * missing.
 */
export function missingDevices(
  plan: Pick<Plan, 'walks' | 'links' | 'steps'>,
  exists: (place: string, device: string) => boolean,
  names: (place: string) => Iterable<string> = (place) =>
    mentioned(plan, place).filter((device) => exists(place, device)),
): string[] {
  const sentences = plan.walks.flatMap(({ name, hops, send }) =>
    hops.flatMap((hop) => {
      if (hop.kind !== 'point' || exists(hop.place, hop.device)) return [];
      if (wordsOf(send.command).includes(hop.device)) return [];
      const { place, device } = hop;
      return [
        `'${name}' has a hop ${whereText(hop)}, but ${place} has no interface ${device}. ${hint(device, names(place))}`,
      ];
    }),
  );
  return [...new Set(sentences)];
}

const mentioned = ({ links, steps }: Pick<Plan, 'links' | 'steps'>, place: string): string[] => [
  ...new Set([
    ...links.flatMap(({ ends }) => ends.flatMap((end) => (end.place === place ? [end.interface] : []))),
    ...steps.flatMap(({ commands = [] }) =>
      commands.flatMap((each) => (each.place === place ? each.lines.flatMap(wordsOf) : [])),
    ),
  ]),
];
