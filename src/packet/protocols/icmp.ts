// RFC 792; the second word as in its Echo messages, and in RFC 1191, section 4
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |     Type      |     Code      |          Checksum             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           Identifier          |        Sequence Number        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |   Type = 3    |   Code = 4    |            Checksum           |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           unused = 0          |         Next-Hop MTU          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      Internet Header + 64 bits of Original Datagram Data      |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { turned } from '../answer.ts';
import { cut, protocol } from '../protocol.ts';

const echoes = { 0: 'echo reply', 8: 'echo request' } as const;
const errors = { 3: 'unreachable', 5: 'redirect', 11: 'time exceeded', 12: 'parameter problem' } as const;

type Echo = (typeof echoes)[keyof typeof echoes];
type Failure = (typeof errors)[keyof typeof errors];
type Fields = { type: Echo | Failure | number; code: number; id?: number; sequence?: number; mtu?: number };

const echo: Record<number, Echo | undefined> = echoes;
const failure: Record<number, Failure | undefined> = errors;

const FRAGMENTATION_NEEDED = 4;

export const icmp = protocol<Fields>('icmp', {
  carriedBy: { ip: [1] },
  brief: ['type', 'mtu'],
  mirror: (fields) => turned(fields, 'type', ['echo request', 'echo reply']),
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    const number = bytes.readUInt8(0);
    const type = echo[number] ?? failure[number] ?? number;
    const fields: Fields = { type, code: bytes.readUInt8(1) };
    const payload = bytes.subarray(8);
    if (number in echo) {
      fields.id = bytes.readUInt16BE(4);
      fields.sequence = bytes.readUInt16BE(6);
    }
    if (type === 'unreachable' && fields.code === FRAGMENTATION_NEEDED) fields.mtu = bytes.readUInt16BE(6);
    return number in failure ? { fields, payload, quotes: true } : { fields, payload };
  },
});
