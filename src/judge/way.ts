import type { Way } from '../plan/hops.ts';
import type { Passage } from './observation.ts';

/** Why a packet's way through a hook is not as listed, in a sentence. */
export function wayDiffers(expected: Way, seen: Way): string | undefined {
  if (expected.chains.join() !== seen.chains.join()) return 'it went through other chains';
  if (!expected.ending) return undefined;
  const { verdict, policy, to } = expected.ending;
  const same =
    seen.ending?.verdict === verdict && seen.ending.policy === policy && (to === undefined || seen.ending.to === to);
  return same ? undefined : 'its way ended otherwise';
}

/** A hook where no rule had a say: it need not be listed. */
export const isSilent = ({ chains, ending }: Passage): boolean =>
  !chains.length && ending?.policy === true && ending.verdict === 'accept';
