import { type Link, outermost } from './decode.ts';
import { isIp } from './ip.ts';
import { builtIn, type Registry } from './known.ts';
import { readBy } from './read.ts';

const MACS = 12;
const TAGS = new Set([0x8100, 0x88a8]);

/** Where the checksum lies in headers of which a network card may fill it in, in bytes (netdevice checksum offload). */
const checksums: Record<string, number> = { tcp: 16, udp: 6 };

const DEEPEST = 16;

/**
 * What is the same of a frame at both ends of a wire: its bytes without VLAN tags, without the checksums of TCP and UDP, which
 * offload may fill in after it was captured, and without what was added behind its IP packet to make it long enough.
 */
export function onWire(frame: Buffer, link: Link, registry: Registry = builtIn): string {
  const copy = Buffer.from(frame);
  let end = copy.length;
  let rest: Buffer = copy;
  let protocol = outermost(copy, link, registry);
  let carrier = link === 'ethernet' ? 'wire' : 'raw';
  for (let depth = 0; protocol && depth < DEEPEST; depth++) {
    const decoded = readBy(protocol, rest, carrier);
    if (!('fields' in decoded)) break;
    const { length } = decoded.fields as { length?: number };
    if (isIp({ protocol: protocol.id }) && length) end = Math.min(end, rest.byteOffset - copy.byteOffset + length);
    const checksum = checksums[protocol.id];
    if (checksum !== undefined && rest.length >= checksum + 2) rest.fill(0, checksum, checksum + 2);
    if (decoded.quotes) break;
    rest = decoded.payload;
    carrier = protocol.id;
    protocol = registry.carriedBy(protocol.id, decoded.next, decoded.source);
  }
  let begin = 0;
  if (link === 'ethernet') for (begin = MACS; begin + 4 <= end && TAGS.has(copy.readUInt16BE(begin)); ) begin += 4;
  return copy.toString('latin1', 0, Math.min(MACS, begin)) + copy.toString('latin1', begin, end);
}
