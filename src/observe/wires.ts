import type { Wires } from '../judge/observation.ts';
import { peers, type Wiring } from '../plan/cables.ts';
import type { Interface } from '../runtime/runtime.ts';

/** The interfaces of each place, as its kernel lists them. */
export type Interfaces = ReadonlyMap<string, readonly Interface[]>;

/** Which place a place's kernel means by the number that it gave a namespace; undefined for one that is no place of the lab. */
export type PlaceOfNetns = (place: string, netnsid: number) => string | undefined;

/** Devices that hand frames on as they are to what they stand on; a tunnel wraps them. */
const sharing = new Set(['macvlan', 'macvtap', 'ipvlan', 'ipvtap', 'vlan']);

const bridges = new Set(['bridge', 'openvswitch']);

/** Masters that take no frame but their own, and what stands on them, or has them for a port, wants. */
const bundles = new Set(['bond', 'team']);

const isMasterOf =
  ({ master }: Interface) =>
  ({ index }: Interface) =>
    index === master;

const pointOf = (place: string, { name }: Interface) => `${place}:${name}`;

/** Finds the device that a veth ends at, or that an interface stands on. */
function linked(interfaces: Interfaces, placeOf: PlaceOfNetns) {
  return (place: string, { link }: Interface): { place: string; device: Interface } | undefined => {
    if (!link) return undefined;
    const home = link.netnsid === undefined ? place : placeOf(place, link.netnsid);
    const device = home === undefined ? undefined : interfaces.get(home)?.find(({ index }) => index === link.index);
    return home !== undefined && device ? { place: home, device } : undefined;
  };
}

/** The other end of each veth pair, as the kernel says, whoever made it; by `PLACE:DEVICE`. */
export function vethPeers(interfaces: Interfaces, placeOf: PlaceOfNetns): Map<string, string> {
  const far = linked(interfaces, placeOf);
  return new Map(
    [...interfaces].flatMap(([place, list]) =>
      list.flatMap((device) => {
        const end = device.kind === 'veth' ? far(place, device) : undefined;
        return end?.device.kind === 'veth' ? [[pointOf(place, device), pointOf(end.place, end.device)] as const] : [];
      }),
    ),
  );
}

/**
 * What leads from interface to interface: veth pairs and stacked devices from the kernel (IFLA_LINK, IFLA_MASTER, rtnetlink(7)),
 * and the lab's cables, which may lie where no kernel of the lab's knows them.
 */
export function wiresOf(interfaces: Interfaces, placeOf: PlaceOfNetns, cables: Wiring): Wires {
  const far = linked(interfaces, placeOf);
  const pairs = vethPeers(interfaces, placeOf);
  const reach = peers(cables);
  const devices = new Map(
    [...interfaces].flatMap(([place, list]) =>
      list.map((device) => [pointOf(place, device), { place, device }] as const),
    ),
  );
  const above = new Map<string, { at: string; place: string; device: Interface }[]>();
  for (const [at, { place, device }] of devices) {
    const lower = sharing.has(device.kind ?? '') ? far(place, device) : undefined;
    if (!lower) continue;
    const below = pointOf(lower.place, lower.device);
    above.set(below, [...(above.get(below) ?? []), { at, place, device }]);
  }
  const lowerOf = new Map([...above].flatMap(([below, list]) => list.map(({ at }) => [at, below] as const)));
  const placeAt = (at: string) => at.slice(0, at.indexOf(':'));

  const leading = (at: string, direction: 'in' | 'out') => {
    const lower = lowerOf.get(at);
    if (direction === 'out') return (above.get(at) ?? []).map((upper) => ({ at: upper.at, direction }));
    const peer = pairs.get(at);
    const siblings = lower ? above.get(lower)!.filter((other) => other.at !== at) : [];
    return [...new Set([...(peer ? [peer] : []), ...reach(at)]).values(), ...siblings.map((other) => other.at)]
      .map((from): { at: string; direction: 'in' | 'out' } => ({ at: from, direction: 'out' }))
      .concat(lower ? [{ at: lower, direction: 'in' }] : []);
  };

  const takes = (at: string, mac: string | undefined): boolean => {
    const { place, device } = devices.get(at) ?? {};
    const master = device?.master === undefined ? undefined : interfaces.get(place!)?.find(isMasterOf(device));
    if (device?.master !== undefined && !bundles.has(device.masterKind ?? ''))
      return device.masterKind !== 'vrf' || standing(at, mac);
    if (master && (master.address === mac || takes(pointOf(place!, master), mac))) return true;
    return standing(at, mac);
  };
  const standing = (at: string, mac: string | undefined) =>
    mac !== undefined && (above.get(at) ?? []).some((upper) => upper.device.address === mac || takes(upper.at, mac));

  return {
    before: (at, direction) => leading(at, direction).filter((from) => placeAt(from.at) !== placeAt(at)),
    takes,
    ports(place, master) {
      const list = interfaces.get(place) ?? [];
      const index = list.find(({ name }) => name === master)?.index;
      return index === undefined ? [] : list.flatMap((port) => (port.master === index ? [port.name] : []));
    },
    isPort: (at) => bridges.has(devices.get(at)?.device.masterKind ?? ''),
  };
}
