import { builtIn, type Registry } from './known.ts';
import type { Header } from './protocol.ts';
import { readBy } from './read.ts';

/** What a frame begins with: an Ethernet header, or none at all, as on tun and ipip devices. */
export type Link = 'ethernet' | 'raw';

export interface Packet {
  /** Outermost first, up to the first that is unknown; one that cannot be read ends them as `malformed`. */
  headers: Header[];
  /** The bytes after the innermost header that was decoded, be it a quoted one; messages are among them. */
  payload: Buffer;
  /** The headers of the packet that an ICMP error reports on, as far as it quotes them. */
  quoted?: Header[];
  /** Why decoding stopped early: the protocol, and what is wrong with its header. */
  malformed?: string;
  /** Why what was read cannot be trusted: a lab’s own protocol, and what its code did. */
  fault?: string;
}

const DEEPEST = 16;

/** Stands where a header cannot be read, so that no stack without it matches; a message may come in pieces. */
const unread = ({ id, message }: { id: string; message?: true }, why: string): Header[] =>
  message ? [] : [{ protocol: 'malformed', fields: { of: id, why } }];

export const outermost = (bytes: Buffer, link: Link, { carriedBy }: Registry = builtIn) =>
  link === 'ethernet' ? carriedBy('wire') : carriedBy('raw', (bytes[0] ?? 0) >> 4);

const stack = (bytes: Buffer, link: Link, registry: Registry): Packet & { quotes?: true } => {
  const headers: Header[] = [];
  let payload = bytes;
  let rest = bytes;
  let protocol = outermost(bytes, link, registry);
  let carrier = link === 'ethernet' ? 'wire' : 'raw';
  while (protocol) {
    const decoded =
      headers.length === DEEPEST ? { malformed: `only ${DEEPEST} headers are read` } : readBy(protocol, rest, carrier);
    if ('fault' in decoded) {
      const { fault: why } = decoded;
      return { headers: [...headers, ...unread(protocol, why)], payload, fault: `${protocol.id}: ${why}` };
    }
    if ('malformed' in decoded) {
      const { malformed: why } = decoded;
      return { headers: [...headers, ...unread(protocol, why)], payload, malformed: `${protocol.id}: ${why}` };
    }
    headers.push({ protocol: protocol.id, fields: decoded.fields });
    rest = decoded.payload;
    if (!protocol.message) payload = rest;
    if (decoded.quotes) return { headers, payload, quotes: true };
    carrier = protocol.id;
    protocol = registry.carriedBy(protocol.id, decoded.next, decoded.source);
  }
  return { headers, payload };
};

/** Reads a frame's headers; never throws, whatever the bytes. Its payload shares the frame's memory. */
export const decode = (frame: Buffer, link: Link, registry: Registry = builtIn): Packet => {
  const packet = stack(frame, link, registry);
  if (!packet.quotes) return packet;
  const { headers, payload } = stack(packet.payload, 'raw', registry);
  // A quotation may end anywhere.
  const quoted = headers.filter(({ protocol }) => protocol !== 'malformed');
  return { headers: packet.headers, payload, quoted };
};
