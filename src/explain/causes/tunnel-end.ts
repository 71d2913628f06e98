import { askedThrough } from '../asked-through.ts';
import type { Facts } from '../facts.ts';
import { isOwn } from '../packet-there.ts';
import { linkOf } from '../place.ts';
import type { LinkState, PlaceState } from '../state/place-state.ts';
import { isTunnel, isUp, tunnelOf, tunnelsOf, type Wrapping, wrapper, wrappingOf } from '../tunnel.ts';
import type { Told } from './kind.ts';

/** A packet that came to the far end of its tunnel, and was not unwrapped there. */
export interface Wrapped {
  facts: Facts;
  place: string;
  state: PlaceState;
  wrapping: Wrapping;
  /** Devices of its kind there. */
  devices: LinkState[];
}

export function wrappedHere(given: Facts): Wrapped | undefined {
  const facts = askedThrough(given) ?? given;
  const { place, last, headers } = facts.site;
  const wrapping = wrappingOf(headers);
  const state = facts.now.get(place);
  if (!wrapping || !state || last?.direction !== 'in' || isTunnel(linkOf(facts, place, last.device))) return undefined;
  if (!isOwn(facts, place, wrapping.dst)) return undefined;
  return {
    facts,
    place,
    state,
    wrapping,
    devices: [...new Set([...tunnelsOf(state, wrapping.kind).filter(isOf4), ...listed(facts, wrapping)])],
  };
}

/** Whether a tunnel goes by IPv4, as all that is told of here does. */
const isOf4 = ({ data }: LinkState) => !['local6', 'remote6', 'group6'].some((end) => end in data);

/** The device that the walk lists next, where it is one of the kind: it is meant, be it the kernel's own. */
function listed(facts: Facts, { kind }: Wrapping): LinkState[] {
  const { place, next } = facts.site;
  const link = next?.place === place ? linkOf(facts, place, next.device) : undefined;
  return link?.kind === kind ? [link] : [];
}

export const names = { vxlan: 'VXLAN', geneve: 'Geneve', gre: 'GRE', gretap: 'GRE', ipip: 'IP in IP' } as const;
const overUdp = (kind: Wrapping['kind']) => kind === 'vxlan' || kind === 'geneve';

/** Who wrapped it, as a person says it: `m1’s flan`. */
export const wrappedBy = (facts: Facts) => {
  const by = wrapper(facts);
  return by ? `${by.place}’s ${by.link.name}` : 'its sender';
};

export const showing = (place: string, { name }: LinkState) => ({ place, command: `ip -d link show dev ${name}` });

export const alsoShowing = (facts: Facts): Told['show'] => {
  const by = wrapper(facts);
  return by ? [showing(by.place, by.link)] : [];
};

/** In what a tunnel device differs from how a packet is wrapped. */
export interface Mismatch {
  name: string;
  /** What ip(8) calls it, what the device has, and what the packet has. */
  word: string;
  device: string;
  packet: string;
  read: string[];
}

function mismatches(link: LinkState, { kind, src, dst, port, vni, key }: Wrapping): Mismatch[] {
  const has = tunnelOf(link);
  const found: (Mismatch | false)[] = [
    overUdp(kind) &&
      has.port !== port && {
        name: 'tunnel port differs',
        word: 'dstport',
        device: String(has.port),
        packet: `UDP port ${port}`,
        read: ['ip-link(8), VXLAN', 'RFC 7348'],
      },
    overUdp(kind) &&
      has.vni !== vni && {
        name: 'tunnel id differs',
        word: 'id',
        device: String(has.vni),
        packet: `VNI ${vni}`,
        read: ['ip-link(8), VXLAN', 'RFC 7348, section 4'],
      },
    (kind === 'gre' || kind === 'gretap') &&
      has.key !== key && {
        name: 'tunnel key differs',
        word: has.key === undefined ? 'no key' : 'key',
        device: has.key === undefined ? '' : String(has.key),
        packet: key === undefined ? 'no key' : `key ${key}`,
        read: ['ip-tunnel(8)', 'RFC 2890'],
      },
    // A VXLAN device takes what comes from any end.
    kind !== 'vxlan' &&
      has.remote !== undefined &&
      has.remote !== src && {
        name: 'tunnel remote differs',
        word: 'remote',
        device: has.remote,
        packet: `source ${src}`,
        read: ['ip-tunnel(8)'],
      },
    !overUdp(kind) &&
      has.local !== undefined &&
      has.local !== dst && {
        name: 'tunnel local differs',
        word: 'local',
        device: has.local,
        packet: `destination ${dst}`,
        read: ['ip-tunnel(8)'],
      },
  ];
  return found.filter((each): each is Mismatch => each !== false);
}

/** What the kernel makes with the module of a tunnel, and that takes what no other device does once it is up. */
const isFallback = ({ name }: LinkState) => /^(tunl|gre|gretap)0$/.test(name);
const UNUSED = 8;

/** The device that was meant, and in what it differs: the one that differs least. */
export function meant({ devices, wrapping }: Wrapped): { link: LinkState; differs: Mismatch[] } | undefined {
  const all = devices.map((link) => ({ link, differs: mismatches(link, wrapping) }));
  const rank = ({ link, differs }: (typeof all)[number]) =>
    differs.length * 2 + (isUp(link) ? 0 : isFallback(link) && all.length > 1 ? UNUSED : 1);
  return all.sort((a, b) => rank(a) - rank(b))[0];
}
