import type { Header } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { bridgedFrom } from '../layer2/bridged.ts';
import { ownByRoute } from '../own-address.ts';
import { isForMany, isOwn, type PacketThere, packetOf, packetThere } from '../packet-there.ts';
import { largerSetting, ownersOf, settingOf } from '../place.ts';
import { changeOf, routeText } from '../since.ts';
import type { Difference } from '../state/compare.ts';
import type { PlaceState } from '../state/place-state.ts';
import { filteredByPath } from '../way-back.ts';
import type { CauseKind } from './kind.ts';
import { holds, undoing } from './routes.ts';

/** A packet that came to a place's IP layer. */
export interface Arrived {
  place: string;
  state: PlaceState;
  packet: PacketThere;
  iif: string;
}

/** The packet where it came to a place's IP layer and did not go on. */
export const arrivedHere = (facts: Facts, isIt?: (header: Header) => boolean): Arrived | undefined =>
  bridgedFrom(facts) ? undefined : validatedHere(facts, isIt);

/**
 * The packet where a place asked whether it may come from there, and it did not go on: at its IP layer, or on a bridge where its
 * destination was translated (br_nf_pre_routing_finish).
 */
export function validatedHere(facts: Facts, isIt?: (header: Header) => boolean): Arrived | undefined {
  const { place, last } = facts.site;
  const packet = packetThere(facts, isIt);
  const state = facts.now.get(place);
  if (!packet?.iif || !state || last?.direction !== 'in' || isForMany(packet.dst)) return undefined;
  if (bridgedFrom(facts) && !packet.dstBefore) return undefined;
  // What the place has wrapped it in came from nowhere.
  if (packet.src !== packetOf(facts, last, isIt)?.src) return undefined;
  return { place, state, packet, iif: packet.iif };
}

const reversePathFilter: CauseKind = {
  name: 'reverse path filter',
  read: ['RFC 3704', 'ip-sysctl: rp_filter'],
  tell(facts) {
    const here = validatedHere(facts);
    if (!here) return [];
    const { place, state, packet, iif } = here;
    const filtered = filteredByPath(state, iif, { dst: packet.src, src: packet.dst, iif });
    if (!filtered) return [];
    const { setting, text, fix } = filtered;
    const rerouted = routeBack(facts, place, packet.src, iif);
    const confirmed =
      facts.kernelDrops.some((drop) => drop.place === place && drop.reason === 'IP_RPFILTER') ||
      moved(facts, place, 'IPReversePathFilter');
    return [
      {
        sentence: `${place}’s reverse path filter drops it: it came by ${iif}, and ${text} (${setting})`,
        confidence: confirmed ? 'certain' : 'likely',
        place,
        supports: [
          ...(confirmed ? ['the kernel counted a packet that its reverse path filter dropped'] : []),
          ...(rerouted ? [rerouted.sentence] : []),
        ],
        show: [
          { place, command: `sysctl net.ipv4.conf.all.rp_filter ${settingOf(iif, 'rp_filter')}` },
          { place, command: `ip route get ${packet.src}` },
          ...facts.lookups,
        ],
        fix: rerouted ? undoing(place, rerouted) : { place, command: fix },
      },
    ];
  },
};

/** The change of a place's routes since which what comes from an address by an interface does not go back by it. */
export const routeBack = (facts: Facts, place: string, src: string, iif: string): Difference | undefined =>
  changeOf(facts, place, 'route', (each) =>
    each.before
      ? holds(routeText(each, each.before), src) && ` ${each.before} `.includes(` dev ${iif} `)
      : holds(each.after, src),
  );

const moved = ({ moved: all }: Facts, place: string, name: string) =>
  all.some((each) => each.place === place && each.name.endsWith(` ${name}`));

const martianSource: CauseKind = {
  name: 'martian source',
  read: ['RFC 1812, section 5.3.7', 'ip-sysctl: accept_local, log_martians'],
  tell(facts) {
    const here = validatedHere(facts);
    if (!here || !isOwn(facts, here.place, here.packet.src)) return [];
    const { place, state, packet, iif } = here;
    // What a place sends to itself was validated as it left.
    if (iif === 'lo' || largerSetting(state, iif, 'accept_local') || ownByRoute(facts, place, { ...packet, iif }))
      return [];
    const link = state.links.find(({ addresses }) => addresses.some(({ address }) => address === packet.src));
    const own = link?.addresses.find(({ address }) => address === packet.src);
    const isOthers = ownersOf(facts, packet.src).some((each) => each.place !== place);
    const added = changeOf(facts, place, 'address', ({ after }) => after?.startsWith(`${packet.src}/`) === true);
    return [
      {
        sentence: `${place} takes it for a martian: its source ${packet.src} is one of ${place}’s own addresses (${settingOf(iif, 'accept_local')} = 0)`,
        confidence: 'certain',
        place,
        supports: added ? [added.sentence] : [],
        show: [{ place, command: `ip -br address | grep -wF ${packet.src}` }, ...facts.lookups],
        ...(own &&
          (isOthers || added) && {
            fix: { place, command: `ip address del ${own.address}/${own.prefixLength} dev ${link?.name}` },
          }),
      },
    ];
  },
};

const forwardingOff: CauseKind = {
  name: 'forwarding off',
  read: ['ip-sysctl: ip_forward, conf/*/forwarding'],
  tell(facts) {
    const here = arrivedHere(facts);
    // What comes back to its own sender would be a martian if this place forwarded.
    if (!here || [here.packet.dst, here.packet.src].some((each) => isOwn(facts, here.place, each))) return [];
    const { place, state, iif, packet } = here;
    const own = settingOf(iif, 'forwarding');
    const all = 'net.ipv4.ip_forward';
    if (state.sysctls[own] !== '0') return [];
    const key = state.sysctls[all] === '0' ? all : own;
    const scope = key === all ? 'nothing at all' : `nothing that comes by ${iif}`;
    return [
      {
        sentence: `${place} forwards ${scope} (${key} = 0), and ${packet.dst} is none of its own addresses`,
        confidence: 'certain',
        place,
        show: [{ place, command: `sysctl ${all} ${own}` }, ...facts.lookups],
        fix: { place, command: `sysctl -w ${key}=1` },
      },
    ];
  },
};

/** A broadcast of another subnet goes on only where both settings say so (IN_DEV_BFORWARD, linux/inetdevice.h). */
const broadcastForwardingOff: CauseKind = {
  name: 'broadcast forwarding off',
  read: ['ip-sysctl: bc_forwarding', 'RFC 2644'],
  tell(facts) {
    const here = arrivedHere(facts);
    const route = here?.state.routes.find(({ type, dst }) => type === 'broadcast' && dst === here.packet.dst);
    if (!here || !route || route.words.dev === here.iif) return [];
    const { place, state, iif, packet } = here;
    const settings = [settingOf('all', 'bc_forwarding'), settingOf(iif, 'bc_forwarding')];
    const off = settings.filter((each) => state.sysctls[each] === '0');
    if (!off.length) return [];
    return [
      {
        sentence: `${place} keeps what is for everybody in the subnet of ${route.words.dev}, ${packet.dst}: it forwards no broadcasts that come by ${iif} (${off.map((each) => `${each} = 0`).join(', ')})`,
        confidence: 'certain',
        place,
        show: [{ place, command: `sysctl ${settings.join(' ')}` }, ...facts.lookups],
        fix: { place, command: `sysctl -w ${off.map((each) => `${each}=1`).join(' ')}` },
      },
    ];
  },
};

export const forwarding: CauseKind[] = [reversePathFilter, martianSource, forwardingOff, broadcastForwardingOff];
