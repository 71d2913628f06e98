import { grouped } from './grouped.ts';
import type { Observation, Sighting, Wires } from './observation.ts';

/** Frames of equal bytes that came to a point, and what had left for it before, by the point that they left from. */
export interface Crossing {
  arrivals: Sighting[];
  sources: Sighting[][];
  expected: boolean;
}

/** What came to which point by which wires. */
export function wireCrossings(sightings: Sighting[], wires: Wires): Crossing[] {
  const groups = grouped(sightings, ({ at, direction, wire }) => `${at} ${direction} ${wire}`);
  for (const group of groups.values()) group.sort((a, b) => a.order - b.order);
  return [...groups.values()].map((arrivals) => {
    const { at, direction, wire } = arrivals[0]!;
    const leading = wires.before(at, direction);
    const sources = leading.flatMap((from) => {
      const group = groups.get(`${from.at} ${from.direction} ${wire}`);
      return group ? [group] : [];
    });
    return { arrivals, sources, expected: direction === 'in' && leading.length > 0 };
  });
}

/** Arrivals by a wire at whose other end nothing of these bytes left, or not so often, and that came in nothing sealed either. */
export function unmatched(crossings: Crossing[], sightings: Sighting[]): Map<Observation, string> {
  const left = crossings.flatMap(({ arrivals, sources, expected }) =>
    expected ? arrivals.slice(sources.reduce((sum, { length }) => sum + length, 0)) : [],
  );
  const found = new Map<Observation, string>();
  for (const own of grouped(left, ({ at }) => at).values()) {
    let unsealed = 0;
    for (const arrival of own.sort((a, b) => a.order - b.order))
      if (sealedBefore(sightings, arrival) > unsealed) unsealed++;
      else found.set(arrival, `nothing that was seen to leave for ${arrival.at} has the bytes that came there`);
  }
  return found;
}

/** How many frames that ESP seals came to a point before one: what is in them comes by the same interface once more (RFC 4301, 5.2). */
const sealedBefore = (sightings: Sighting[], { at, order }: Sighting): number =>
  sightings.filter(
    (each) =>
      each.at === at && each.direction === 'in' && each.order < order && each.headers.at(-2)?.protocol === 'esp',
  ).length;

/** Departures from several points in the order that is known of them; undefined where of two it is not. */
export function inOneLine(
  sources: Sighting[][],
  before: (a: Sighting, b: Sighting) => boolean,
): Sighting[] | undefined {
  const line = sources.flat().sort((a, b) => (before(a, b) ? -1 : before(b, a) ? 1 : 0));
  return line.every((each, i) => i === 0 || before(line[i - 1]!, each)) ? line : undefined;
}
