import { isIp, type Packet } from '../packet/index.ts';
import type { Followed, Own } from './own.ts';
import type { Seen } from './watch.ts';

/** WireGuard pads what it seals to a multiple of 16 bytes, and puts 16 of proof behind it (its white paper, section 5.4.6). */
const BLOCK = 16;
const PROOF = 16;

/** What ESP may put around a packet at most: initialisation vector, padding, trailer and proof (RFC 4303, section 2). */
const MOST_OF_ESP = 16 + 255 + 2 + 64;

/** What carries sealed bytes, and how many; undefined of a packet in the clear. */
function sealOf({ headers }: Packet): { by: string; length: number } | undefined {
  const last = headers.at(-1);
  return last?.protocol === 'encrypted'
    ? { by: headers.at(-2)?.protocol ?? '', length: Number(last.fields.length) }
    : undefined;
}

/** The sealed bytes themselves, with the number that tells them from all others under the same key. */
const wordsOf = (packet: Packet) =>
  `${JSON.stringify(packet.headers.at(-2)?.fields)} ${packet.payload.toString('latin1', 0, 64)}`;

/** Whether sealed bytes may be those of a packet in the clear, by how many they are. */
function mayHold(frame: Seen, clear: Packet): boolean {
  const seal = sealOf(frame.packet());
  const length = Number(clear.headers.find(isIp)?.fields.length ?? 0);
  if (!seal || !length) return false;
  if (seal.by === 'wireguard')
    return seal.length === Math.ceil(length / BLOCK) * BLOCK + PROOF || seal.length === length + PROOF;
  return seal.length >= length && seal.length <= length + MOST_OF_ESP;
}

/**
 * Adds to a packet the frames that carry it sealed, as WireGuard and ESP do: what left a place next after the packet was there in
 * the clear, if its length is right, and all copies of that. Where several are right it cannot be told which it is.
 */
export function withSealed(followed: Followed, seen: Seen[]): Followed {
  const clear = followed.own.filter(({ frame }) => !sealOf(frame.packet()));
  const carried = new Map<Own, Set<string>>();
  for (const frame of seen) {
    if (frame.direction !== 'out' || !sealOf(frame.packet())) continue;
    const last = clear.findLast((each) => each.frame.place === frame.place && each.frame.order < frame.order);
    if (!last || !mayHold(frame, last.frame.packet())) continue;
    carried.set(last, (carried.get(last) ?? new Set()).add(wordsOf(frame.packet())));
  }
  const partOf = new Map<string, Own['part']>();
  let doubt = followed.doubt;
  for (const [{ frame, part }, kinds] of carried) {
    const [words] = kinds;
    if (words !== undefined && kinds.size === 1) partOf.set(words, partOf.get(words) ?? part);
    else
      doubt ??= `${kinds.size} sealed packets of its length left ${frame.place}: it cannot be told which of them carries it`;
  }
  const parts = new Map(followed.own.map(({ frame, part }) => [frame, part]));
  const own = seen.flatMap((frame): Own[] => {
    const part = parts.get(frame) ?? (sealOf(frame.packet()) ? partOf.get(wordsOf(frame.packet())) : undefined);
    return part ? [{ frame, part }] : [];
  });
  return { ...followed, own, ...(doubt && { doubt }) };
}
