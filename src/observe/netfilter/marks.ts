import type { Packet } from '../../packet/index.ts';
import type { IpHeader } from './message.ts';

/** By what a packet is known again. */
export interface Marks {
  /** Of its innermost transport header: no translation of addresses and no tunnel changes it. */
  transport?: string;
  /** Of each of its IPv4 layers: a tunnel's outer packet has these in common with the frame, at its own place. */
  layers: string[];
}

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMP6 = 58;

/** ICMP's errors, which quote the packet that they are about from its IP header on. */
const quoting = new Set([3, 5, 11, 12]);

/** How many bytes of a datagram a trace holds: its first 20, 8 of which are UDP's header. */
const TOLD_OF_UDP = 12;

/** The mark of a packet in a trace's first bytes of its transport header; what `markOf` gives for the whole packet. */
function markOfTrace(protocol: number, bytes: Buffer): string | undefined {
  const type = bytes[0] ?? 0;
  if (protocol === ICMP && quoting.has(type) && bytes.length >= 14) return `icmp about ${bytes.readUInt16BE(8 + 4)}`;
  if (protocol === ICMP && bytes.length >= 8) return `icmp ${type} ${bytes.readUInt32BE(4)}`;
  if (protocol === ICMP6 && bytes.length >= 8) return `icmp6 ${type} ${bytes.readUInt32BE(4)}`;
  if (protocol === TCP && bytes.length >= 14)
    return `tcp ${bytes.readUInt32BE(4)} ${bytes.readUInt32BE(8)} ${bytes[13]}`;
  if (protocol === UDP && bytes.length >= 8)
    return `udp ${bytes.readUInt16BE(4)} ${bytes.toString('hex', 8, 8 + TOLD_OF_UDP)}`;
  return undefined;
}

const letters = 'FSRPAUEC';

/** The mark of a packet's innermost transport header, which its first twenty bytes hold; undefined where it has none. */
export function markOf({ headers, payload, quoted }: Packet): string | undefined {
  if (quoted) return `icmp about ${quoted[0]?.fields.id}`;
  const { protocol, fields } = headers.findLast(({ protocol }) => transports.has(protocol)) ?? {};
  if (protocol === 'icmp' && fields?.id !== undefined)
    return `icmp ${fields.type === 'echo request' ? 8 : 0} ${Number(fields.id) * 0x10000 + Number(fields.sequence)}`;
  if (protocol === 'tcp') {
    const bits = [...String(fields?.flags)].reduce((sum, letter) => sum | (1 << letters.indexOf(letter)), 0);
    return `tcp ${fields?.seq} ${fields?.ack} ${bits}`;
  }
  if (protocol === 'udp') return `udp ${fields?.length} ${payload.toString('hex', 0, TOLD_OF_UDP)}`;
  return undefined;
}

const transports = new Set(['icmp', 'tcp', 'udp']);

/** A translation changes one of both addresses at a time, and leaves the rest. An id of 0 marks nothing. */
const layerMarks = ({ protocol, id, length, src, dst }: Omit<IpHeader, 'ttl'>): string[] =>
  id === 0 ? [] : [`ip ${protocol} ${id} ${length} from ${src}`, `ip ${protocol} ${id} ${length} to ${dst}`];

/** What a fragment has in common with the whole packet, which is what hooks behind defragmentation see. */
const WHOLE = '*';

/** The marks of a frame's packet. */
export function marksOf(packet: Packet): Marks {
  const transport = markOf(packet);
  const layers = packet.headers.flatMap(({ protocol, fields }) => {
    if (protocol !== 'ip') return [];
    const { src, dst, id, length, mf, offset } = fields;
    const layer = { src: String(src), dst: String(dst), id: Number(id), protocol: Number(fields.protocol) };
    const lengths = mf || Number(offset) > 0 ? [length, WHOLE] : [length];
    return lengths.flatMap((each) => layerMarks({ ...layer, length: each as number }));
  });
  return { ...(transport !== undefined && { transport }), layers };
}

/** The marks of a packet in a trace's IP header and the first bytes of its transport header. */
export function marksOfTrace(header: IpHeader, transport: Buffer): Marks {
  const mark = markOfTrace(header.protocol, transport);
  const layers = [header.length, WHOLE].flatMap((length) => layerMarks({ ...header, length: length as number }));
  return { ...(mark !== undefined && { transport: mark }), layers };
}

const ACK = 1 << letters.indexOf('A');
const SYN_OR_RST = (1 << letters.indexOf('S')) | (1 << letters.indexOf('R'));

/** Whether a mark is that of an answer: an echo reply, or the segment that answers the first one of TCP. */
export function answers(mark: string, asked: string): boolean {
  const [protocol, ...rest] = asked.split(' ');
  if (protocol === 'icmp') return rest[0] === '8' && mark === `icmp 0 ${rest[1]}`;
  const [its, , ack, bits] = mark.split(' ');
  const next = (Number(rest[0]) + 1) % 2 ** 32;
  const flags = Number(bits);
  return protocol === 'tcp' && its === 'tcp' && Number(ack) === next && (flags & ACK) > 0 && (flags & SYN_OR_RST) > 0;
}
