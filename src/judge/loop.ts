import type { Direction, Part } from '../lab/part.ts';
import { isIp, ttlOf } from '../packet/index.ts';
import type { Sighting, Wires } from './observation.ts';

/** A packet goes round: past these points, in this order, so many times. */
export interface Loop {
  part: Part;
  ring: { place: string; device: string; direction: Direction }[];
  times: number;
}

/** Where a sequence repeats itself: from which index, how many elements a round has, and how many whole rounds there are. */
export interface Rounds {
  from: number;
  length: number;
  times: number;
}

/** Fewer rounds may as well be copies. */
const FEWEST = 3;

/** A TTL of 255 spends itself on no longer a ring often enough. */
const LONGEST = 84;

/**
 * The first rounds of a sequence, if it has any. A round has two elements at least: one alone is a packet that was copied there,
 * for whoever goes round comes in and goes out.
 */
export function rounds(keys: readonly string[]): Rounds | undefined {
  for (let from = 0; from < keys.length; from++)
    for (let length = 2; length <= LONGEST && from + FEWEST * length <= keys.length; length++) {
      let at = from;
      while (at + length < keys.length && keys[at] === keys[at + length]) at++;
      const times = Math.floor((at - from + length) / length);
      if (times >= FEWEST && new Set(keys.slice(from, from + length)).size > 1) return { from, length, times };
    }
  return undefined;
}

/** A point, crossed in a direction, by a packet that is wrapped in these headers. */
export const passingKey = ({ at, direction, headers }: Pick<Sighting, 'at' | 'direction' | 'headers'>): string =>
  `${at} ${direction} ${headers.map(({ protocol }) => protocol)}`;

/**
 * The loop that a packet went round in, of its sightings in their order; undefined where there is none. Copies that take one way
 * after another repeat themselves, too: going round either spends TTL, or leads from each point to the next and back to the first.
 */
export function loopOf(sightings: readonly Sighting[], wires: Pick<Wires, 'before'>): Loop | undefined {
  const found = rounds(sightings.map(passingKey));
  if (!found) return undefined;
  const { from, length, times } = found;
  const round = sightings.slice(from, from + length);
  const spendsTtl = ttlIn(sightings[from + length]!) < ttlIn(round[0]!);
  if (!spendsTtl && !round.every((each, i) => leadsTo(each, round[(i + 1) % length]!, wires))) return undefined;
  return {
    part: round[0]!.part,
    ring: round.map(({ place, device, direction }) => ({ place, device, direction })),
    times,
  };
}

const ttlIn = ({ headers }: Sighting) => ttlOf(headers.findLast(isIp)?.fields);

const leadsTo = (one: Sighting, next: Sighting, { before }: Pick<Wires, 'before'>): boolean =>
  one.place === next.place
    ? one.direction === 'in' && next.direction === 'out'
    : before(next.at, next.direction).some(({ at, direction }) => at === one.at && direction === one.direction);
