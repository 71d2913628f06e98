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
//
// each of them (section 3.5)
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |          Option Class         |      Type     |R|R|R| Length  |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { cut, protocol } from '../protocol.ts';

type Fields = {
  vni: number;
  /** An Ethertype: 0x0800 is IPv4, 0x6558 an Ethernet frame. */
  protocol: number;
  /** All options together, in bytes. */
  optionsLength: number;
  /** Each as tc-tunnel_key(8) writes it, class, type and data in hexadecimal, separated by `, `: `0102:80:00000001`. */
  options?: string;
  /** Whether it is a control packet of the tunnel's ends. */
  oam: boolean;
  /** Whether an option is among them that a receiver must know. */
  critical: boolean;
};

const IANA = 6081;

/** The options; undefined where one reaches beyond their end. */
const optionsOf = (bytes: Buffer): string[] | undefined => {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + (bytes.readUInt8(at + 3) & 0x1f) * 4;
    if (end > bytes.length) return undefined;
    found.push(
      [bytes.subarray(at, at + 2), bytes.subarray(at + 2, at + 3), bytes.subarray(at + 4, end)].map(hex).join(':'),
    );
    at = end;
  }
  return found;
};

const hex = (bytes: Buffer) => bytes.toString('hex');

export const geneve = protocol<Fields>('geneve', {
  carriedBy: { udp: [IANA] },
  brief: ['vni'],
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    const first = bytes.readUInt8(0);
    if (first >> 6 !== 0) return { malformed: `its version is ${first >> 6}` };
    const optionsLength = (first & 0x3f) * 4;
    if (bytes.length < 8 + optionsLength) return cut(bytes, 8 + optionsLength);
    const options = optionsOf(bytes.subarray(8, 8 + optionsLength));
    if (!options) return { malformed: 'its options reach beyond their end' };
    const flags = bytes.readUInt8(1);
    const fields: Fields = {
      vni: bytes.readUIntBE(4, 3),
      protocol: bytes.readUInt16BE(2),
      optionsLength,
      ...(options.length && { options: options.join(', ') }),
      oam: (flags & 0x80) !== 0,
      critical: (flags & 0x40) !== 0,
    };
    return { fields, next: fields.protocol, payload: bytes.subarray(8 + optionsLength) };
  },
});
