// RFC 826, for IPv4 on Ethernet
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |    Hardware space (ar$hrd)    |    Protocol space (ar$pro)    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// | Length ar$hln | Length ar$pln |        Opcode (ar$op)         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                Sender hardware address (ar$sha)               |
// +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                               |   Sender protocol address     |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |   (ar$spa)                    |   Target hardware address     |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
// |   (ar$tha)                                                    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                Target protocol address (ar$tpa)               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { ipAt, macAt } from '../address.ts';
import { swapped, turned } from '../answer.ts';
import { cut, protocol } from '../protocol.ts';

type Op = 'request' | 'reply' | number;
type Fields = { op: Op; sha: string; spa: string; tha: string; tpa: string };

const names: Record<number, Op> = { 1: 'request', 2: 'reply' };

const isIpOnEthernet = (bytes: Buffer) => bytes.readUInt32BE(0) === 0x00010800 && bytes.readUInt16BE(4) === 0x0604;

export const arp = protocol<Fields, 'sha' | 'tha'>('arp', {
  carriedBy: { ether: [0x0806] },
  brief: ['op', 'spa', 'tpa'],
  mirror: (fields) => turned(swapped(fields, ['sha', 'tha'], ['spa', 'tpa']), 'op', ['request', 'reply']),
  decode(bytes) {
    if (bytes.length < 28) return cut(bytes, 28);
    if (!isIpOnEthernet(bytes)) return { malformed: 'its addresses are not those of IPv4 on Ethernet' };
    const op = bytes.readUInt16BE(6);
    return {
      fields: {
        op: names[op] ?? op,
        sha: macAt(bytes, 8),
        spa: ipAt(bytes, 14),
        tha: macAt(bytes, 18),
        tpa: ipAt(bytes, 24),
      },
      payload: bytes.subarray(28),
    };
  },
});
