import type { CauseKind } from './kind.ts';

/** How many differences a sentence can bear. */
const TOLD = 4;

/** What is told where nothing more specific is: that something is another one than when the lab was proven. */
const changed: CauseKind = {
  name: 'changed since it was proven',
  read: ['packetwalk diff LAB'],
  isFallback: true,
  tell({ changes, site }) {
    if (!changes.length) return [];
    const nearest = [site.place, site.next?.place, site.peer?.place];
    const rank = (place: string) => (nearest.indexOf(place) + nearest.length + 1) % (nearest.length + 1);
    const all = [...changes].sort((a, b) => rank(a.place) - rank(b.place));
    const more = all.length - TOLD;
    return [
      {
        sentence: `nothing more is known than what differs from when the lab was proven: ${all
          .slice(0, TOLD)
          .map(({ sentence }) => sentence)
          .join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
        confidence: 'possible',
        place: all[0]!.place,
        show: [],
      },
    ];
  },
};

export const sinceProven: CauseKind[] = [changed];
