import type { Wires } from '../judge/observation.ts';
import { watched } from '../lab/read.ts';
import { decode, type Link as LinkLayer, type Packet } from '../packet/index.ts';
import type { Plan } from '../plan/plan.ts';
import { protocolsOf } from '../plan/registry.ts';
import type { Frame, Ignored, Interface, KernelDrop, Runtime, Trace } from '../runtime/runtime.ts';
import { namespaces } from './namespaces.ts';
import { vethPeers, wiresOf } from './wires.ts';

/** A frame with the name of the interface that saw it. */
export interface Seen extends Frame {
  /** `PLACE:DEVICE` */
  at: string;
  device: string;
  /** Its number among all that its place captured. */
  order: number;
  packet(): Packet;
}

/** The eyes of a lab: a capture on every interface of every node and pod, switches apart. */
export interface Watch {
  /** Reads again which interfaces there are: after a command may have changed them. */
  refresh(places?: string[]): Promise<void>;
  /** Has what netfilter tells captured too, from now on, at some of the places. */
  trace(places: readonly string[]): Promise<void>;
  /** Notes from now on which packets the kernel drops at some places; says in a sentence why it cannot, if so. */
  watchDrops(places: readonly string[]): Promise<string | undefined>;
  /** What the kernel dropped there since the last call. */
  kernelDrops(): Promise<KernelDrop[]>;
  /** Leaves some frames out from now on, all or none, so that a busy wire leaves room for others; none where all is recorded. */
  ignore(ignored?: Ignored | 'all'): Promise<void>;
  /** Whether a process may carry packets, by a device of tun or tap. */
  hasTun(): boolean;
  /** What was seen since the last drain, what netfilter told, and where the kernel had to drop some of it. */
  drain(): Promise<{ seen: Seen[]; traces: Trace[]; dropped: string[] }>;
  /** What leads from interface to interface now. */
  wires(): Wires;
  interfacesOf(place: string): readonly Interface[];
  /** The other end of a veth pair, or of a cable, where that is a place whose interfaces are known. */
  peerOf(at: string): string | undefined;
  macOf(point: string): string | undefined;
  /** The name of an interface. */
  nameOf(place: string, index: number): string | undefined;
  /** Every point that is watched now. */
  points(): { at: string; link: LinkLayer }[];
  /** Every place whose interfaces are known: those that are watched, and switches that are more than wire. */
  places: readonly string[];
}

// ARPHRD_ETHER, ARPHRD_LOOPBACK (if_arp.h): devices whose frames begin with an Ethernet header.
const ethernet = new Set([1, 772]);

export interface WatchOptions {
  bufferBytes?: number | undefined;
  /** Is told all that is seen, as it is drained. */
  record?: ((seen: Seen[]) => void) | undefined;
}

/** The link layer of a frame's interface. */
export const linkOf = ({ hardwareType }: Pick<Frame, 'hardwareType'>): LinkLayer =>
  ethernet.has(hardwareType) ? 'ethernet' : 'raw';

export async function watch(runtime: Runtime, plan: Plan, { bufferBytes, record }: WatchOptions = {}): Promise<Watch> {
  const registry = protocolsOf(plan);
  const places = watched(plan);
  const everywhere = [
    ...places,
    ...plan.nodes.flatMap(({ name }) => (!places.includes(name) && runtime.has(name) ? [name] : [])),
  ];
  const interfaces = new Map<string, readonly Interface[]>();
  const orders = new Map<string, number>();
  const known = namespaces(runtime);
  let wires: Wires | undefined;
  let pairs: Map<string, string> | undefined;

  const refresh = async (which: string[] = everywhere) => {
    for (const [place, list] of await runtime.interfaces(which)) interfaces.set(place, list);
    await known.learn(interfaces);
    wires = pairs = undefined;
  };
  const nameOf = (place: string, index: number) => interfaces.get(place)?.find((each) => each.index === index)?.name;

  const [capture] = await Promise.all([runtime.listen(places, bufferBytes ? { bufferBytes } : {}), refresh()]);

  const named = (frame: Frame): Seen => {
    const device = nameOf(frame.place, frame.ifindex) ?? `interface ${frame.ifindex}`;
    const order = orders.get(frame.place) ?? 0;
    orders.set(frame.place, order + 1);
    let packet: Packet | undefined;
    return {
      ...frame,
      device,
      at: `${frame.place}:${device}`,
      order,
      packet: () => {
        packet ??= decode(frame.bytes, linkOf(frame), registry);
        return packet;
      },
    };
  };

  return {
    refresh,
    trace: (some) => capture.trace(some),
    watchDrops: (some) => capture.watchDrops(some),
    kernelDrops: () => capture.kernelDrops(),
    async ignore(ignored) {
      if (!record) await capture.ignore(ignored);
    },
    hasTun: () => [...interfaces.values()].some((list) => list.some(({ kind }) => kind === 'tun')),
    async drain() {
      const { frames, traces, drops } = await capture.drain();
      const strange = new Set(frames.flatMap(({ place, ifindex }) => (nameOf(place, ifindex) ? [] : [place])));
      if (strange.size) await refresh([...strange]);
      const seen = frames.map(named);
      record?.(seen);
      return { seen, traces, dropped: Object.keys(drops).filter((place) => drops[place]! > 0) };
    },
    wires() {
      wires ??= wiresOf(interfaces, known.placeOf, plan);
      return wires;
    },
    interfacesOf: (place) => interfaces.get(place) ?? [],
    peerOf(at) {
      pairs ??= vethPeers(interfaces, known.placeOf);
      const end = pairs.get(at) ?? cableEnd(plan, at);
      return end && everywhere.includes(end.split(':')[0]!) ? end : undefined;
    },
    macOf(point) {
      const at = point.indexOf(':');
      return interfaces.get(point.slice(0, at))?.find(({ name }) => name === point.slice(at + 1))?.address;
    },
    nameOf,
    points: () =>
      places.flatMap((place) =>
        (interfaces.get(place) ?? []).map((device) => ({ at: `${place}:${device.name}`, link: linkOf(device) })),
      ),
    places: everywhere,
  };
}

function cableEnd({ links }: Pick<Plan, 'links'>, at: string): string | undefined {
  const ends = links.map((link) => link.ends.map(({ place, interface: device }) => `${place}:${device}`));
  return ends.flatMap(([a, b]) => (a === at ? [b!] : b === at ? [a!] : []))[0];
}
