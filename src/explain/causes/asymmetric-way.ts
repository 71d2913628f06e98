import type { Facts } from '../facts.ts';
import { routeFor } from '../state/fib.ts';
import type { CauseKind } from './kind.ts';

const dstOf = ({ site }: Facts): string | undefined => {
  const dst = site.headers.find(({ protocol }) => protocol === 'ip')?.fields.dst;
  return dst === undefined ? undefined : String(dst);
};

/** An answer that leaves a place by another interface than the request came by, and is lost on that way. */
const asymmetricWay: CauseKind = {
  name: 'asymmetric way',
  read: ['RFC 3704, section 3', 'ip-route(8)'],
  isFallback: true,
  tell(facts) {
    const { site, wayThere, now } = facts;
    if (site.part !== 'reply' || !site.last || wayThere.some(({ place }) => place === site.last?.place)) return [];
    const parting = site.way.findLast(
      ({ place, direction }) => direction === 'out' && wayThere.some((each) => each.place === place),
    );
    const came = wayThere.findLast(({ place, direction }) => place === parting?.place && direction === 'in');
    const dst = dstOf(facts);
    if (!parting || !came || came.device === parting.device || !dst) return [];
    const { place } = parting;
    const state = now.get(place);
    const route = state && routeFor(state, { dst })?.route.text;
    return [
      {
        sentence: `the answer goes back by another way than its request came: it leaves ${place} by ${parting.device}, the request came there by ${came.device}${route ? ` (${route})` : ''}`,
        confidence: 'possible',
        place,
        show: [{ place, command: `ip route get ${dst}` }],
      },
    ];
  },
};

export const asymmetricWays: CauseKind[] = [asymmetricWay];
