import type { Work } from '../agent/places.ts';
import type { Relays } from './relays.ts';

/**
 * What is done at the places of machines, when cables are relayed between them: who ran a command finds carriers as it left them,
 * nothing is at rest while a frame is under way, and a frame that a machine had no room for counts as one that a capture lost.
 */
export const overRelays = (work: Work, relay: Relays): Work => ({
  ...work,
  async run(...what) {
    const ran = await work.run(...what);
    await relay.settled();
    return ran;
  },
  async script(...what) {
    const ran = await work.script(...what);
    await relay.settled();
    return ran;
  },
  backlog: () => relay.underWay(work.backlog),
  async listen(...what) {
    const capture = await work.listen(...what);
    return {
      ...capture,
      async drain() {
        const [drained, lost] = await Promise.all([capture.drain(), relay.lost()]);
        for (const [place, count] of lost) drained.drops[place] = (drained.drops[place] ?? 0) + count;
        return drained;
      },
    };
  },
});
