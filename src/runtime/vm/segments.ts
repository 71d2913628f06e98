/** A machine to boot. */
export interface Wanted {
  name: string;
  /** One per network card besides the management one: the Ethernet segment that it is plugged into. */
  nics: { segment: string }[];
}

/**
 * QEMU's words for each machine's cards net1, net2, ...; run in a machine's own folder, next to those of the others.
 * The two ends of a segment send each other datagrams. A segment with more ends has its hub in the first machine's QEMU,
 * which each other end sends datagrams to. Unlike a stream, that lets a machine end and come back at any time.
 */
export function segmentWords(wanted: Wanted[]): string[][] {
  const words: string[][] = wanted.map(() => []);
  [...ends(wanted).values()].forEach((list, hub) => {
    const [first, ...others] = list;
    const add = (machine: number, option: string) => words[machine]!.push('-netdev', option);
    if (others.length === 1) {
      const [other] = others;
      add(first!.machine, datagram(first!.id, first!.id, wanted[other!.machine]!.name, other!.id));
      add(other!.machine, datagram(other!.id, other!.id, wanted[first!.machine]!.name, first!.id));
      return;
    }
    add(first!.machine, `hubport,id=${first!.id},hubid=${hub}`);
    for (const { machine, id } of others) {
      const cable = `${wanted[machine]!.name}-${id}`;
      add(first!.machine, datagram(`hub${hub}-${cable}`, cable, wanted[machine]!.name, id));
      add(first!.machine, `hubport,id=port${hub}-${cable},hubid=${hub},netdev=hub${hub}-${cable}`);
      add(machine, datagram(id, id, wanted[first!.machine]!.name, cable));
    }
  });
  return words;
}

interface End {
  machine: number;
  /** QEMU's name of the card's other end. */
  id: string;
}

function ends(wanted: Wanted[]): Map<string, End[]> {
  const segments = new Map<string, End[]>();
  wanted.forEach(({ nics }, machine) => {
    nics.forEach(({ segment }, i) => {
      segments.set(segment, [...(segments.get(segment) ?? []), { machine, id: `net${i + 1}` }]);
    });
  });
  return segments;
}

/** Paths are relative: the path of a socket may have no more than 107 characters (unix(7)). */
const datagram = (id: string, local: string, machine: string, remote: string) =>
  `dgram,id=${id},local.type=unix,local.path=${local}.socket,remote.type=unix,remote.path=../${machine}/${remote}.socket`;
