// RFC 894; drawn as in RFC 7348, section 5; the optional tag is IEEE 802.1Q
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                    Destination MAC Address                    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// | Destination MAC Address       | Source MAC Address            |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                      Source MAC Address                       |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |OptnlEthtype = C-Tag 802.1Q    | PCP |D|  VLAN identifier      |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// | Ethertype                     |                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
import { macAt } from '../address.ts';
import { swapped } from '../answer.ts';
import { cut, protocol } from '../protocol.ts';

type Fields = { dst: string; src: string; vlan?: number };

const TAGGED = 0x8100;

export const ether = protocol<Fields, 'dst' | 'src'>('ether', {
  carriedBy: { wire: 'always', vxlan: 'always', geneve: [0x6558], gre: [0x6558] },
  brief: ['src', 'dst'],
  mirror: (fields) => swapped(fields, ['src', 'dst']),
  decode(bytes) {
    if (bytes.length < 14) return cut(bytes, 14);
    const fields: Fields = { dst: macAt(bytes, 0), src: macAt(bytes, 6) };
    const ethertype = bytes.readUInt16BE(12);
    if (ethertype !== TAGGED) return { fields, next: ethertype, payload: bytes.subarray(14) };
    if (bytes.length < 18) return cut(bytes, 18);
    fields.vlan = bytes.readUInt16BE(14) & 0x0fff;
    return { fields, next: bytes.readUInt16BE(16), payload: bytes.subarray(18) };
  },
});
