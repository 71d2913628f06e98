import type { Missing } from '../explain/later-lost.ts';
import type { HopResult, WalkResult } from '../judge/result.ts';
import { laterIndex } from '../lab/part.ts';

/** The hop where a later packet was to be seen first, of which nothing was seen. */
function unseenLater({ verdict, hops, failedAt }: WalkResult): HopResult | undefined {
  const failed = failedAt === null ? undefined : hops[failedAt];
  const isLater = failed && laterIndex(failed.part) !== undefined;
  if (verdict !== 'failed' || !isLater || hops.some(({ part, seen }) => part === failed.part && seen)) return undefined;
  return failed;
}

/** That no packet followed which is like a later one that is listed: on its way it was not lost. */
export function neverFollowed(walk: WalkResult): string[] {
  const hop = unseenLater(walk);
  const title = hop && walk.later?.[laterIndex(hop.part)!];
  return hop && title ? [`'${title}': no packet followed that is like what is listed at ${hop.place}`] : [];
}

/** Who was to send a later packet of which nothing was seen, and whether it bears more than an acknowledgement. */
export function missingOf(walk: WalkResult): Missing | undefined {
  const hop = unseenLater(walk);
  if (hop?.kind !== 'point') return undefined;
  const flags = hop.expected.find(({ protocol }) => protocol === 'tcp')?.fields.flags;
  return { place: hop.place, isData: flags !== 'A' };
}
