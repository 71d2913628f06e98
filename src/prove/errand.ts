import { laterIndex, laterPart, type Part } from '../lab/part.ts';
import type { Errand } from '../observe/sent.ts';
import type { PlannedHop, PlannedPoint } from '../plan/hops.ts';
import type { PlannedWalk } from '../plan/plan.ts';
import { waysOf } from '../plan/ways.ts';

/** What a walk's packet is sent by, and how it is to look when it leaves, where all its ways say the same of that. */
export function errandOf({ send, hops, later = [] }: PlannedWalk): Errand {
  const ways = waysOf(hops);
  const starts = later.map((_, i) => ways.flatMap((way) => firstPointOf(way.hops, laterPart(i)) ?? []));
  const first = hops.find((hop) => hop.kind === 'point');
  const isSure = first?.kind === 'point' && first.place === send.from && !first.onWay;
  const isSealed = hops.some(
    (hop) =>
      hop.kind === 'point' &&
      laterIndex(hop.part) === undefined &&
      hop.headers.some(({ protocol }) => protocol === 'encrypted'),
  );
  return {
    send,
    ...(isSure && { expected: first.headers }),
    ...(starts.length && { later: starts }),
    ...(isSealed && { isSealed }),
  };
}

const firstPointOf = (hops: readonly PlannedHop[], part: Part) =>
  hops.find((hop): hop is PlannedPoint => hop.kind === 'point' && hop.part === part);
