import { dropReasons, dropText } from '../drop-reasons.ts';
import type { CauseKind } from './kind.ts';
import { isRefusalListed } from './sockets.ts';

/** What the kernel itself gives for its reason; the causes that it confirms say more. */
const droppedByKernel: CauseKind = {
  name: 'dropped by the kernel',
  read: ['include/net/dropreason-core.h'],
  tell(facts) {
    const { kernelDrops, site } = facts;
    const places = [site.place, site.peer?.place, site.next?.place, site.turn?.place];
    const asListed = isRefusalListed(facts) ? 'NO_SOCKET' : undefined;
    const known = kernelDrops.filter(
      ({ place, reason }) => dropReasons[reason] && reason !== asListed && places.includes(place),
    );
    return known.slice(0, 1).map((drop) => ({
      sentence: `the kernel dropped it at ${drop.place}: ${dropText(drop)}`,
      confidence: 'likely',
      place: drop.place,
      show: [],
    }));
  },
};

export const kernelDrops: CauseKind[] = [droppedByKernel];
