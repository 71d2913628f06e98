// RFC 2236, section 2; below it a report of version 3, RFC 3376, section 4.2, and one of its group records
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      Type     | Max Resp Time |           Checksum            |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                         Group Address                         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Type = 0x22  |    Reserved   |           Checksum            |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           Reserved            |  Number of Group Records (M)  |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Record Type  |  Aux Data Len |     Number of Sources (N)     |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                       Multicast Address                       |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { ipAt } from '../address.ts';
import { cut, protocol } from '../protocol.ts';

type Type = 'query' | 'report v1' | 'report v2' | 'leave' | 'report v3' | number;
type Fields = {
  type: Type;
  /** The multicast addresses that are asked for, or listened to, separated by `, `; a query for all has 0.0.0.0. */
  groups: string;
};

const types: Record<number, Type> = {
  17: 'query',
  18: 'report v1',
  22: 'report v2',
  23: 'leave',
  34: 'report v3',
};

export const igmp = protocol<Fields>('igmp', {
  carriedBy: { ip: [2] },
  brief: ['type', 'groups'],
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    const number = bytes.readUInt8(0);
    const type = types[number] ?? number;
    if (type !== 'report v3') return { fields: { type, groups: ipAt(bytes, 4) }, payload: bytes.subarray(8) };
    const count = bytes.readUInt16BE(6);
    const groups: string[] = [];
    let at = 8;
    for (let n = 0; n < count; n++) {
      const end = at + 8 <= bytes.length ? at + 8 + 4 * (bytes.readUInt16BE(at + 2) + bytes.readUInt8(at + 1)) : 0;
      if (!end || end > bytes.length) return { malformed: `its record ${n + 1} of ${count} is cut off` };
      groups.push(ipAt(bytes, at + 4));
      at = end;
    }
    return { fields: { type, groups: groups.join(', ') }, payload: bytes.subarray(at) };
  },
});
