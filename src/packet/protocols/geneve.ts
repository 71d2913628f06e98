// RFC 8926, section 3.4
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |        Virtual Network Identifier (VNI)       |    Reserved   |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                                                               |
// ~                    Variable-Length Options                    ~
// |                                                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { cut, protocol } from '../protocol.ts';

type Fields = {
  vni: number;
  /** An Ethertype: 0x0800 is IPv4, 0x6558 an Ethernet frame. */
  protocol: number;
  /** All options together, in bytes. */
  optionsLength: number;
  /** Whether it is a control packet of the tunnel's ends. */
  oam: boolean;
  /** Whether an option is among them that a receiver must know. */
  critical: boolean;
};

const IANA = 6081;

export const geneve = protocol<Fields>('geneve', {
  carriedBy: { udp: [IANA] },
  brief: ['vni'],
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    const first = bytes.readUInt8(0);
    if (first >> 6 !== 0) return { malformed: `its version is ${first >> 6}` };
    const optionsLength = (first & 0x3f) * 4;
    if (bytes.length < 8 + optionsLength) return cut(bytes, 8 + optionsLength);
    const flags = bytes.readUInt8(1);
    const fields: Fields = {
      vni: bytes.readUIntBE(4, 3),
      protocol: bytes.readUInt16BE(2),
      optionsLength,
      oam: (flags & 0x80) !== 0,
      critical: (flags & 0x40) !== 0,
    };
    return { fields, next: fields.protocol, payload: bytes.subarray(8 + optionsLength) };
  },
});
