// RFC 2890, section 2; Version as in RFC 2784, section 2.1
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |C| |K|S| Reserved0       | Ver |         Protocol Type         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      Checksum (optional)      |       Reserved1 (Optional)    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                         Key (optional)                        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                 Sequence Number (Optional)                    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { cut, protocol } from '../protocol.ts';

type Fields = {
  /** An Ethertype: 0x0800 is IPv4, 0x6558 an Ethernet frame. */
  protocol: number;
  checksum?: number;
  key?: number;
  sequence?: number;
};

const CHECKSUM = 0x8000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
/** RFC 2784 has a receiver discard what sets these bits of RFC 1701; it ignores the other reserved ones. */
const OBSOLETE = 0x4c00;
const VERSION = 0x0007;

export const gre = protocol<Fields>('gre', {
  carriedBy: { ip: [47], ip6: [47] },
  brief: ['key'],
  decode(bytes) {
    if (bytes.length < 4) return cut(bytes, 4);
    const flags = bytes.readUInt16BE(0);
    if (flags & VERSION) return { malformed: `its version is ${flags & VERSION}` };
    if (flags & OBSOLETE) return { malformed: 'it sets flags that are obsolete since RFC 2784' };
    const headerLength = [CHECKSUM, KEY, SEQUENCE].reduce((length, flag) => length + (flags & flag ? 4 : 0), 4);
    if (bytes.length < headerLength) return cut(bytes, headerLength);

    const fields: Fields = { protocol: bytes.readUInt16BE(2) };
    let at = 4;
    if (flags & CHECKSUM) {
      fields.checksum = bytes.readUInt16BE(at);
      at += 4;
    }
    if (flags & KEY) {
      fields.key = bytes.readUInt32BE(at);
      at += 4;
    }
    if (flags & SEQUENCE) fields.sequence = bytes.readUInt32BE(at);
    return { fields, next: fields.protocol, payload: bytes.subarray(headerLength) };
  },
});
