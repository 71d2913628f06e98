import { type Header, isIcmp, isIp, type Packet } from '../packet/index.ts';
import type { Seen } from './watch.ts';

/** So many bytes of a payload tell one packet from the next; of a large one a fragment has no more. */
const TOLD_BY = 256;

/** The innermost header of a protocol. */
export const innermost = ({ headers }: Pick<Packet, 'headers'>, protocol: string): Header['fields'] | undefined =>
  headers.findLast((each) => each.protocol === protocol)?.fields;

export const flagged = (packet: Packet, ...letters: string[]): boolean => {
  const flags = String(innermost(packet, 'tcp')?.flags ?? '');
  return letters.some((letter) => flags.includes(letter));
};

/** What carries a packet's own words, innermost: messages of DNS and the like are told by the bytes that bear them. */
const carrier = ({ headers }: Packet): Header | undefined =>
  headers.findLast(({ protocol }) => ['icmp', 'icmp6', 'tcp', 'udp'].includes(protocol));

/**
 * What stays the same of a packet through translation and tunnels: the sequence number of TCP (RFC 9293), the payload of UDP, the
 * sequence number and payload of an echo (RFC 792, RFC 4443). Undefined for what has nothing of the kind. An empty datagram is told by the
 * port that it was sent from, a refusal also by what it acknowledges: its sequence number may be 0.
 */
export function identity(packet: Packet): string | undefined {
  if (packet.quoted) return undefined;
  const header = carrier(packet);
  const words = packet.payload.toString('latin1', 0, TOLD_BY);
  if (header?.protocol === 'tcp')
    return `tcp ${header.fields.seq}${flagged(packet, 'R') ? ` ${header.fields.ack}` : ''}`;
  if (header?.protocol === 'udp') return packet.payload.length ? `udp ${words}` : `udp from ${header.fields.src}`;
  if (header && isIcmp(header) && 'sequence' in header.fields)
    return `${header.protocol} ${header.fields.sequence} ${words}`;
  return undefined;
}

/** The sequence number of a segment's FIN, wherever offload cuts or joins what comes before it; of an RST its own. */
export function endIdentity(packet: Packet): string | undefined {
  const tcp = innermost(packet, 'tcp');
  if (!tcp || !flagged(packet, 'F', 'R')) return undefined;
  return flagged(packet, 'F') ? `fin ${(Number(tcp.seq) + packet.payload.length) % 2 ** 32}` : `rst ${tcp.seq}`;
}

/**
 * Who speaks to whom: `udp 10.0.0.1:5000 > 10.0.0.2:53`, an echo with its identifier for both ports; and the same of what comes
 * back.
 */
export function flowOf(packet: Packet): { flow: string; back: string } | undefined {
  const ip = packet.headers.findLast(isIp)?.fields;
  const header = carrier(packet);
  if (!ip || !header) return undefined;
  const port = (name: 'src' | 'dst') => `:${header.fields[isIcmp(header) ? 'id' : name] ?? ''}`;
  const end = (address: unknown) => (`${address}`.includes(':') ? `[${address}]` : `${address}`);
  const [from, to] = [`${end(ip.src)}${port('src')}`, `${end(ip.dst)}${port('dst')}`];
  return { flow: `${header.protocol} ${from} > ${to}`, back: `${header.protocol} ${to} > ${from}` };
}

/**
 * Which sending of a packet its headers are of: what is sent again bears another IP identification (RFC 6864), and, where it has none,
 * as in IPv6 and in the SYN-ACK of Linux, another timestamp of TCP (RFC 7323); 0 tells nothing.
 */
export function sendingIn(headers: readonly Header[]): number {
  const ip = headers.findLast(isIp);
  const id = ip?.protocol === 'ip' ? Number(ip.fields.id) : 0;
  const tcp = headers.findLast(({ protocol }) => protocol === 'tcp')?.fields;
  return id || Number(tcp?.timestamp ?? 0);
}

export const sendingOf = (frame: Seen): number => sendingIn(frame.packet().headers);

/** The IP packet of which a frame is a fragment (RFC 791, RFC 8200): its source, destination, protocol and identification. */
export function fragmentOf({ headers }: Packet): string | undefined {
  const ip = headers.find((header) => isIp(header) && (header.fields.mf === true || Number(header.fields.offset) > 0));
  return ip && packetKey(ip.fields);
}

/** The IP packets that a frame is, or is a fragment of, outermost first. */
export const packetKeys = ({ headers }: Packet): string[] =>
  headers.flatMap((header) => (isIp(header) && header.fields.id !== undefined ? [packetKey(header.fields)] : []));

const packetKey = ({ src, dst, protocol, id }: Header['fields']) => `${src} ${dst} ${protocol} ${id}`;
