import { flowOf, fragmentOf, sendingOf } from './identity.ts';
import type { Seen } from './watch.ts';

/**
 * Only the first sending of a packet is followed; what its sender sent again is a note. Where equal packets without an
 * identification leave their origin, it cannot be told whether they were sent, or copied there.
 */
export function sendings(first: Seen, frames: Seen[]): { frames: Seen[]; notes: string[]; doubt?: string } {
  const id = sendingOf(first);
  const own = frames.filter((frame) => sendingOf(frame) === id);
  const leaving = (list: Seen[]) =>
    list.filter(({ at, direction }) => at === first.at && direction === first.direction);
  const { flow } = flowOf(first.packet()) ?? {};
  const again =
    new Set(leaving(frames.filter((frame) => flowOf(frame.packet())?.flow === flow)).map(sendingOf)).size - 1;
  const copies = id === 0 ? leaving(own).filter((frame) => !fragmentOf(frame.packet())).length : 1;
  return {
    frames: own,
    notes: again > 0 ? [`sent ${again + 1} times by ${first.at}: only the first is followed`] : [],
    ...(copies > 1 && {
      doubt: `${copies} equal packets left ${first.at}: it cannot be told whether they were sent, or copied there`,
    }),
  };
}
