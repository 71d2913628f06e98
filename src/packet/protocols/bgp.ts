// RFC 4271, section 4.1; below it what OPEN adds (4.2), and NOTIFICATION (4.5)
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                                                               |
// +                                                               +
// |                           Marker                              |
// +                                                               +
// |                                                               |
// +                                                               +
// |                                                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |          Length               |      Type     |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+
// |    Version    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |     My Autonomous System      |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           Hold Time           |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                         BGP Identifier                        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// | Opt Parm Len  |
// +-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// | Error code    | Error subcode |   Data (variable)             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { ipAt } from '../address.ts';
import { cut, protocol } from '../protocol.ts';

type Type = 'OPEN' | 'UPDATE' | 'NOTIFICATION' | 'KEEPALIVE' | 'ROUTE-REFRESH' | number;
type Code =
  | 'Message Header Error'
  | 'OPEN Message Error'
  | 'UPDATE Message Error'
  | 'Hold Timer Expired'
  | 'Finite State Machine Error'
  | 'Cease'
  | number;
type Fields = {
  type: Type;
  /** As OPEN has it, in 16 bits: 23456 stands for a number that needs more (RFC 6793). */
  as?: number;
  /** In seconds. */
  holdTime?: number;
  routerId?: string;
  code?: Code;
  subcode?: number;
};

const types: Record<number, Type> = { 1: 'OPEN', 2: 'UPDATE', 3: 'NOTIFICATION', 4: 'KEEPALIVE', 5: 'ROUTE-REFRESH' };
const codes: Record<number, Code> = {
  1: 'Message Header Error',
  2: 'OPEN Message Error',
  3: 'UPDATE Message Error',
  4: 'Hold Timer Expired',
  5: 'Finite State Machine Error',
  6: 'Cease',
};

const PORT = 179;
const HEADER = 19;
const MARKER = Buffer.alloc(16, 0xff);
const shortest: Partial<Record<Type, number>> = { OPEN: 29, UPDATE: 23, NOTIFICATION: 21, 'ROUTE-REFRESH': 23 };

const canBe = (type: Type, length: number) =>
  type === 'KEEPALIVE' ? length === HEADER : length >= (shortest[type] ?? HEADER);

/** One message; those behind it in the same segment follow as headers of their own. */
export const bgp = protocol<Fields>('bgp', {
  carriedBy: { tcp: [PORT], bgp: [PORT] },
  brief: ['type', 'as', 'routerId', 'code', 'subcode'],
  message: true,
  decode(bytes) {
    if (bytes.length < HEADER) return cut(bytes, HEADER);
    if (!bytes.subarray(0, 16).equals(MARKER)) return { malformed: 'it does not begin with a marker' };
    const length = bytes.readUInt16BE(16);
    const number = bytes.readUInt8(18);
    const type = types[number] ?? number;
    if (!canBe(type, length)) return { malformed: `its length is ${length}` };
    if (bytes.length < length) return cut(bytes, length);

    const fields: Fields = { type };
    if (type === 'OPEN') {
      fields.as = bytes.readUInt16BE(20);
      fields.holdTime = bytes.readUInt16BE(22);
      fields.routerId = ipAt(bytes, 24);
    }
    if (type === 'NOTIFICATION') {
      const code = bytes.readUInt8(19);
      fields.code = codes[code] ?? code;
      fields.subcode = bytes.readUInt8(20);
    }
    const payload = bytes.subarray(length);
    return payload.length > 0 ? { fields, next: PORT, payload } : { fields, payload };
  },
});
