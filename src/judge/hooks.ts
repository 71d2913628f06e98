import type { Part } from '../lab/part.ts';
import type { Hop } from '../lab/words.ts';
import type { Passage } from '../observe/netfilter.ts';
import type { HopResult } from './result.ts';

/** A packet's passage through a hook, of which part of the walk it is, and what was translated there. */
export interface Passed extends Pick<Passage, 'place' | 'hook' | 'went'> {
  part: Part;
  /** The interfaces that the hook knows: by which it came, and by which it is to go. */
  enters?: string | undefined;
  leaves?: string | undefined;
  translation?: string | undefined;
}

/** A hook where no rule had a say: it need not be listed. */
const silent = ({ hook, went }: Passed) => went === `${hook}: policy accept`;

/** Compares the hooks that were passed with those that are listed, place by place: these, in this order, and no other. */
export function followHooks(hops: Hop[], passed: Passed[]): { hops: HopResult[]; left: Passed[] } {
  const listed = hops.filter(({ went }) => went !== undefined);
  const crossed = hops.flatMap(({ at, went }) => (went === undefined ? [at] : []));
  const left = new Set(passed.filter(({ place }) => listed.some(({ at }) => at.startsWith(`${place} `))));
  const before = new Map<string, Passed>();
  // A packet whose way ends at a hook never gets to the interface by which it was to go.
  const endsAt = (place: string) => listed.at(-1) === hops.at(-1) && listed.at(-1)?.at.startsWith(`${place} `);
  const judged = listed.map((hop): HopResult => {
    const base = { at: hop.at, because: hop.because, expected: [hop.went!] };
    const seen = [...left].find(({ place, hook }) => `${place} ${hook}` === hop.at);
    if (!seen) return { ...base, verdict: 'failed', seen: [] };
    left.delete(seen);
    const earlier = before.get(seen.place);
    before.set(seen.place, seen);
    const different = [
      ...(goes(seen.went, hop.went!) ? [] : ['it went another way']),
      ...(earlier && passed.indexOf(earlier) > passed.indexOf(seen) ? [`it was here before ${earlier.hook}`] : []),
      ...[seen.enters, endsAt(seen.place) ? undefined : seen.leaves]
        .filter((device) => device && !crossed.includes(`${seen.place}:${device}`))
        .map((device) => `the hook knows it at ${device}, which is not listed`),
    ];
    return {
      ...base,
      verdict: different.length ? 'failed' : 'passed',
      seen: [seen.went],
      ...(seen.translation && { translation: seen.translation }),
      ...(different.length && { difference: different.join('; ') }),
    };
  });
  return { hops: judged, left: [...left].filter((each) => !silent(each)) };
}

/** Whether a packet went the way that is listed: the same chains, and the policy, or a rule that ends as it is stated. */
function goes(seen: string, listed: string): boolean {
  const [chains, decides] = halves(seen);
  const [wanted, end] = halves(listed);
  const byPolicy = decides?.startsWith('policy ');
  return chains === wanted && (end === undefined || decides === end || (!byPolicy && !!decides?.endsWith(` ${end}`)));
}

const halves = (went: string): [string, string | undefined] => {
  const at = went.indexOf(': ');
  return at < 0 ? [went, undefined] : [went.slice(0, at), went.slice(at + 2)];
};
