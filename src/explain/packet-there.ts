import type { Passage, Sighting } from '../judge/observation.ts';
import { type Header, isIp, isIp4, ttlOf } from '../packet/index.ts';
import type { Facts } from './facts.ts';
import { type Mark, markOf } from './marks.ts';
import { ipDevice } from './place.ts';
import { isAddress6, prefixOf } from './state/fib.ts';
import type { PlaceState, RouteState } from './state/place-state.ts';

/** A packet as the place where it was lost had it: its outermost IP header, after what netfilter did to it there. */
export interface PacketThere {
  src: string;
  dst: string;
  ttl: number;
  /** Header and payload, in bytes; 0 where it was never seen. */
  length: number;
  /** Whether no router may fragment it (RFC 791, DF; RFC 8200, section 4.5). */
  df: boolean;
  /** `icmp`, `ipv6-icmp`, `tcp`, `udp`, or the number of another protocol. */
  protocol: string;
  sport?: number;
  dport?: number;
  /** The interface by which its IP layer had it: a bridge's port hands it to the bridge. Absent where it began there. */
  iif?: string;
  /** The interface whose VRF it belongs to, where it is an answer to what came by that. */
  vrfOf?: string;
  /** The mark by which it is routed, where it bears one. */
  mark?: Mark;
  /** Its destination before it was translated there, where it was. */
  dstBefore?: string;
}

const names: Record<number, string> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp' };

/** Which headers of IP are looked for: those of IPv4 alone, or the outermost of either version. */
type IsIp = (header: Header) => boolean;

/** The packet at the site of its loss; undefined where it has no such header there. */
export function packetThere(facts: Facts, isIt: IsIp = isIp4): PacketThere | undefined {
  const { site } = facts;
  const told = passagesHere(facts).at(-1);
  const packet = ofHeaders(site.headers, isIt);
  if (!packet) return undefined;
  const dst = translated(told) ?? told?.ip.dst ?? packet.dst;
  const came = site.last?.direction === 'in' ? ipDevice(facts, site.place, site.last.device) : told?.enters;
  const mark = markOf(facts, { place: site.place, part: site.part, headers: site.headers, iif: came });
  return {
    ...packet,
    src: told?.ip.src ?? packet.src,
    dst,
    ...(came && { iif: came }),
    ...(mark && { mark }),
    ...(dst !== packet.dst && { dstBefore: packet.dst }),
  };
}

/** A packet as it was seen somewhere. */
export function packetOf(
  facts: Pick<Facts, 'now'>,
  { headers, direction, place, device }: Sighting,
  isIt: IsIp = isIp4,
): PacketThere | undefined {
  const packet = ofHeaders(headers, isIt);
  return packet && { ...packet, ...(direction === 'in' && { iif: ipDevice(facts, place, device) }) };
}

/** The IPv6 header that a packet bears outside of all others; undefined of any other packet. */
export function outer6(headers: readonly Header[] = []): Header['fields'] | undefined {
  const outer = headers.find(isIp);
  return outer?.protocol === 'ip6' ? outer.fields : undefined;
}

function ofHeaders(headers: readonly Header[], isIt: IsIp): PacketThere | undefined {
  const at = headers.findIndex(isIt);
  const fields = headers[at]?.fields;
  if (!fields) return undefined;
  const ports = headers[at + 1]?.fields;
  const protocol = names[Number(fields.protocol)] ?? nextName(headers[at + 1]) ?? String(fields.protocol);
  return {
    src: String(fields.src),
    dst: String(fields.dst),
    ttl: ttlOf(fields),
    length: Number(fields.length ?? 0),
    df: headers[at]!.protocol === 'ip6' || fields.df === true,
    protocol,
    ...((protocol === 'tcp' || protocol === 'udp') && ports && { sport: Number(ports.src), dport: Number(ports.dst) }),
  };
}

const nextName = (header: Header | undefined) =>
  header &&
  Object.values(names).find(
    (name) => name === header.protocol || (name === 'ipv6-icmp' && header.protocol === 'icmp6'),
  );

/** What netfilter did with it at the place where it was lost, in order; not with a packet of a tunnel that it was taken out of there. */
export const passagesHere = ({ passages, site }: Pick<Facts, 'passages' | 'site'>): Passage[] =>
  passages.filter((each) => each.place === site.place && each.part === site.part && !isOfTakenOff(site, each));

/** Whether a passage is of an outer packet, from which the place had taken it out when it was last seen. */
function isOfTakenOff({ way, place, headers }: Facts['site'], { ip }: Passage): boolean {
  const layersOf = (all: readonly Header[]) =>
    all.flatMap(({ protocol, fields }) => (protocol === 'ip' ? [fields] : []));
  const depth = layersOf(headers).length;
  return way.some((each) => {
    if (each.place !== place) return false;
    const layers = layersOf(each.headers);
    const takenOff = layers.slice(0, Math.max(0, layers.length - depth));
    return takenOff.some(({ src, dst }) => src === ip.src && dst === ip.dst);
  });
}

/** Where a base chain sends it on to: what it says itself, or what connection tracking says of it. */
export function translated(told: Passage | undefined): string | undefined {
  if (told?.ending?.verdict !== 'dnat') return undefined;
  const [, in6, in4] = /^(?:\[(.*)\]|([^:]*)(?=:\d|$))/.exec(told.ending.to ?? '') ?? [];
  return in6 || in4 || undefined;
}

/** The route by which a place takes what goes to an address for its own, as it does by that of each of its addresses. */
export const localRoute = (
  { routes, routes6 }: Pick<PlaceState, 'routes' | 'routes6'>,
  address: string,
): RouteState | undefined =>
  (isAddress6(address) ? routes6 : routes).find(
    ({ type, table, dst }) => type === 'local' && table === 'local' && prefixOf(dst).holds(address),
  );

const LIMITED_BROADCAST = '255.255.255.255';

/** Whether what is for an address is for many of its segment, whom a router does not pass it on from (RFC 919, section 7; RFC 1112). */
export const isForMany = (address: string): boolean => address === LIMITED_BROADCAST || isMulticast(address);

/** Whether an address is a group's (RFC 5771; RFC 4291, section 2.7). */
export const isMulticast = (address: string): boolean => /^(22[4-9]|23\d)\.|^ff[\da-f]{2}:/i.test(address);

/** Whether a place takes what goes to an address for its own: one of its addresses, or a broadcast of a network of its. */
export function isOwn({ now }: Pick<Facts, 'now'>, place: string, address: string): boolean {
  const { links = [], routes = [], routes6 = [] } = now.get(place) ?? {};
  return (
    links.some(({ addresses }) => addresses.some((each) => each.address === address)) ||
    routes.some(({ type, dst }) => type === 'broadcast' && dst === address) ||
    localRoute({ routes, routes6 }, address) !== undefined
  );
}
