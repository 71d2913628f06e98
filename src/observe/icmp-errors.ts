import { quotedTrail, trail } from '../packet/index.ts';
import { flowOf, sendingIn, sendingOf } from './identity.ts';
import type { Seen } from './watch.ts';

/**
 * The ICMP errors that quote a packet, which are its answer where it gets no other. Of a packet that was sent several times, those
 * about the first sending that has any: the others answer what was sent again, as the quoted header tells. `sent` are all its frames.
 */
export function errorsAbout(
  first: Seen,
  sent: readonly Seen[],
  seen: readonly Seen[],
): { frames: Seen[]; notes: string[] } {
  const mark = trail(first.packet());
  const errors = seen.filter((frame) => {
    const quoted = quotedTrail(frame.packet());
    return quoted && mark?.startsWith(quoted);
  });
  const about = (error: Seen) => sendingIn(error.packet().quoted ?? []);
  const told = new Set(errors.map(about));
  const { flow } = flowOf(first.packet()) ?? {};
  const leaving = sent.filter(
    (frame) => frame.at === first.at && frame.direction === first.direction && flowOf(frame.packet())?.flow === flow,
  );
  const answered = leaving.map(sendingOf).filter((sending) => sending !== 0 && told.has(sending));
  const later = new Set(answered.filter((sending) => sending !== answered[0]));
  return {
    frames: errors.filter((error) => !later.has(about(error))),
    notes: later.size ? ['what was sent again was refused again: only the first refusal is followed'] : [],
  };
}
