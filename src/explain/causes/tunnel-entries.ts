import type { Facts } from '../facts.ts';
import { isOwn } from '../packet-there.ts';
import { ownersOf } from '../place.ts';
import { icmpErrors, movedBy, saying } from '../signs.ts';
import { changeOf } from '../since.ts';
import { tunnelOf, tunnelsOf, type Wrapping, wrappingOf } from '../tunnel.ts';
import type { CauseKind, Told } from './kind.ts';
import { handed, showDevice } from './tunnel-begin.ts';

/** What came wrapped to the place that it is for: the packet, and ARP meanwhile. */
function arrivals({ site, seen, now }: Facts): { place: string; wrapping: Wrapping }[] {
  const all = [
    ...(site.last ? [site.last] : []),
    ...seen.map(({ place, direction, packet }) => ({ place, direction, headers: packet().headers })),
  ];
  return all.flatMap(({ place, direction, headers }) => {
    const wrapping = direction === 'in' ? wrappingOf(headers) : undefined;
    return wrapping && isOwn({ now }, place, wrapping.dst) ? [{ place, wrapping }] : [];
  });
}

/** A device that learns drops what comes from a MAC that an entry which stays has behind another end (vxlan_snoop). */
const heldElsewhere: CauseKind = {
  name: 'wrong VTEP',
  read: ['bridge(8), fdb', 'RFC 7348, section 4.1'],
  tell(facts) {
    const told = arrivals(facts).flatMap(({ place, wrapping }): Told[] => {
      const { innerMac, src, vni } = wrapping;
      const state = facts.now.get(place);
      const link = tunnelsOf(state, 'vxlan').find((each) => tunnelOf(each).vni === vni);
      const entry = state?.fdb.find(
        ({ mac, device, words }) => mac === innerMac?.src && device === link?.name && words.dst && words.dst !== src,
      );
      const stays = entry && ('permanent' in entry.words || 'static' in entry.words);
      if (!link || !entry || !stays || link.data.learning !== true) return [];
      const changed = changeOf(facts, place, 'fdb entry', ({ subject }) => subject === `${entry.mac} dev ${link.name}`);
      return [
        {
          sentence: `${place}’s ${link.name} drops what comes from ${entry.mac} by ${src}: an entry that stays has that MAC behind ${entry.words.dst} (bridge fdb: ${entry.text})`,
          confidence: 'certain',
          place,
          supports: saying([changed, `${changed?.sentence}`]),
          show: [{ place, command: `bridge fdb show dev ${link.name}` }],
          fix: { place, command: `bridge fdb replace ${entry.mac} dev ${link.name} dst ${src} self permanent` },
          entails: ['neighbour unanswered'],
        },
      ];
    });
    return told.slice(0, 1);
  },
};

/** What was handed to a tunnel whose other end has another port left as a UDP packet that nobody there takes. */
const portsDiffer: CauseKind = {
  name: 'tunnel port differs',
  read: ['ip-link(8), VXLAN', 'RFC 7348'],
  tell(facts) {
    const here = handed(facts);
    if (!here?.vtep || here.link.kind !== 'vxlan') return [];
    const own = tunnelOf(here.link);
    const { address } = here.vtep;
    return ownersOf(facts, address).flatMap(({ place }): Told[] => {
      const ends = tunnelsOf(facts.now.get(place), 'vxlan').filter((each) => tunnelOf(each).vni === own.vni);
      const [end] = ends;
      if (!end || place === here.place || ends.some((each) => tunnelOf(each).port === own.port)) return [];
      const refused = icmpErrors(facts).some(({ frame, fields }) => frame.place === place && fields.code === 3);
      const counted = movedBy(facts, place, 'Udp NoPorts');
      return [
        {
          sentence: `${place}’s ${end.name} does not unwrap it: it has dstport ${tunnelOf(end).port}, and ${here.place}’s ${here.link.name} wraps with UDP port ${own.port} (VXLAN to ${address})`,
          confidence: refused || counted ? 'certain' : 'likely',
          place,
          supports: saying(
            [refused, `${place} answered with ICMP port unreachable`],
            [counted, `${place} counted a datagram to a port where nobody listens (Udp NoPorts)`],
          ),
          show: [{ place, command: `ip -d link show dev ${end.name}` }, ...showDevice(here)],
        },
      ];
    });
  },
};

/** What the forwarding table and the ports of VXLAN devices keep from each other. */
export const tunnelEntries: CauseKind[] = [heldElsewhere, portsDiffer];
