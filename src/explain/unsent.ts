import type { Sighting } from '../judge/observation.ts';
import { flagged, flowOf } from '../observe/identity.ts';
import type { Seen } from '../observe/watch.ts';
import { internetChecksum, withChecksum } from '../packet/checksum.ts';
import type { Header } from '../packet/index.ts';

/** A segment of a connection that its end would send and that was never seen: where that is, and an IP packet like it. */
export interface Unsent {
  place: string;
  packet: Buffer;
}

const HEADERS = 40;
const [ACK, PUSH_AND_ACK] = [0x10, 0x18];

/**
 * What an end of a TCP connection may have been kept from sending, at a place or at any: both ends that were never seen to send
 * data, the client first. The segments repeat what the other end has acknowledged, or bear nothing, so that one which gets there
 * changes nothing (RFC 9293, section 3.10.7.4).
 */
export function unsentOf(
  sightings: readonly Sighting[],
  seen: readonly Seen[],
  at?: { place: string; isData: boolean },
): Unsent[] {
  const [syn, accepted] = (['request', 'reply'] as const).map((part) =>
    sightings.findLast((each) => each.part === part && each.direction === 'in'),
  );
  return [accepted, syn].flatMap((heard): Unsent[] => {
    const tcp = heard && tcpOf(heard.headers);
    const other = heard === syn ? accepted : syn;
    if (!heard || !tcp || !other || (at && at.place !== heard.place)) return [];
    const isSpoken = seen.some(
      (frame) =>
        frame.place === heard.place &&
        frame.direction === 'out' &&
        frame.packet().payload.length > 0 &&
        flowOf(frame.packet())?.flow === flowBack(heard) &&
        !flagged(frame.packet(), 'S', 'R'),
    );
    const packet = isSpoken && !at ? undefined : answering(heard, tcpOf(other.headers), at?.isData ?? true);
    return packet ? [{ place: heard.place, packet }] : [];
  });
}

const tcpOf = (headers: readonly Header[]) => headers.findLast(({ protocol }) => protocol === 'tcp')?.fields;
const ipOf = (headers: readonly Header[]) => headers.findLast(({ protocol }) => protocol === 'ip')?.fields;

const flowBack = ({ headers }: Sighting): string | undefined => flowOf({ headers, payload: Buffer.alloc(0) })?.back;

/** The IPv4 packet by which who heard a segment answers it, with what it sent before as its number. */
function answering({ headers }: Sighting, own: Header['fields'] | undefined, isData: boolean): Buffer | undefined {
  const [ip, tcp] = [ipOf(headers), tcpOf(headers)];
  if (!ip || !tcp || !own) return undefined;
  const packet = Buffer.alloc(HEADERS + (isData ? 1 : 0));
  packet.set([0x45, 0, 0, packet.length], 0);
  packet.set([0x40, 0, 64, 6], 6);
  packet.set([...addressBytes(ip.dst), ...addressBytes(ip.src)], 12);
  packet.writeUInt16BE(internetChecksum(packet.subarray(0, 20)), 10);
  packet.writeUInt16BE(Number(tcp.dst), 20);
  packet.writeUInt16BE(Number(tcp.src), 22);
  packet.writeUInt32BE((Number(own.seq) + (isData ? 0 : 1)) % 2 ** 32, 24);
  packet.writeUInt32BE((Number(tcp.seq) + 1) % 2 ** 32, 28);
  packet.set([0x50, isData ? PUSH_AND_ACK : ACK, 0xff, 0xff], 32);
  return withChecksum(packet);
}

const addressBytes = (address: unknown) => String(address).split('.').map(Number);
