import type { Sighting } from '../judge/observation.ts';
import type { Site } from './site.ts';

/** A packet that goes round: the sightings of one round, and how often it was made. */
export interface Ring {
  round: readonly Sighting[];
  times: number;
}

const pointOf = ({ at, direction, headers }: Sighting) =>
  `${at} ${direction} ${headers.map(({ protocol }) => protocol).join(' ')}`;

/** The ring in which a packet was lost; undefined where it came to no point a second time. */
export function ringOf({ way }: Pick<Site, 'way'>): Ring | undefined {
  const points = way.map(pointOf);
  const last = points.at(-1);
  const rounds = points.flatMap((point, i) => (point === last ? [i] : []));
  const [before, end] = rounds.slice(-2);
  // A packet that is sent again passes each point once more, with the same TTL.
  if (before === undefined || end === undefined || ttlOf(way[before]!) === ttlOf(way[end]!)) return undefined;
  return { round: way.slice(before + 1, end + 1), times: rounds.length - 1 };
}

/** The innermost TTL: that of a wrapper begins anew each time. */
const ttlOf = ({ headers }: Sighting) => headers.findLast(({ protocol }) => protocol === 'ip')?.fields.ttl;
