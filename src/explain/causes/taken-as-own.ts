import { isIp4 } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { isOwn, localRoute, type PacketThere, packetThere } from '../packet-there.ts';
import { ownersOf } from '../place.ts';
import { changeOf } from '../since.ts';
import { type FoundRoute, routeFor } from '../state/fib.ts';
import type { PlaceState } from '../state/place-state.ts';
import type { CauseKind } from './kind.ts';

interface Kept {
  place: string;
  packet: PacketThere;
  dst: string;
  end: string | undefined;
}

/** The packet where it came to a place and did not go on, though the walk has it go on, and for whom it is. */
function keptHere(facts: Facts): Kept | undefined {
  const { site, walk } = facts;
  const { place, last } = site;
  const packet = packetThere(facts);
  // Of a hook that it did not come to, it is the next interface that says where it was to go.
  const due = walk?.hops.slice(walk.failedAt ?? walk.hops.length).find((hop) => hop.kind === 'point');
  if (!packet || last?.direction !== 'in' || due?.kind !== 'point' || due.part !== site.part) return undefined;
  const end = walk?.hops.findLast((hop) => hop.kind === 'point' && hop.part === site.part)?.place;
  const isDue = end !== place && due.expected.find(isIp4)?.fields.dst === packet.dst;
  // What wraps it for a tunnel ends where the walk lists it last.
  const lastListed = walk?.hops.findLast(
    (hop) => hop.kind === 'point' && hop.part === site.part && hop.expected.find(isIp4)?.fields.dst === packet.dst,
  );
  return isDue && lastListed?.place !== place ? { place, packet, dst: packet.dst, end } : undefined;
}

/** A packet that never left its sender, or one’s own where it came to a place and did not go on, if another has the address it is for. */
function keptFromOther(facts: Facts): Kept | undefined {
  const { place, last, kind } = facts.site;
  const packet = packetThere(facts);
  const isHere = kind === 'nothing sent' || (!facts.walk && last?.direction === 'in');
  if (!packet || !isHere) return undefined;
  const end = ownersOf(facts, packet.dst).find((each) => each.place !== place)?.place;
  return end ? { place, packet, dst: packet.dst, end } : undefined;
}

const consequences = ['no socket', 'forwarding off'];

/** A place on the way has the address that the packet is for, and so hands it on to nobody. */
const takenAsOwn: CauseKind = {
  name: 'address twice',
  read: ['ip-address(8)', 'RFC 1122, section 3.3.4.2'],
  tell(facts) {
    const here = keptHere(facts);
    if (!here || !isOwn(facts, here.place, here.dst)) return [];
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

/** The route of type local that holds for what came, and the policy rule to it where it is in a table of its own. */
function takenBy(state: PlaceState, { dst, src, iif, mark }: PacketThere): Partial<FoundRoute> | undefined {
  const route = localRoute(state, dst);
  if (route) return { route };
  const found = routeFor(state, { dst, src, iif, mark: mark?.value });
  return found?.route.type === 'local' ? found : undefined;
}

/** A place has a route by which an address that none of its interfaces has is its own. */
const locallyRouted: CauseKind = {
  name: 'local route',
  read: ['ip-route(8), local'],
  tell(facts) {
    const here = keptHere(facts) ?? keptFromOther(facts);
    const state = here && facts.now.get(here.place);
    const { route, rule } = (state && takenBy(state, here.packet)) ?? {};
    if (!here || !route || ownersOf(facts, here.dst).some(({ place }) => place === here.place)) return [];
    const { place, dst, end } = here;
    return [
      {
        sentence: `${place} takes ${dst} for its own by the route ${route.text}${rule ? `, to which its policy rule ${rule.text} leads` : ''}, and does not hand it on to ${end}`,
        confidence: 'certain',
        place,
        show: [{ place, command: `ip route get ${dst}` }, ...(rule ? [{ place, command: 'ip rule' }] : [])],
        fix: { place, command: rule ? `ip rule del ${rule.text}` : `ip route del ${route.text}` },
        entails: consequences,
      },
    ];
  },
};

export const ownAddresses: CauseKind[] = [takenAsOwn, locallyRouted];
