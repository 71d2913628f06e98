import type { Sighting } from '../../judge/observation.ts';
import type { Facts } from '../facts.ts';
import { packetOf } from '../packet-there.ts';
import { ipDevice, linkOf } from '../place.ts';
import { movedBy, saying } from '../signs.ts';
import { settingWas } from '../since.ts';
import { routeFor } from '../state/fib.ts';
import type { CauseKind } from './kind.ts';

const ipOf = (sighting: Sighting | undefined) => sighting?.headers.find(({ protocol }) => protocol === 'ip')?.fields;

const isFragment = (sighting: Sighting | undefined): boolean => {
  const ip = ipOf(sighting);
  return ip !== undefined && (ip.mf === true || Number(ip.offset ?? 0) > 0);
};

/** Whether it is a fragment, or one is wrapped in it. */
const hasFragment = ({ headers }: Sighting): boolean =>
  headers.some(({ protocol, fields }) => protocol === 'ip' && (fields.mf === true || Number(fields.offset ?? 0) > 0));

/** A fragment's data is a multiple of eight bytes (RFC 791): it fills all but seven bytes of an MTU at most. */
const UNIT = 8;

/** The MTU that a fragment fills: of the interface by which it leaves, or of its route. */
function filledBy(facts: Facts, fragment: Sighting): { by: string; device?: string } | undefined {
  const { place, device } = fragment;
  const packet = packetOf(facts, fragment);
  const state = facts.now.get(place);
  if (!packet || !state) return undefined;
  const link = linkOf(facts, place, ipDevice(facts, place, device));
  const fills = (mtu: number) => packet.length <= mtu && packet.length > mtu - UNIT;
  if (link && fills(link.mtu)) return { by: `${link.name} has mtu ${link.mtu}`, device: link.name };
  const route = routeFor(state, { dst: packet.dst, src: packet.src })?.route;
  const mtu = / mtu (?:lock )?(\d+)/.exec(route?.text ?? '')?.[1];
  return mtu && fills(Number(mtu)) ? { by: `its route says mtu ${mtu} (${route?.text})` } : undefined;
}

/** What may be fragmented is, where the way out takes less: the walk lists it in one piece. */
export const fragmented: CauseKind = {
  name: 'MTU too small',
  read: ['RFC 791, section 3.2', 'ip-link(8), mtu'],
  tell(facts) {
    const { now, before } = facts.site.changed ?? {};
    if (!now || !hasFragment(now) || (before && hasFragment(before) && before.place !== now.place)) return [];
    // A tunnel wraps fragments that its device was handed.
    const fragment = facts.site.way.find(
      (each) => each.place === now.place && each.direction === 'out' && isFragment(each),
    );
    if (!fragment) return [];
    const filled = filledBy(facts, fragment);
    if (!filled) return [];
    const { place } = fragment;
    const was = filled.device && settingWas(facts, place, filled.device, 'mtu');
    return [
      {
        sentence: `${place} fragments it, and it is listed in one piece: ${filled.by}`,
        confidence: 'certain',
        place,
        supports: saying(
          [movedBy(facts, place, 'Ip FragCreates'), `${place} counted the fragments that it made (Ip FragCreates)`],
          [true, `its first fragment, of ${ipOf(fragment)?.length} bytes, left by ${fragment.device}`],
          [was, `${place}’s ${filled.device} had mtu ${was} when the lab was proven`],
        ),
        show: [{ place, command: filled.device ? `ip link show dev ${filled.device}` : 'ip route' }],
        ...(was && { fix: { place, command: `ip link set ${filled.device} mtu ${was}` } }),
      },
    ];
  },
};
