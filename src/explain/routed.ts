import { isIp } from '../packet/index.ts';
import type { Facts } from './facts.ts';
import { bridgedFrom } from './layer2/bridged.ts';
import { markOf } from './marks.ts';
import { isForMany, isMulticast, isOwn, type PacketThere, packetOf, packetThere } from './packet-there.ts';
import { ipDevice, linkOf } from './place.ts';
import { type FoundRoute, isAddress6, routeFor } from './state/fib.ts';
import type { PlaceState } from './state/place-state.ts';

/**
 * A packet that a place had to route. `here`: the packet itself, where it was last seen; `answer`: what would answer it, at the place
 * that it reached; `turn`: the packet at the place that sent it by another way than is listed.
 */
export interface Routed {
  role: 'here' | 'answer' | 'turn';
  place: string;
  state: PlaceState;
  packet: PacketThere;
  /** How ip(8) is called for its version of IP. */
  ip: 'ip' | 'ip -6';
  /** The route that the place has for it. */
  found: FoundRoute | undefined;
  /** The interface by which the walk lists it next, where it does so at this place. */
  wanted: string | undefined;
}

/** The packets whose way a place decided about: where it was lost, and where it took another way. */
export function routedPackets(facts: Facts): Routed[] {
  const { site } = facts;
  return site.turn && !site.turn.atHook ? [...turned(facts, site.turn), ...lost(facts)] : lost(facts);
}

function lost(facts: Facts): Routed[] {
  const { site } = facts;
  const packet = packetThere(facts, isIp);
  // What left by an interface was routed before.
  if (!packet || site.kind === 'on a wire' || site.last?.direction === 'out' || bridgedFrom(facts)) return [];
  if (site.last && isForMany(packet.dst)) return [];
  if (!isOwn(facts, site.place, packet.dst)) return routed(facts, 'here', site.place, packet);
  const isWrapped = site.headers.filter(isIp).length > 1;
  const isDelivered = site.last && facts.wayThere.at(-1) === site.last && !isWrapped;
  return isDelivered ? routed(facts, 'answer', site.place, answerTo(packet)) : [];
}

/**
 * A packet that no walk lists, or that came to a place where its walk lists nothing of it, at each place that it left before it was lost,
 * with the interface by which it did: as it came there, or as its sender made it.
 */
export function handedOn(facts: Facts): (Routed & { left: string })[] {
  const { way } = facts.site;
  if (facts.walk && !isAstray(facts)) return [];
  return way.flatMap((each, i) => {
    const before = way[i - 1];
    const came = i === 0 ? each : before?.place === each.place && before.direction === 'in' ? before : undefined;
    const packet = each.direction === 'out' && came && packetOf(facts, came, isIp);
    const left = ipDevice(facts, each.place, each.device);
    return packet ? routed(facts, 'turn', each.place, packet).map((one) => ({ ...one, left })) : [];
  });
}

const isAstray = ({ site, walk }: Facts): boolean =>
  site.kind === 'elsewhere' && !walk?.hops.some(({ part, place }) => part === site.part && place === site.place);

/** The packet where it left the listed way: as it was at the last listed point, or as its sender made it. */
function turned(facts: Facts, { place, before }: NonNullable<Facts['site']['turn']>): Routed[] {
  const [first] = facts.site.way;
  const packet = before ? packetOf(facts, before, isIp) : first && packetOf(facts, first, isIp);
  if (!packet) return [];
  const { part, headers } = (before ?? first)!;
  const mark = markOf(facts, { place, part, headers, iif: packet.iif });
  return routed(facts, 'turn', place, { ...packet, ...(mark && { mark }) });
}

function routed(facts: Facts, role: Routed['role'], place: string, packet: PacketThere): Routed[] {
  const state = facts.now.get(place);
  const is6 = isAddress6(packet.dst);
  if (!state || (['routes', is6 ? 'rules6' : 'rules'] as const).some((part) => state.unread.includes(part))) return [];
  if (is6 && isMulticast(packet.dst)) return [];
  const { dst, src, iif, vrfOf, mark, protocol, sport, dport } = packet;
  const ports = sport && dport ? { sport, dport } : {};
  const of = { dst, protocol, ...ports, ...(iif && { src, iif }), ...(vrfOf && { vrfOf }) };
  const found = routeFor(state, { ...of, ...(mark && { mark: mark.value }) });
  return [{ role, place, state, packet, ip: is6 ? 'ip -6' : 'ip', found, wanted: wantedBy(facts, place, packet) }];
}

/** The interface of the IP layer by which the walk lists it next at a place; a bridge or VLAN that it has yet to come in by is none. */
export function wantedBy(facts: Facts, place: string, { iif }: Pick<PacketThere, 'iif'>): string | undefined {
  const { next, last } = facts.site;
  if (next?.place !== place || !next.device) return undefined;
  const wanted = ipDevice(facts, place, next.device);
  if (last?.direction !== 'in') return wanted;
  const isBridge = wanted === iif && last.device !== iif;
  const isVlan = linkOf(facts, place, wanted)?.link === last.device;
  return isBridge || isVlan ? undefined : wanted;
}

/** What answers a packet: it goes back to who sent it, from the address and port that was asked. */
function answerTo({ src, dst, sport, dport, iif, dstBefore: _, mark: __, ...rest }: PacketThere): PacketThere {
  return {
    ...rest,
    src: dst,
    dst: src,
    ...(iif && { vrfOf: iif }),
    ...(sport && dport && { sport: dport, dport: sport }),
  };
}
