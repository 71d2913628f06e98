// RFC 7348, section 5
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |R|R|R|R|I|R|R|R|            Reserved                           |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                VXLAN Network Identifier (VNI) |   Reserved    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { cut, protocol } from '../protocol.ts';

type Fields = { vni: number };

const IANA = 4789;
const LINUX = 8472;

export const vxlan = protocol<Fields>('vxlan', {
  carriedBy: { udp: [IANA, LINUX] },
  brief: ['vni'],
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    if ((bytes.readUInt8(0) & 0x08) === 0) return { malformed: 'its I flag is not set' };
    return { fields: { vni: bytes.readUIntBE(4, 3) }, payload: bytes.subarray(8) };
  },
});
