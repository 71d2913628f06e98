// RFC 5798, section 5.1; version 2 as in RFC 3768, section 5.1, where the third word differs
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |Version| Type  | Virtual Rtr ID|   Priority    |Count IPvX Addr|
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |(rsvd) |     Max Adver Int     |          Checksum             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                       IPvX Address(es)                        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |   Auth Type   |   Adver Int   |          Checksum             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { ipAt } from '../address.ts';
import { cut, protocol } from '../protocol.ts';

type Fields = {
  version: 2 | 3;
  vrid: number;
  /** 255 is the owner of the addresses; 0 gives them up. */
  priority: number;
  /** Separated by `, `, in their order on the wire. */
  addresses: string;
  /** In seconds; version 3 counts hundredths. */
  interval: number;
};

const ADVERTISEMENT = 1;

/** What follows the addresses, version 2's authentication data, is left in the payload. */
export const vrrp = protocol<Fields>('vrrp', {
  carriedBy: { ip: [112] },
  brief: ['vrid', 'priority', 'addresses'],
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    const version = bytes.readUInt8(0) >> 4;
    if (version !== 2 && version !== 3) return { malformed: `its version is ${version}` };
    const type = bytes.readUInt8(0) & 0x0f;
    if (type !== ADVERTISEMENT) return { malformed: `its type is ${type}` };
    const count = bytes.readUInt8(3);
    const end = 8 + 4 * count;
    if (bytes.length < end) return cut(bytes, end);
    const fields: Fields = {
      version,
      vrid: bytes.readUInt8(1),
      priority: bytes.readUInt8(2),
      addresses: Array.from({ length: count }, (_, n) => ipAt(bytes, 8 + 4 * n)).join(', '),
      interval: version === 2 ? bytes.readUInt8(5) : (bytes.readUInt16BE(4) & 0x0fff) / 100,
    };
    return { fields, payload: bytes.subarray(end) };
  },
});
