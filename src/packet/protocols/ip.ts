// RFC 791, section 3.1; type of service as in RFC 2474 (DSCP) and RFC 3168 (ECN)
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |Version|  IHL  |    DSCP   |ECN|          Total Length         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |         Identification        |Flags|      Fragment Offset    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Time to Live |    Protocol   |         Header Checksum       |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                       Source Address                          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                    Destination Address                        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                    Options                    |    Padding    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { ipAt } from '../address.ts';
import { swapped } from '../answer.ts';
import { cut, protocol } from '../protocol.ts';

type Fields = {
  src: string;
  dst: string;
  ttl: number;
  id: number;
  df: boolean;
  mf: boolean;
  /** Where this fragment begins, in bytes. */
  offset: number;
  /** Header and payload, in bytes. */
  length: number;
  dscp: number;
  ecn: number;
  protocol: number;
};

const FLANNEL_UDP = 8285;

/** A total length of 0 is what Linux shows for a packet that is yet to be segmented: it reaches to the last byte. */
export const ip = protocol<Fields>('ip', {
  carriedBy: {
    ether: [0x0800],
    raw: [4],
    ip: [4],
    ip6: [4],
    mpls: [4],
    geneve: [0x0800],
    gre: [0x0800],
    udp: [FLANNEL_UDP],
  },
  brief: ['src', 'dst', 'ttl'],
  mirror: (fields) => swapped(fields, ['src', 'dst']),
  decode(bytes) {
    if (bytes.length < 20) return cut(bytes, 20);
    const first = bytes.readUInt8(0);
    if (first >> 4 !== 4) return { malformed: `its version is ${first >> 4}` };
    const headerLength = (first & 0x0f) * 4;
    if (headerLength < 20) return { malformed: `its header length is ${headerLength}` };
    if (bytes.length < headerLength) return cut(bytes, headerLength);
    const length = bytes.readUInt16BE(2);
    if (length !== 0 && length < headerLength) return { malformed: `its total length is ${length}` };

    const fragment = bytes.readUInt16BE(6);
    const fields: Fields = {
      src: ipAt(bytes, 12),
      dst: ipAt(bytes, 16),
      ttl: bytes.readUInt8(8),
      id: bytes.readUInt16BE(4),
      df: (fragment & 0x4000) !== 0,
      mf: (fragment & 0x2000) !== 0,
      offset: (fragment & 0x1fff) * 8,
      length,
      dscp: bytes.readUInt8(1) >> 2,
      ecn: bytes.readUInt8(1) & 3,
      protocol: bytes.readUInt8(9),
    };
    const payload = bytes.subarray(headerLength, length || bytes.length);
    return fields.offset === 0 ? { fields, next: fields.protocol, payload } : { fields, payload };
  },
});
