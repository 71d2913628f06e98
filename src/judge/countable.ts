import type { Observation, Sighting, Wires } from './observation.ts';

/** What counts as being at a point, and of what does not the reason in a sentence each. */
export interface Counted {
  counts: (each: Observation) => boolean;
  notes: string[];
}

/**
 * Not counted: a frame for another MAC, which its receiver drops unread (unless a bridge, or what stands on the interface, takes
 * it); the copy of it that a bridge flooded towards that receiver; and the way out of a loopback, which is its way in.
 */
export function countable(observations: readonly Observation[], wires: Wires): Counted {
  const sightings = observations.flatMap((each) => (each.kind === 'sighting' ? [each] : []));
  const unread = new Set(sightings.filter((each) => each.otherHost && !wires.takes(each.at, macTo(each))));
  const arrivals = new Map<string, Sighting[]>();
  for (const each of unread.size ? sightings : [])
    if (each.direction === 'in')
      for (const { at, direction } of wires.before(each.at, 'in')) {
        const key = `${at} ${direction} ${each.wire}`;
        arrivals.set(key, [...(arrivals.get(key) ?? []), each]);
      }
  const flooded = (copy: Sighting) => {
    const beyond = arrivals.get(`${copy.at} out ${copy.wire}`) ?? [];
    return (
      copy.direction === 'out' && wires.isPort(copy.at) && beyond.length > 0 && beyond.every((each) => unread.has(each))
    );
  };
  const counts = (each: Observation) =>
    each.kind === 'passage' ||
    !(unread.has(each) || flooded(each) || (each.device === 'lo' && each.direction === 'out'));
  return {
    counts,
    notes: [...unread].map(
      (each) => `${each.at} saw it pass, addressed to another MAC (${macTo(each) ?? 'none'}), and dropped it unread`,
    ),
  };
}

const macTo = ({ headers }: Sighting): string | undefined => {
  const mac = headers.find(({ protocol }) => protocol === 'ether')?.fields.dst;
  return mac === undefined ? undefined : String(mac);
};
