import { addPort, type Bridge, type Device, type Network, type Stop, type Tunnel, wire } from './network.ts';
import type { Tape } from './tape.ts';

/** What joins places on layer 2. */
interface Segment {
  /** Joins a place to it; the device by which the place sends and receives. */
  attach(place: string): Device;
  /** Whether a third place may join, as a router on a stick needs it. */
  open: boolean;
}

export const reversed = (stops: readonly Stop[]): Stop[] =>
  stops.map(({ out, next }) => ({ out: next, next: out })).reverse();

/** A way from one place to another: routers between them, and a segment from each to the next. `depth` counts tunnels. */
export function way(tape: Tape, net: Network, from: string, to: string, depth: number): Stop[] {
  const routers = Array.from({ length: tape.below(depth ? 2 : 4) }, () => net.place('router'));
  const places = [from, ...routers, to];
  const stops: Stop[] = [];
  let last: { segment: Segment; device: Device } | undefined;
  places.slice(1).forEach((place, i) => {
    const here = places[i] ?? from;
    if (last?.segment.open && tape.chance(30)) {
      const next = last.segment.attach(place);
      stops.push({ out: last.device, next });
      last = { segment: last.segment, device: next };
      return;
    }
    const segment = makeSegment(tape, net, depth);
    const out = segment.attach(here);
    const next = segment.attach(place);
    stops.push({ out, next });
    last = { segment, device: next };
  });
  return stops;
}

function makeSegment(tape: Tape, net: Network, depth: number): Segment {
  const kinds = ['cable', 'lan', 'hub', 'lan', ...(depth ? [] : ['tunnel'])] as const;
  const kind = tape.pick(kinds);
  if (kind === 'tunnel') return tunnelSegment(tape, net, depth);
  if (kind === 'lan') return lanSegment(tape, net, depth);
  return wireSegment(net, kind === 'hub');
}

function wireSegment(net: Network, open: boolean): Segment {
  const members: Device[] = [];
  return {
    open,
    attach(place) {
      members.push(net.device(place, 'wire', 'eth'));
      wire(...members);
      return members.at(-1) as Device;
    },
  };
}

function tunnelSegment(tape: Tape, net: Network, depth: number): Segment {
  const mode = tape.pick(['vxlan', 'ipip'] as const);
  let first: Device | undefined;
  return {
    open: false,
    attach(place) {
      const device = net.device(place, 'tunnel', mode === 'vxlan' ? 'vxlan' : 'tunl');
      if (first) joinByTunnel(tape, net, first, device, mode, depth);
      first = device;
      return device;
    },
  };
}

function joinByTunnel(tape: Tape, net: Network, a: Device, b: Device, mode: Tunnel['mode'], depth: number) {
  const stops = way(tape, net, a.place, b.place, depth + 1);
  a.tunnel = { remote: b, stops, mode };
  b.tunnel = { remote: a, stops: reversed(stops), mode };
}

/** Bridges in a tree, and what is joined to them: by cable, by a device on another, by a bridge of one's own. */
function lanSegment(tape: Tape, net: Network, depth: number): Segment {
  const bridges: Bridge[] = [];
  const parents: Device[] = [];
  const addBridge = (place: string): Bridge => {
    const device = net.device(place, 'bridge', 'br');
    const bridge: Bridge = { device, ports: [], cold: tape.chance(35) };
    device.own = bridge;
    const other = bridges.length ? tape.pick(bridges) : undefined;
    bridges.push(bridge);
    if (other) joinBridges(bridge, other);
    return bridge;
  };
  const joinBridges = (a: Bridge, b: Bridge) => {
    const isOverlay = !depth && a.device.place !== b.device.place && tape.chance(35);
    const ends = [a, b].map((each) =>
      addPort(each, net.device(each.device.place, isOverlay ? 'tunnel' : 'wire', isOverlay ? 'vxlan' : 'uplink')),
    ) as [Device, Device];
    if (isOverlay) joinByTunnel(tape, net, ...ends, 'vxlan', depth);
    else wire(...ends);
  };
  const someBridge = () => (bridges.length ? tape.pick(bridges) : addBridge(net.place('switch')));
  const plug = (device: Device): Device => {
    const bridge = someBridge();
    const port = addPort(bridge, net.device(bridge.device.place, 'wire', 'veth'));
    wire(device, port);
    return port;
  };
  const stack = (place: string): Device => {
    const shared = parents.length && tape.chance(50) ? tape.pick(parents) : undefined;
    const isVlan = !shared && tape.chance(40);
    const parent = shared ?? net.device(tape.chance(60) ? net.place('host') : place, 'wire', 'phys');
    const port = shared ? shared.peers[0] : plug(parent);
    const upper = net.device(place, 'upper', isVlan ? 'vlan' : 'macvlan', isVlan ? parent.mac : undefined);
    upper.lower = parent;
    parent.uppers.push(upper);
    if (isVlan && port) upper.vlan = port.vlan = 10;
    if (!isVlan && !shared) parents.push(parent);
    if (shared && port) port.hairpin = true;
    return upper;
  };
  for (let more = tape.below(3); more > 0; more--) addBridge(net.place('switch'));
  for (let more = tape.below(3); more > 0; more--) plug(net.device(net.place('bystander'), 'wire', 'eth'));
  return {
    open: true,
    attach(place) {
      const kind = tape.pick(['cable', 'own', 'upper', 'cable'] as const);
      if (kind === 'upper') return stack(place);
      if (kind === 'own') return addBridge(place).device;
      const device = net.device(place, 'wire', 'eth');
      plug(device);
      return device;
    },
  };
}
