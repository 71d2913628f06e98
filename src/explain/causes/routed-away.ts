import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { type Misled, ownByRoute, routedAway } from '../own-address.ts';
import { isOwn, type PacketThere, packetOf, packetThere } from '../packet-there.ts';
import { largerSetting, settingOf } from '../place.ts';
import { arrivedHere, validatedHere } from './forwarding.ts';
import type { CauseKind, Told } from './kind.ts';

interface Came {
  place: string;
  packet: PacketThere & { iif: string };
}

/** The packet where it came to a place by its IP layer and did not go on, and where it left one again as it had come. */
function cameIn(facts: Facts): Came[] {
  const { way } = facts.site;
  const passed = way.flatMap((each, i): Came[] => {
    const after = way[i + 1];
    const [packet, left] = [packetOf(facts, each, isIp), after && packetOf(facts, after, isIp)];
    const isHandedOn = after?.place === each.place && after.direction === 'out' && left?.dst === packet?.dst;
    return isHandedOn && packet?.iif && packet.length === left?.length && left.ttl < packet.ttl
      ? [{ place: each.place, packet: { ...packet, iif: packet.iif } }]
      : [];
  });
  const here = arrivedHere(facts, isIp);
  return here ? [...passed, { place: here.place, packet: { ...here.packet, iif: here.iif } }] : passed;
}

/** The packet that a place sends to one of its own addresses, where it was never seen or began its way otherwise than by lo. */
function sentToItself(facts: Facts): Came[] {
  const { kind, place, way } = facts.site;
  const [first] = way;
  const isElsewhere = first?.direction === 'out' && first.device !== 'lo';
  const packet =
    kind === 'nothing sent' ? packetThere(facts, isIp) : isElsewhere ? packetOf(facts, first, isIp) : undefined;
  const from = first?.place ?? place;
  return packet && isOwn(facts, from, packet.dst) ? [{ place: from, packet: { ...packet, iif: 'lo' } }] : [];
}

/** What is told of a packet that never came to the place's own sockets, as if it had. */
const consequences = [
  ...['no socket', 'echo ignored', 'forwarding off', 'IPv6 forwarding off', 'no route', 'no IPv6 route', 'wrong route'],
  ...['blackhole route', 'unreachable route', 'prohibit route', 'TTL spent', 'hop limit spent'],
];

/** What is told of the question for one's own address, which it puts out then. */
const unanswered = ['hairpin off', 'neighbour unanswered', 'address that nobody has'];

const told = (place: string, sentence: string, { what, supports, show, fix }: Misled): Told => ({
  sentence: `${sentence}: ${what}${supports.length ? `; ${supports.join('; ')}` : ''}`,
  confidence: 'certain',
  place,
  show: show.map((command) => ({ place, command })),
  fix: { place, command: fix },
  entails: consequences,
  explains: unanswered,
});

/** A packet came to who has the address that it is for, and is routed there as if it was another's. */
const ofDestination: CauseKind = {
  name: 'own address routed away',
  read: ['ip-rule(8)', 'ip-route(8), local'],
  tell: (facts) =>
    [...sentToItself(facts), ...cameIn(facts)].flatMap(({ place, packet }) => {
      const why = routedAway(facts, place, packet);
      return why ? [told(place, `${place} does not take ${packet.dst} for its own address`, why)] : [];
    }),
};

/** A packet’s source is one of the place’s own addresses, by a route alone. */
const ofSource: CauseKind = {
  name: 'martian source',
  read: ['ip-route(8), local', 'ip-sysctl: accept_local'],
  tell(facts) {
    const here = validatedHere(facts, isIp);
    const isTaken = here && largerSetting(here.state, here.iif, 'accept_local') > 0;
    if (!here || here.iif === 'lo' || isTaken || here.packet.src.includes(':')) return [];
    const { place, packet, iif } = here;
    const why = ownByRoute(facts, place, { ...packet, iif });
    const sentence = `${place} takes ${packet.src}, which it comes from, for one of its own addresses (${settingOf(iif, 'accept_local')} = 0)`;
    return why ? [told(place, sentence, why)] : [];
  },
};

/** Addresses that rules and routes have a place take otherwise than its interfaces would. */
export const routedAways: CauseKind[] = [ofDestination, ofSource];
