import { outcomeText } from '../judge/outcome.ts';
import type { Fate, HopResult, WalkResult } from '../judge/result.ts';
import type { Part } from '../lab/part.ts';
import { briefText } from '../report/brief.ts';
import { changes } from '../report/changes.ts';
import { hopText, throughText } from '../report/notation.ts';

/** A sign and a word of any verdict or fate, so that no colour has to tell it. */
export const signs: Record<string, { sign: string; word: string; tone: 'good' | 'bad' | 'open' }> = {
  passed: { sign: '✓', word: 'as expected', tone: 'good' },
  failed: { sign: '✗', word: 'failed', tone: 'bad' },
  unknown: { sign: '?', word: 'cannot be told', tone: 'open' },
  skipped: { sign: '–', word: 'skipped', tone: 'open' },
  differs: { sign: '✗', word: 'differs', tone: 'bad' },
  'out of order': { sign: '✗', word: 'out of order', tone: 'bad' },
  missing: { sign: '✗', word: 'not seen here, and went on', tone: 'bad' },
  lost: { sign: '✗', word: 'lost: not seen here, nor after', tone: 'bad' },
  'not reached': { sign: '·', word: 'not reached', tone: 'open' },
  confirmed: { sign: '✓', word: 'confirmed', tone: 'good' },
  corrected: { sign: '≠', word: 'corrected', tone: 'open' },
  refuted: { sign: '✗', word: 'refuted', tone: 'bad' },
};

const unnamed = { sign: '?', word: '', tone: 'open' } as const;

export const signOf = (word: string) => signs[word] ?? { ...unnamed, word };

export const isBad = (fate: Fate): boolean => signOf(fate).tone === 'bad';

export { hopText, outcomeText };

/** What was seen at a hop, in a line; nothing where nothing was. */
export function seenBrief(hop: HopResult): string {
  if (!hop.seen) return '';
  return hop.kind === 'point' ? briefText(hop.seen) : throughText(hop, hop.seen);
}

/** The last hop before another one, of the same part, at which the packet's headers were seen. */
export function headersBefore({ hops }: WalkResult, index: number) {
  const part = hops[index]?.part;
  const before = hops.slice(0, index).findLast((hop) => hop.kind === 'point' && hop.seen && hop.part === part);
  return before?.kind === 'point' && before.seen ? { index: hops.indexOf(before), seen: before.seen } : undefined;
}

/** What became of the packet since the hop before, in a few words each. */
export function changesAt(walk: WalkResult, index: number): string[] {
  const hop = walk.hops[index];
  const before = headersBefore(walk, index);
  return hop?.kind === 'point' && hop.seen && before ? changes(before.seen, hop.seen) : [];
}

export const partName = (part: Part, { later = [] }: Pick<WalkResult, 'later'>): string => {
  const [, number] = /^later (\d+)$/.exec(part) ?? [];
  return number ? (later[Number(number) - 1] ?? part) : part;
};

/** Which hop is shown first: the first that is not as listed. */
export const firstHop = ({ failedAt, hops }: WalkResult): number =>
  failedAt ??
  Math.max(
    0,
    hops.findIndex(({ fate }) => isBad(fate)),
  );
