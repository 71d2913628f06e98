// RFC 2131, section 2; what follows the options' magic cookie is a list of code, length and value (RFC 2132)
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |     op (1)    |   htype (1)   |   hlen (1)    |   hops (1)    |
// +---------------+---------------+---------------+---------------+
// |                            xid (4)                            |
// +-------------------------------+-------------------------------+
// |           secs (2)            |           flags (2)           |
// +-------------------------------+-------------------------------+
// |                          ciaddr  (4)                          |
// |                          yiaddr  (4)                          |
// |                          siaddr  (4)                          |
// |                          giaddr  (4)                          |
// +---------------------------------------------------------------+
// |        chaddr  (16), sname   (64), file    (128)              |
// +---------------------------------------------------------------+
// |                          options (variable)                   |
// +---------------------------------------------------------------+
import { ipAt, macAt } from '../address.ts';
import { turned } from '../answer.ts';
import { cut, protocol } from '../protocol.ts';

type Type = 'DISCOVER' | 'OFFER' | 'REQUEST' | 'DECLINE' | 'ACK' | 'NAK' | 'RELEASE' | 'INFORM' | number;
type Fields = {
  op: 'request' | 'reply';
  /** Absent of plain BOOTP. */
  type?: Type;
  xid: number;
  /** The client’s own address, the one that it is given, and those of the next server and of the relay. */
  ciaddr: string;
  yiaddr: string;
  siaddr: string;
  giaddr: string;
  /** The client’s MAC address. */
  chaddr?: string;
  /** The address that is asked for (option 50), and the server that is meant or that speaks (54). */
  requested?: string;
  server?: string;
  /** Of the lease, in seconds (51). */
  leaseTime?: number;
  /** The routers (3), separated by `, `, and the mask (1). */
  routers?: string;
  mask?: string;
};

const types: Type[] = [0, 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM'];

const [SERVER, CLIENT] = [67, 68];
const FIXED = 236;
const COOKIE = 0x63825363;
const [PAD, END] = [0, 255];
const OVERLOAD = 52;

/** The options by their code, those of one code joined (RFC 3396); or what is wrong with them. */
const optionsFrom = (bytes: Buffer, from: number): Map<number, Buffer> | string => {
  const found = new Map<number, Buffer>();
  for (let at = from; at < bytes.length; ) {
    const code = bytes.readUInt8(at);
    if (code === END) return found;
    if (code === PAD) {
      at++;
      continue;
    }
    const length = bytes[at + 1];
    if (length === undefined || at + 2 + length > bytes.length) return `its option ${code} is cut off`;
    found.set(code, Buffer.concat([found.get(code) ?? Buffer.alloc(0), bytes.subarray(at + 2, at + 2 + length)]));
    at += 2 + length;
  }
  return 'its options have no end';
};

const addresses = (bytes: Buffer | undefined) =>
  bytes && bytes.length >= 4 && bytes.length % 4 === 0
    ? Array.from({ length: bytes.length / 4 }, (_, n) => ipAt(bytes, 4 * n)).join(', ')
    : undefined;

const address = (bytes: Buffer | undefined) => (bytes?.length === 4 ? ipAt(bytes, 0) : undefined);

const told = (options: Map<number, Buffer>): Partial<Fields> => {
  const [type, lease] = [options.get(53), options.get(51)];
  const fields = {
    type: type?.length === 1 ? (types[type.readUInt8(0)] ?? type.readUInt8(0)) : undefined,
    requested: address(options.get(50)),
    server: address(options.get(54)),
    leaseTime: lease?.length === 4 ? lease.readUInt32BE(0) : undefined,
    routers: addresses(options.get(3)),
    mask: address(options.get(1)),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
};

export const dhcp = protocol<Fields, 'chaddr'>('dhcp', {
  carriedBy: { udp: [SERVER, CLIENT] },
  brief: ['type', 'yiaddr', 'requested'],
  message: true,
  mirror: (fields) => turned(fields, 'op', ['request', 'reply']),
  decode(bytes) {
    if (bytes.length < FIXED) return cut(bytes, FIXED);
    const op = bytes.readUInt8(0);
    if (op !== 1 && op !== 2) return { malformed: `its op is ${op}` };
    const isEthernet = bytes.readUInt8(1) === 1 && bytes.readUInt8(2) === 6;
    const fields: Fields = {
      op: op === 1 ? 'request' : 'reply',
      xid: bytes.readUInt32BE(4),
      ciaddr: ipAt(bytes, 12),
      yiaddr: ipAt(bytes, 16),
      siaddr: ipAt(bytes, 20),
      giaddr: ipAt(bytes, 24),
      ...(isEthernet && { chaddr: macAt(bytes, 28) }),
    };
    if (bytes.length < FIXED + 4 || bytes.readUInt32BE(FIXED) !== COOKIE)
      return { fields, payload: bytes.subarray(FIXED) };
    const options = optionsFrom(bytes, FIXED + 4);
    if (typeof options === 'string') return { malformed: options };
    if (options.has(OVERLOAD)) return { malformed: 'its options go on in sname or file' };
    return { fields: { ...fields, ...told(options) }, payload: bytes.subarray(bytes.length) };
  },
});
