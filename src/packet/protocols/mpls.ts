// RFC 3032, section 2.1; the Traffic Class field as RFC 5462 names it
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                Label                  |  TC |S|       TTL     |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { cut, protocol } from '../protocol.ts';

type Fields = {
  label: number;
  /** Traffic class, 0 to 7. */
  tc: number;
  /** Whether it is the last label of its stack. */
  bottom: boolean;
  ttl: number;
};

const MPLS_IN_UDP = 6635;

/** One label; each of a stack is a header. What the bottom label carries is told by its first four bits: 4 is IPv4, 6 is IPv6. */
export const mpls = protocol<Fields>('mpls', {
  carriedBy: { ether: [0x8847, 0x8848], gre: [0x8847, 0x8848], ip: [137], ip6: [137], udp: [MPLS_IN_UDP], mpls: [0] },
  brief: ['label', 'ttl'],
  decode(bytes) {
    if (bytes.length < 4) return cut(bytes, 4);
    const word = bytes.readUInt32BE(0);
    const fields: Fields = {
      label: word >>> 12,
      tc: (word >>> 9) & 7,
      bottom: (word & 0x100) !== 0,
      ttl: word & 0xff,
    };
    const payload = bytes.subarray(4);
    if (!fields.bottom) return { fields, next: 0, payload };
    const version = (payload[0] ?? 0) >> 4;
    return version === 4 || version === 6 ? { fields, next: version, payload } : { fields, payload };
  },
});
