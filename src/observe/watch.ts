import { hookedPlaces } from '../plan/plan.ts';
import { watched } from '../lab/read.ts';
import { decode, type Link as LinkLayer, type Packet } from '../packet/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { Frame, Interface, Runtime, Trace } from '../runtime/runtime.ts';

/** A frame with the name of the interface that saw it. */
export interface Seen extends Frame {
  at: string;
  /** Whether the interface is a port of a bridge. */
  port: boolean;
  /** Its number among all that its place captured. */
  order: number;
  packet(): Packet;
}

/** The eyes of a lab: a capture on every interface of every node and pod, switches apart. */
export interface Watch {
  /** Reads again which interfaces there are: after a command may have changed them. */
  refresh(places?: string[]): Promise<void>;
  /** What was seen since the last drain, what netfilter told, and where the kernel had to drop some of it. */
  drain(): Promise<{ seen: Seen[]; traces: Trace[]; dropped: string[] }>;
  macOf(point: string): string | undefined;
  /** The name of an interface. */
  nameOf(place: string, index: number): string | undefined;
  /** Every point that is watched now. */
  points(): { at: string; link: LinkLayer }[];
}

const PATIENCE_MS = 5000;

// ARPHRD_ETHER, ARPHRD_LOOPBACK (if_arp.h): devices whose frames begin with an Ethernet header.
const ethernet = new Set([1, 772]);

export interface WatchOptions {
  bufferBytes?: number | undefined;
  /** Is told all that is seen, as it is drained. */
  record?: ((seen: Seen[]) => void) | undefined;
}

/** The link layer of a frame's interface. */
export const linkOf = ({ hardwareType }: Frame): LinkLayer => (ethernet.has(hardwareType) ? 'ethernet' : 'raw');

export async function watch(runtime: Runtime, plan: Plan, { bufferBytes, record }: WatchOptions = {}): Promise<Watch> {
  const places = watched(plan);
  const everywhere = [
    ...places,
    ...plan.nodes.flatMap(({ name }) => (!places.includes(name) && runtime.has(name) ? [name] : [])),
  ];
  const interfaces = new Map<string, Map<number, Interface>>();
  const orders = new Map<string, number>();

  const refresh = async (which: string[] = places) => {
    for (const [place, list] of await runtime.interfaces(which))
      interfaces.set(place, new Map(list.map((each) => [each.index, each])));
  };

  /** Whether both ends of every cable that are switched on have come up, so that no frame is dropped for that. */
  const cablesUp = () =>
    plan.links.every(({ ends }) => {
      const devices = ends.flatMap((end) =>
        [...(interfaces.get(end.place)?.values() ?? [])].filter(({ name }) => name === end.interface),
      );
      return devices.some(({ isOn }) => !isOn) || devices.every(({ isUp }) => isUp);
    });

  const [capture] = await Promise.all([
    runtime.listen(places, { traced: hookedPlaces(plan.walks), ...(bufferBytes && { bufferBytes }) }),
    refresh(everywhere),
  ]);

  const late = performance.now() + PATIENCE_MS;
  while (!cablesUp() && performance.now() < late) await refresh(everywhere);

  const name = (frame: Frame): Seen => {
    const device = interfaces.get(frame.place)?.get(frame.ifindex);
    const order = orders.get(frame.place) ?? 0;
    orders.set(frame.place, order + 1);
    let packet: Packet | undefined;
    return {
      ...frame,
      at: `${frame.place}:${device?.name ?? `interface ${frame.ifindex}`}`,
      port: device?.masterKind === 'bridge',
      order,
      packet: () => {
        packet ??= decode(frame.bytes, linkOf(frame));
        return packet;
      },
    };
  };

  return {
    refresh,
    async drain() {
      const { frames, traces, drops } = await capture.drain();
      const strange = new Set(frames.filter((f) => !interfaces.get(f.place)?.has(f.ifindex)).map(({ place }) => place));
      if (strange.size) await refresh([...strange]);
      const seen = frames.map(name);
      record?.(seen);
      return { seen, traces, dropped: Object.keys(drops).filter((place) => drops[place]! > 0) };
    },
    macOf(point) {
      const at = point.indexOf(':');
      const list = interfaces.get(point.slice(0, at))?.values() ?? [];
      return [...list].find(({ name }) => name === point.slice(at + 1))?.address;
    },
    nameOf: (place, index) => interfaces.get(place)?.get(index)?.name,
    points: () =>
      places.flatMap((place) =>
        [...(interfaces.get(place)?.values() ?? [])].map(({ name, hardwareType }) => ({
          at: `${place}:${name}`,
          link: ethernet.has(hardwareType) ? ('ethernet' as const) : ('raw' as const),
        })),
      ),
  };
}
