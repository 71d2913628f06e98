// RFC 9293, section 3.1
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |          Source Port          |       Destination Port        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                        Sequence Number                        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                    Acknowledgment Number                      |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Data |       |C|E|U|A|P|R|S|F|                               |
// | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
// |       |       |R|E|G|K|H|T|N|N|                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           Checksum            |         Urgent Pointer        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                           [Options]                           |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { swapped, turned } from '../answer.ts';
import { cut, protocol } from '../protocol.ts';

type Fields = {
  src: number;
  dst: number;
  seq: number;
  ack?: number;
  /** One letter each, lowest bit first, as Scapy writes them: `S`, `SA`, `PA`, `FA`, `R`. */
  flags?: string;
  window?: number;
  /** The sender’s clock, where it tells it (RFC 7323, section 3.2): what is sent again has another. */
  timestamp?: number;
};

const letters = [...'FSRPAUEC'];
const flags = Array.from({ length: 256 }, (_, bits) => letters.filter((_letter, bit) => bits & (1 << bit)).join(''));

/** RFC 792 lets an error quote no more of a segment than 8 bytes: ports and sequence number. */
const QUOTED = 8;

const [END, PADDING, TIMESTAMPS] = [0, 1, 8];

/** The value of the option Timestamps, if it is among the options. */
const timestampIn = (options: Buffer): number | undefined => {
  for (let at = 0; at < options.length; ) {
    const [kind, length = 0] = [options[at], options[at + 1]];
    if (kind === END) return undefined;
    if (kind === TIMESTAMPS && length === 10 && at + length <= options.length) return options.readUInt32BE(at + 2);
    if (kind !== PADDING && length < 2) return undefined;
    at += kind === PADDING ? 1 : length;
  }
  return undefined;
};

export const tcp = protocol<Fields>('tcp', {
  carriedBy: { ip: [6], ip6: [6] },
  brief: ['src', 'dst', 'flags'],
  mirror: (fields) => turned(swapped(fields, ['src', 'dst']), 'flags', ['S', 'SA']),
  decode(bytes) {
    if (bytes.length < QUOTED) return cut(bytes, 20);
    const fields: Fields = { src: bytes.readUInt16BE(0), dst: bytes.readUInt16BE(2), seq: bytes.readUInt32BE(4) };
    if (bytes.length === QUOTED) return { fields, payload: bytes.subarray(QUOTED) };
    if (bytes.length < 20) return cut(bytes, 20);
    const headerLength = (bytes.readUInt8(12) >> 4) * 4;
    if (headerLength < 20) return { malformed: `its header length is ${headerLength}` };
    if (bytes.length < headerLength) return cut(bytes, headerLength);
    fields.ack = bytes.readUInt32BE(8);
    fields.flags = flags[bytes.readUInt8(13)] ?? '';
    fields.window = bytes.readUInt16BE(14);
    const timestamp = timestampIn(bytes.subarray(20, headerLength));
    if (timestamp !== undefined) fields.timestamp = timestamp;
    const payload = bytes.subarray(headerLength);
    return payload.length > 0 ? { fields, next: fields.dst, source: fields.src, payload } : { fields, payload };
  },
});
