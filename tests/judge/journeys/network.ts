import type { Wires } from '../../../src/judge/observation.ts';
import type { MacLookup } from '../../../src/packet/index.ts';

/** What a device does with a frame: hands it to a wire, to its bridge, to a tunnel, or to the device below it. */
export type DeviceKind = 'wire' | 'bridge' | 'tunnel' | 'upper';

export interface Device {
  kind: DeviceKind;
  place: string;
  name: string;
  /** `PLACE:DEVICE` */
  at: string;
  mac: string;
  /** The other ends of its wire: one, or all that share a segment without a captured switch. */
  peers: Device[];
  /** The bridge that it is a port of. */
  portOf?: Bridge;
  /** The bridge that it is. */
  own?: Bridge;
  lower?: Device;
  uppers: Device[];
  /** The VLAN that an upper device tags with; at a port, the one that it tags. */
  vlan?: number;
  hairpin?: true;
  tunnel?: Tunnel;
}

export interface Bridge {
  device: Device;
  ports: Device[];
  /** It knows no MAC: it floods. */
  cold: boolean;
}

/** One end of a tunnel: the way of its outer packet, and the device where that is unwrapped. */
export interface Tunnel {
  remote: Device;
  stops: Stop[];
  mode: 'vxlan' | 'ipip';
}

/** From a device of one place to one of the next, over one segment. */
export interface Stop {
  out: Device;
  next: Device;
}

export interface Network {
  devices: Device[];
  device(place: string, kind: DeviceKind, stem: string, mac?: string): Device;
  place(stem: string): string;
}

export function network(): Network {
  const devices: Device[] = [];
  const counts = new Map<string, number>();
  const number = (key: string) => {
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return count;
  };
  return {
    devices,
    place: (stem) => `${stem}${number(stem)}`,
    device(place, kind, stem, mac) {
      const name = `${stem}${number(`${place} ${stem}`)}`;
      const own = `02:00:00:00:00:${(devices.length + 1).toString(16).padStart(2, '0')}`;
      const made: Device = { kind, place, name, at: `${place}:${name}`, mac: mac ?? own, peers: [], uppers: [] };
      devices.push(made);
      return made;
    },
  };
}

/** Joins devices to one wire; frames of one arrive at all others. */
export function wire(...ends: Device[]): void {
  for (const end of ends) end.peers = ends.filter((other) => other !== end);
}

export function addPort(bridge: Bridge, port: Device): Device {
  bridge.ports.push(port);
  port.portOf = bridge;
  return port;
}

const isElsewhere = (from: Device) => (other: Device) => other.place !== from.place;

/** What the kernel would say of these devices. */
export function wiresOf({ devices }: Network): { wires: Wires; macOf: MacLookup } {
  const known = new Map(devices.map((device) => [device.at, device]));
  const before: Wires['before'] = (at, direction) => {
    const device = known.get(at);
    if (!device) return [];
    const above = direction === 'in' ? [] : device.uppers;
    const beyond = direction === 'in' ? device.peers : [];
    const below = direction === 'in' && device.lower ? [device.lower] : [];
    return [
      ...beyond.filter(isElsewhere(device)).map((each) => ({ at: each.at, direction: 'out' as const })),
      ...below.filter(isElsewhere(device)).map((each) => ({ at: each.at, direction: 'in' as const })),
      ...above.filter(isElsewhere(device)).map((each) => ({ at: each.at, direction: 'out' as const })),
    ];
  };
  return {
    macOf: (at) => known.get(at)?.mac,
    wires: {
      before,
      takes: (at, mac) => {
        const device = known.get(at);
        return !!device && (!!device.portOf || device.uppers.some((upper) => upper.mac === mac));
      },
      ports: (place, master) =>
        devices.flatMap(({ place: where, name, portOf }) =>
          where === place && portOf?.device.name === master ? [name] : [],
        ),
      isPort: (at) => !!known.get(at)?.portOf,
    },
  };
}
