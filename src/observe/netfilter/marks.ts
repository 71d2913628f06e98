import type { Header, Packet } from '../../packet/index.ts';
import { type IpHeader, ip4 } from './message.ts';

/** By what a packet is known again. */
export interface Marks {
  /** Of its innermost transport header: no translation of addresses and no tunnel changes it. */
  transport?: string;
  /** Of each of its IPv4 layers: a tunnel's outer packet has these in common with the frame, at its own place. */
  layers: string[];
  /** Of the frame that a VXLAN packet carries. */
  frame?: string;
}

const ICMP = 1;
const IPIP = 4;
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
  const error = quoted && headers.findLast(({ protocol }) => protocol === 'icmp6')?.fields;
  if (error) return `icmp6 ${errorNumbers[String(error.type)] ?? error.type} ${error.mtu ?? 0}`;
  if (quoted) return `icmp about ${quoted[0]?.fields.id}`;
  const { protocol, fields } = headers.findLast(({ protocol }) => transports.has(protocol)) ?? {};
  if (protocol === 'icmp' && fields?.id !== undefined)
    return `icmp ${fields.type === 'echo request' ? 8 : 0} ${Number(fields.id) * 0x10000 + Number(fields.sequence)}`;
  if (protocol === 'icmp6' && fields?.id !== undefined)
    return `icmp6 ${fields.type === 'echo request' ? 128 : 129} ${Number(fields.id) * 0x10000 + Number(fields.sequence)}`;
  if (protocol === 'tcp') {
    const bits = [...String(fields?.flags)].reduce((sum, letter) => sum | (1 << letters.indexOf(letter)), 0);
    return `tcp ${fields?.seq} ${fields?.ack} ${bits}`;
  }
  if (protocol === 'udp') return `udp ${fields?.length} ${payload.toString('hex', 0, TOLD_OF_UDP)}`;
  return undefined;
}

const transports = new Set(['icmp', 'icmp6', 'tcp', 'udp']);

/** RFC 4443: the types of its errors. */
const errorNumbers: Record<string, number> = {
  unreachable: 1,
  'packet too big': 2,
  'time exceeded': 3,
  'parameter problem': 4,
};

type Layer = Pick<IpHeader, 'src' | 'dst' | 'id' | 'protocol'>;

/** What a fragment has in common with the whole packet, which is what hooks behind defragmentation see. */
const WHOLE = 'whole';

/** A translation changes one of both addresses at a time, and leaves the rest. An id of 0 marks nothing. */
const layerMarks = ({ src, dst, id, protocol }: Layer, ...lengths: (number | typeof WHOLE)[]): string[] =>
  id === 0
    ? []
    : lengths.flatMap((length) =>
        [src, dst].map((end, i) => `ip ${protocol} ${id} ${length} ${i ? 'to' : 'from'} ${end}`),
      );

/** The marks of a frame's packet; `bytes` is the frame. */
export function marksOf(packet: Packet, bytes: Buffer): Marks {
  const layers = packet.headers.flatMap(({ protocol, fields }, i, all): string[] => {
    if (protocol === 'udp' && (all[i - 1]?.fields.id ?? 0) === 0) return datagramMarks(fields, bytes);
    if (protocol !== 'ip') return [];
    const layer = {
      src: `${fields.src}`,
      dst: `${fields.dst}`,
      id: Number(fields.id),
      protocol: Number(fields.protocol),
    };
    const fragment = fields.mf === true || fields.offset !== 0;
    return layerMarks(layer, Number(fields.length), ...(fragment ? [WHOLE as typeof WHOLE] : []));
  });
  const transport = markOf(packet);
  return { ...(transport !== undefined && { transport }), layers };
}

/** Of a datagram whose IP header has no id: its length and first bytes, behind its ports and length in the frame. */
function datagramMarks({ src, dst, length }: Header['fields'], frame: Buffer): string[] {
  const header = Buffer.alloc(6);
  for (const [i, word] of [src, dst, length].entries()) header.writeUInt16BE(Number(word), 2 * i);
  const at = frame.indexOf(header);
  const mark = at < 0 ? undefined : markOfTrace(UDP, frame.subarray(at, at + 8 + TOLD_OF_UDP));
  return mark === undefined ? [] : [mark];
}

/** The marks of a packet that netfilter told of: by its IP header, and the first bytes of what that carries. */
export function marksOfTrace(header: IpHeader, bytes: Buffer): Marks {
  const { protocol, id, length, later } = header;
  if (later) return { layers: layerMarks(header, length, WHOLE) };
  const transport = markOfTrace(protocol, bytes);
  const carried = protocol === IPIP && bytes.length >= 20 ? ip4(bytes) : undefined;
  const layers = [
    ...layerMarks(header, length, WHOLE),
    ...(protocol === UDP && id === 0 && transport !== undefined ? [transport] : []),
    ...(carried ? layerMarks(carried, carried.length) : []),
  ];
  const frame = protocol === UDP ? frameInVxlan(bytes) : undefined;
  return { ...(transport !== undefined && { transport }), layers, ...(frame !== undefined && { frame }) };
}

/** The mark of a frame: its length, and the first bytes of the MAC address that it is for. */
export const frameMark = (bytes: Buffer, length = bytes.length) => `${length} ${bytes.toString('hex', 0, 4)}`;

const UDP_AND_VXLAN = 8 + 8;
/** RFC 7348, section 5: all other flags are zero. */
const VXLAN_FLAGS = 0x08;

const frameInVxlan = (bytes: Buffer): string | undefined =>
  bytes.length >= UDP_AND_VXLAN + 4 && bytes[8] === VXLAN_FLAGS
    ? frameMark(bytes.subarray(UDP_AND_VXLAN), bytes.readUInt16BE(4) - UDP_AND_VXLAN)
    : undefined;
