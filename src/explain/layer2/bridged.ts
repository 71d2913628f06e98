import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { packetThere } from '../packet-there.ts';
import { linkOf, ownersOf } from '../place.ts';
import { devicesOf, routeFor } from '../state/fib.ts';
import type { LinkState } from '../state/place-state.ts';
import { isGroup } from './problem.ts';
import type { Point } from './way.ts';

type End = Pick<Point, 'place' | 'device'>;

/** The Ethernet header of the packet where it was last seen. */
export function lastEther({
  site,
}: Pick<Facts, 'site'>): { src: string; dst: string; tag?: number | undefined } | undefined {
  const fields = site.headers[0]?.protocol === 'ether' && site.last ? site.headers[0].fields : undefined;
  return (
    fields && {
      src: String(fields.src),
      dst: String(fields.dst),
      ...(fields.vlan !== undefined && { tag: Number(fields.vlan) }),
    }
  );
}

/** The bridge that has a device for a port, or is it. */
export function bridgeOf(facts: Pick<Facts, 'now'>, place: string, device: string): LinkState | undefined {
  const link = linkOf(facts, place, device);
  return link?.kind === 'bridge' ? link : link?.masterKind === 'bridge' ? linkOf(facts, place, link.master) : undefined;
}

/**
 * Where a bridge has the packet, as one that it is to pass on to another port and that is not for its own IP layer: the port by which
 * it came. A frame for another MAC is bridged; so is one for the bridge's own whose destination br_netfilter translated to an
 * address behind the same bridge.
 */
export function bridgedFrom(facts: Facts): Point | undefined {
  const { last, way } = facts.site;
  const ether = lastEther(facts);
  if (!last || !ether || isGroup(ether.dst)) return undefined;
  const own = linkOf(facts, last.place, last.device);
  const isPassing = own?.kind === 'bridge' && own.mac !== ether.src;
  const there = last.direction === 'in' || isPassing ? last : facts.site.peer;
  const bridge = there && bridgeOf(facts, there.place, there.device);
  if (!there || !bridge) return undefined;
  const isPort = (device: string) => linkOf(facts, there.place, device)?.master === bridge.name;
  const port = isPort(there.device)
    ? there.device
    : way.findLast(({ place, device, direction }) => place === there.place && direction === 'in' && isPort(device))
        ?.device;
  if (!port || (isLocal(facts, there.place, bridge, ether.dst) && !isTranslatedBack(facts, there.place, bridge)))
    return undefined;
  return { place: there.place, device: port, direction: 'in' };
}

/** Whether a MAC is one of a bridge's own: its address, or that of a port (br_fdb_find_rcu, BR_FDB_LOCAL). */
export function isLocal({ now }: Pick<Facts, 'now'>, place: string, bridge: LinkState, mac: string): boolean {
  const state = now.get(place);
  return (
    bridge.mac === mac ||
    (state?.fdb.some((each) => each.mac === mac && each.words.master === bridge.name && 'permanent' in each.words) ??
      false)
  );
}

/** Whether br_netfilter translated the destination to one that the route leads to by the bridge by which it came. */
function isTranslatedBack(facts: Facts, place: string, bridge: LinkState): boolean {
  const state = facts.now.get(place);
  const packet = packetThere(facts);
  const asked = facts.site.way.find((each) => each.place === place)?.headers.find(({ protocol }) => protocol === 'ip');
  if (!state || !packet || callsIptables(facts, place, bridge) !== true || packet.dst === asked?.fields.dst)
    return false;
  const found = routeFor(state, { dst: packet.dst, src: packet.src, iif: bridge.name });
  return found?.route.type === 'unicast' && devicesOf(found.route).includes(bridge.name);
}

export const CALL_IPTABLES = 'net.bridge.bridge-nf-call-iptables';

/** Whether a bridge's frames pass iptables; undefined where br_netfilter is not loaded, which is no. */
export function callsIptables({ now }: Pick<Facts, 'now'>, place: string, bridge: LinkState): boolean | undefined {
  const setting = now.get(place)?.sysctls[CALL_IPTABLES];
  if (setting === undefined) return undefined;
  return setting === '1' || Number(bridge.data.nf_call_iptables ?? 0) === 1;
}

/** The interfaces of other places that have a MAC; of a bridge's port and the bridge, the bridge. */
export const holdersOf = (
  { now }: Pick<Facts, 'now'>,
  mac: string,
  except?: string,
): { place: string; link: LinkState }[] =>
  [...now].flatMap(([place, { links }]) =>
    links.flatMap((link) =>
      place !== except && link.mac === mac && link.masterKind !== 'bridge' && !isCard(links, link)
        ? [{ place, link }]
        : [],
    ),
  );

/** Whether another interface stands on a link and has the same MAC: a VLAN's card. */
const isCard = (links: LinkState[], { name, mac }: LinkState) =>
  links.some((each) => each.link === name && each.mac === mac && each.kind === 'vlan');

/** To whom a bridged packet goes: who has its MAC, or, once it is translated, its address; else where it was due next. */
export function bridgedTo(facts: Facts): End | undefined {
  const ether = lastEther(facts);
  const from = bridgedFrom(facts) ?? facts.site.last;
  const dst = packetThere(facts, isIp)?.dst;
  if (!ether || !from || dst === undefined) return undefined;
  const [holder] = holdersOf(facts, ether.dst, from.place);
  if (holder) return { place: holder.place, device: holder.link.name };
  const owners = ownersOf(facts, String(dst)).filter(({ place }) => place !== from.place);
  const [owner] = owners;
  if (owner && owners.every(({ place }) => place === owner.place))
    return { place: owner.place, device: owner.link.name };
  const { next } = facts.site;
  return next?.device ? { place: next.place, device: next.device } : undefined;
}
