import type { HopResult, WalkResult } from './result.ts';

/** What became of the packet at a hop; it is not reached where it was lost before, and seen nowhere later. */
export type Fate = 'passed' | 'differs' | 'missing' | 'not reached' | 'unknown';

/** The fate of the packet at each hop of a walk. */
export function fates({ hops, verdict }: Pick<WalkResult, 'hops' | 'verdict'>): Fate[] {
  const lost = hops.findIndex(isLost);
  const last = hops.findLastIndex(({ seen }) => seen.length);
  return hops.map((hop, i) => {
    if (hop.verdict === 'passed') return 'passed';
    if (hop.seen.length) return 'differs';
    if (verdict === 'unknown' || hop.verdict !== 'failed') return 'unknown';
    return i > lost && i > last ? 'not reached' : 'missing';
  });
}

const isLost = ({ verdict }: HopResult) => verdict === 'failed';

/** How a walk ended, in a few words: `delivered`, `lost at node1:enp0s1`. */
export function outcome(walk: WalkResult): string {
  const { verdict, lostAt, hops, unexpected } = walk;
  const last = hops.at(-1);
  if (verdict === 'passed') return last?.seen[0]?.endsWith(' drop') ? `dropped at ${last.at}, as listed` : 'delivered';
  if (verdict !== 'failed') return verdict;
  if (!lostAt) return `also seen at ${unexpected[0]?.at}`;
  const at = hops.findIndex(isLost);
  if (hops[at]?.seen.length) return ending('differs', lostAt);
  return ending(hops.some(({ seen }, i) => i > at && seen.length) ? 'not seen' : 'lost', lostAt);
}

/** How it ended at a point: `lost at node1:enp0s1`, `reply lost at node1:enp0s1`. */
export function ending(how: 'lost' | 'differs' | 'not seen', point: string): string {
  const [, part = '', at] = /^((?:reply|end) )?(.*)$/.exec(point)!;
  return `${part}${how} at ${at}`;
}
