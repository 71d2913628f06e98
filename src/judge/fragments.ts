import { type Header, isIp, ttlOf } from '../packet/index.ts';
import type { PlannedHop } from '../plan/hops.ts';
import { grouped } from './grouped.ts';
import type { Observation, Sighting } from './observation.ts';

/** Whether a listing tells fragments apart, so that each is a hop of its own. */
const listsFragments = (hops: readonly PlannedHop[]): boolean =>
  hops.some(
    (hop) =>
      hop.kind === 'point' &&
      hop.headers.some((header) => isIp(header) && ('offset' in header.fields || 'mf' in header.fields)),
  );

/** The IP header that says of which packet this is a fragment (RFC 791, section 3.2; RFC 8200, section 4.5). */
const fragmented = ({ headers }: Sighting): Header['fields'] | undefined =>
  headers.find((header) => isIp(header) && (header.fields.mf === true || Number(header.fields.offset) > 0))?.fields;

/**
 * What was seen of a packet with its fragments put together: those that crossed an interface are one sighting there, where and
 * when the first of them was; a fragment that crosses it again is of another copy. Where a listing tells fragments apart, each stays by itself.
 */
export function whole(hops: readonly PlannedHop[], observations: readonly Observation[]): Observation[] {
  if (listsFragments(hops)) return [...observations];
  const pieces = [...grouped(observations.filter(isFragment), packetOf).values()].flatMap(copies);
  const first = new Map(pieces.map((group) => [group[0]!, group]));
  const later = new Set(pieces.flatMap((group) => group.slice(1)));
  return observations.flatMap((each) => {
    const group = each.kind === 'sighting' ? first.get(each) : undefined;
    return group ? [together(group)] : later.has(each as Sighting) ? [] : [each];
  });
}

const isFragment = (each: Observation): each is Sighting => each.kind === 'sighting' && fragmented(each) !== undefined;

function packetOf(each: Sighting): string {
  const fields = fragmented(each)!;
  const { src, dst, id, protocol } = fields;
  return [each.part, each.at, each.direction, each.otherHost, src, dst, id, protocol, ttlOf(fields)].join(' ');
}

/** The fragments of one packet at one interface, copy by copy: the k-th of each belong together. */
function copies(group: Sighting[]): Sighting[][] {
  const list: Sighting[][] = [];
  for (const same of grouped(group, (each) => String(fragmented(each)!.offset)).values())
    for (const [k, each] of same.entries()) list[k] = [...(list[k] ?? []), each];
  return list;
}

/** One sighting of several fragments: the headers and bytes of the one that begins the packet, at the place of the first seen. */
function together(group: Sighting[]): Sighting {
  const inTime = [...group].sort((a, b) => a.order - b.order);
  const parts = group
    .map((sighting) => ({ sighting, ...extent(fragmented(sighting)!) }))
    .sort((a, b) => a.from - b.from);
  const head = parts[0]!;
  let reached = 0;
  const gaps: string[] = [];
  for (const { from, to } of parts) {
    if (from > reached) gaps.push(`${reached} to ${from - 1}`);
    reached = Math.max(reached, to);
  }
  if (parts.every(({ more }) => more)) gaps.push(`${reached} and on`);
  return {
    ...head.sighting,
    order: inTime[0]!.order,
    time: inTime[0]!.time,
    ...(gaps.length && { incomplete: `a fragment is missing: its bytes ${gaps.join(', ')}` }),
  };
}

function extent({ offset, length, mf, headerLength = 20 }: Header['fields']): {
  from: number;
  to: number;
  more: boolean;
} {
  const from = Number(offset);
  return { from, to: from + Number(length) - Number(headerLength), more: mf === true };
}
