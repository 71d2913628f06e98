import type { Seen } from '../observe/watch.ts';
import type { TappedPacket } from '../page/live/messages.ts';
import type { Plan } from '../plan/plan.ts';
import { briefText } from '../report/brief.ts';

/** So many packets are told at a time; how many more there were is told as a number. */
const MOST_AT_ONCE = 100;

/** Who listens to some interfaces: to the one named, or to both ends of a cable. */
export type Tapped = (list: TappedPacket[], missed: number) => void;

export interface Taps {
  /** Has a listener told what passes some points from now on; returns what ends that. */
  open(points: readonly string[], tell: Tapped): () => void;
  pass(seen: readonly Seen[]): void;
  areOpen(): boolean;
}

/** Taps on interfaces and cables, which are told of what was captured; `opened` is called once one is there. */
export function taps(opened: () => void): Taps {
  const open = new Set<{ points: readonly string[]; tell: Tapped }>();
  return {
    areOpen: () => open.size > 0,
    open(points, tell) {
      const tap = { points, tell };
      open.add(tap);
      opened();
      return () => open.delete(tap);
    },
    pass(seen) {
      for (const { points, tell } of open) {
        const passing = seen.filter((each) => passes(each, points)).sort((a, b) => Number(a.time - b.time));
        if (passing.length) tell(passing.slice(0, MOST_AT_ONCE).map(told), Math.max(0, passing.length - MOST_AT_ONCE));
      }
    },
  };
}

/** What crosses a cable is seen at both its ends, and counts where it leaves. */
const passes = ({ at, direction }: Seen, points: readonly string[]): boolean =>
  points.includes(at) && (points.length === 1 || direction === 'out');

const told = (seen: Seen): TappedPacket => ({
  time: String(seen.time),
  at: seen.at,
  direction: seen.direction === 'out' ? 'out' : 'in',
  brief: textOf(seen),
  length: seen.bytes.length,
});

function textOf(seen: Seen): string {
  const { headers } = seen.packet();
  return briefText(headers) || `a frame of type ${headers[0]?.fields.type ?? 'unknown'}`;
}

/** The points that are to be watched for an interface or for a cable, given by both its ends: those that can be, and are known. */
export function tapPoints(
  { links }: Pick<Plan, 'links'>,
  points: readonly string[],
  known: readonly string[],
): string[] {
  const isCable = links.some(({ ends }) => ends.every((end) => points.includes(`${end.place}:${end.interface}`)));
  if (points.length !== 1 && !(points.length === 2 && isCable)) return [];
  return points.filter((point) => known.includes(point));
}
