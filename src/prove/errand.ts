import { laterIndex, laterPart, type Part } from '../lab/part.ts';
import type { Errand } from '../observe/sent.ts';
import type { PlannedHop, PlannedPoint } from '../plan/hops.ts';
import { isPing } from '../plan/ping.ts';
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
  const answeredAt = isPing(send.command) ? [] : ways.flatMap((way) => turningPoint(way.hops) ?? []);
  const dropped = later.length ? undefined : droppedAfter(ways.map((way) => way.hops));
  return {
    send,
    ...(isSure && { expected: first.headers }),
    ...(starts.length && { later: starts }),
    ...(isSealed && { isSealed }),
    ...(answeredAt.length && { answeredAt }),
    ...(dropped !== undefined && { droppedAfter: dropped }),
  };
}

/** The point at which a request ends that is answered. */
function turningPoint(hops: readonly PlannedHop[]): string | undefined {
  const isAnswered = hops.some(({ part }) => part === 'reply');
  const last = hops.findLast((hop): hop is PlannedPoint => hop.kind === 'point' && hop.part === 'request');
  return isAnswered && last ? `${last.place}:${last.device}` : undefined;
}

/** How many points a packet passes at most before a hook drops it, where every way ends so. */
function droppedAfter(ways: readonly PlannedHop[][]): number | undefined {
  const last = ways.map((hops) => hops.at(-1));
  const isDropped = last.every(
    (hop) => hop?.kind === 'hook' && hop.part === 'request' && hop.way.ending?.verdict === 'drop',
  );
  return isDropped ? Math.max(...ways.map((hops) => hops.filter(({ kind }) => kind === 'point').length)) : undefined;
}

const firstPointOf = (hops: readonly PlannedHop[], part: Part) =>
  hops.find((hop): hop is PlannedPoint => hop.kind === 'point' && hop.part === part);
