import { isIp4 } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { isOwn, localRoute, packetThere } from '../packet-there.ts';
import { ownersOf } from '../place.ts';
import { changeOf } from '../since.ts';
import type { CauseKind } from './kind.ts';

/** The packet where a place takes it for its own, though the walk has it go on, and for whom it is. */
function keptHere(facts: Facts): { place: string; dst: string; end: string | undefined } | undefined {
  const { site, walk } = facts;
  const { place, last } = site;
  const packet = packetThere(facts);
  const due = walk?.hops[walk.failedAt ?? -1];
  if (!packet || last?.direction !== 'in' || due?.kind !== 'point' || due.part !== site.part) return undefined;
  const end = walk?.hops.findLast((hop) => hop.kind === 'point' && hop.part === site.part)?.place;
  const isDue = end !== place && due.expected.find(isIp4)?.fields.dst === packet.dst;
  return isDue && isOwn(facts, place, packet.dst) ? { place, dst: packet.dst, end } : undefined;
}

const consequences = ['no socket', 'forwarding off'];

/** A place on the way has the address that the packet is for, and so hands it on to nobody. */
const takenAsOwn: CauseKind = {
  name: 'address twice',
  read: ['ip-address(8)', 'RFC 1122, section 3.3.4.2'],
  tell(facts) {
    const here = keptHere(facts);
    if (!here) return [];
    const { place, dst, end } = here;
    const link = ownersOf(facts, dst).find((each) => each.place === place)?.link;
    const own = link?.addresses.find(({ address }) => address === dst);
    if (!link || !own) return [];
    const added = changeOf(facts, place, 'address', ({ after }) => after?.startsWith(`${dst}/`) === true);
    return [
      {
        sentence: `${place} takes ${dst} for its own, since ${link.name} has that address, and does not hand it on to ${end}${added ? `: ${added.sentence}` : ''}`,
        confidence: 'certain',
        place,
        show: [{ place, command: `ip -br address show dev ${link.name}` }],
        fix: { place, command: `ip address del ${dst}/${own.prefixLength} dev ${link.name}` },
        entails: consequences,
      },
    ];
  },
};

/** A place has a route by which an address that none of its interfaces has is its own. */
const locallyRouted: CauseKind = {
  name: 'local route',
  read: ['ip-route(8), local'],
  tell(facts) {
    const here = keptHere(facts);
    const state = here && facts.now.get(here.place);
    const route = state && localRoute(state, here.dst);
    if (!here || !route || ownersOf(facts, here.dst).some(({ place }) => place === here.place)) return [];
    const { place, dst, end } = here;
    return [
      {
        sentence: `${place} takes ${dst} for its own by the route ${route.text}, and does not hand it on to ${end}`,
        confidence: 'certain',
        place,
        show: [{ place, command: `ip route get ${dst}` }],
        fix: { place, command: `ip route del ${route.text}` },
        entails: consequences,
      },
    ];
  },
};

export const ownAddresses: CauseKind[] = [takenAsOwn, locallyRouted];
