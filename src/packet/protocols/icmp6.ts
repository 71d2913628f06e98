// RFC 4443, section 2.1, with Echo (4.1); Neighbor Discovery as in RFC 4861, section 4.3; Multicast Listener Discovery as in
// RFC 2710, section 3, and RFC 3810, section 5.2
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |     Type      |     Code      |          Checksum             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           Identifier          |        Sequence Number        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |R|S|O|                     Reserved                            |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                                                               |
// +                                                               +
// |                                                               |
// +                       Target Address                          +
// |                                                               |
// +                                                               +
// |                                                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |   Options ...
// +-+-+-+-+-+-+-+-+-+-+-+-
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |     Type      |    Length     |    Link-Layer Address ...
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { ip6At, macAt } from '../address.ts';
import { turned } from '../answer.ts';
import { cut, type Decoded, type Malformed, protocol } from '../protocol.ts';

const types = {
  1: 'unreachable',
  2: 'packet too big',
  3: 'time exceeded',
  4: 'parameter problem',
  128: 'echo request',
  129: 'echo reply',
  130: 'listener query',
  131: 'listener report',
  132: 'listener done',
  133: 'router solicitation',
  134: 'router advertisement',
  135: 'neighbor solicitation',
  136: 'neighbor advertisement',
  137: 'redirect',
  143: 'listener report v2',
} as const;

type Type = (typeof types)[keyof typeof types] | number;
type Fields = {
  type: Type;
  code: number;
  /** Of an echo. */
  id?: number;
  sequence?: number;
  /** Of ‘packet too big’, in bytes. */
  mtu?: number;
  /** Whose link-layer address is asked for, or told. */
  target?: string;
  /** The link-layer address that is told: the sender’s own, or the target’s. */
  lladdr?: string;
  /** Of a neighbor advertisement. */
  router?: boolean;
  solicited?: boolean;
  override?: boolean;
  /** Of a router advertisement: how long it is a default router, in seconds; the prefixes that it tells, separated by `, `. */
  lifetime?: number;
  prefixes?: string;
  /** The multicast addresses that are asked for, or listened to, separated by `, `. */
  groups?: string;
};

const known: Record<number, Type | undefined> = types;
/** What stands before the options of Neighbor Discovery, by type, in bytes. */
const optionsAt: Record<number, number> = { 133: 8, 134: 16, 135: 24, 136: 24, 137: 40 };
const [SOURCE, TARGET, PREFIX] = [1, 2, 3];

const discovery = (bytes: Buffer, type: number, fields: Fields): Decoded<Fields> | Malformed => {
  const begin = optionsAt[type] ?? 8;
  if (bytes.length < begin) return cut(bytes, begin);
  if (type >= 135) fields.target = ip6At(bytes, 8);
  if (type === 134) fields.lifetime = bytes.readUInt16BE(6);
  if (type === 136) {
    const flags = bytes.readUInt8(4);
    Object.assign(fields, { router: !!(flags & 0x80), solicited: !!(flags & 0x40), override: !!(flags & 0x20) });
  }
  const prefixes: string[] = [];
  let at = begin;
  while (at + 2 <= bytes.length) {
    const [option, length] = [bytes.readUInt8(at), bytes.readUInt8(at + 1) * 8];
    if (length === 0) return { malformed: `its option ${option} has no length` };
    if (at + length > bytes.length) return { malformed: `its option ${option} is cut off` };
    if ((option === SOURCE || option === TARGET) && length === 8) fields.lladdr = macAt(bytes, at + 2);
    if (option === PREFIX && length === 32) prefixes.push(`${ip6At(bytes, at + 16)}/${bytes.readUInt8(at + 2)}`);
    at += length;
  }
  if (prefixes.length) fields.prefixes = prefixes.join(', ');
  return { fields, payload: bytes.subarray(at) };
};

/** The multicast addresses of a query or a report of the first version. */
const listener = (bytes: Buffer, fields: Fields): Decoded<Fields> | Malformed => {
  if (bytes.length < 24) return cut(bytes, 24);
  fields.groups = ip6At(bytes, 8);
  return { fields, payload: bytes.subarray(24) };
};

const listenerV2 = (bytes: Buffer, fields: Fields): Decoded<Fields> | Malformed => {
  const groups: string[] = [];
  const count = bytes.readUInt16BE(6);
  let at = 8;
  for (let n = 0; n < count; n++) {
    const end = at + 20 <= bytes.length ? at + 20 + 16 * bytes.readUInt16BE(at + 2) + 4 * bytes.readUInt8(at + 1) : 0;
    if (!end || end > bytes.length) return { malformed: `its record ${n + 1} of ${count} is cut off` };
    groups.push(ip6At(bytes, at + 4));
    at = end;
  }
  return { fields: { ...fields, groups: groups.join(', ') }, payload: bytes.subarray(at) };
};

export const icmp6 = protocol<Fields, 'lladdr'>('icmp6', {
  carriedBy: { ip6: [58] },
  brief: ['type', 'mtu', 'target', 'groups'],
  mirror: (fields) => {
    const echo = turned(fields, 'type', ['echo request', 'echo reply']);
    return turned(echo, 'type', ['neighbor solicitation', 'neighbor advertisement']);
  },
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    const number = bytes.readUInt8(0);
    const type = known[number] ?? number;
    const fields: Fields = { type, code: bytes.readUInt8(1) };
    if (number in optionsAt) return discovery(bytes, number, fields);
    if (number >= 130 && number <= 132) return listener(bytes, fields);
    if (type === 'listener report v2') return listenerV2(bytes, fields);
    const payload = bytes.subarray(8);
    if (type === 'echo request' || type === 'echo reply') {
      fields.id = bytes.readUInt16BE(4);
      fields.sequence = bytes.readUInt16BE(6);
    }
    if (type === 'packet too big') fields.mtu = bytes.readUInt32BE(4);
    return number >= 1 && number <= 4 ? { fields, payload, quotes: true } : { fields, payload };
  },
});
