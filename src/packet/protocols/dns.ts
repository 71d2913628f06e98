// RFC 1035, section 4.1.1; then questions (4.1.2) and resource records (4.1.3)
//                                 1  1  1  1  1  1
//   0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                      ID                       |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                    QDCOUNT                    |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                    ANCOUNT                    |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                    NSCOUNT                    |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                    ARCOUNT                    |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// /                     QNAME                     /
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                     QTYPE                     |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                     QCLASS                    |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// /                      NAME                     /
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                      TYPE                     |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                     CLASS                     |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                      TTL                      |
// |                                               |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// |                   RDLENGTH                    |
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
// /                     RDATA                     /
// +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
import { ipAt } from '../address.ts';
import { turned } from '../answer.ts';
import { cut, type Decoded, type Malformed, protocol } from '../protocol.ts';

type Qr = 'query' | 'response';
type Opcode = 'QUERY' | 'IQUERY' | 'STATUS' | 'NOTIFY' | 'UPDATE' | number;
type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED' | number;
type Type = 'A' | 'NS' | 'CNAME' | 'SOA' | 'PTR' | 'MX' | 'TXT' | 'AAAA' | 'SRV' | 'ANY' | number;
/** The fields of a message, by unicast or multicast. */
export type DnsFields = {
  id: number;
  qr: Qr;
  opcode: Opcode;
  /** Of a response. */
  rcode?: Rcode;
  /** What the first question asks for: without its last dot, but the root is `.`. */
  qname?: string;
  qtype?: Type;
  ancount: number;
  /** Those of the answers' A records, separated by `, `, in their order on the wire. */
  addresses?: string;
};

const opcodes: Record<number, Opcode> = { 0: 'QUERY', 1: 'IQUERY', 2: 'STATUS', 4: 'NOTIFY', 5: 'UPDATE' };
const rcodes: Record<number, Rcode> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
};
const types: Record<number, Type> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  255: 'ANY',
};

const PORT = 53;
const HEADER = 12;
const LONGEST_LABEL = 63;
const LONGEST_NAME = 255;
const POINTER = 0xc0;
/** A name has no more labels, so that more pointers lead nowhere. */
const MOST_POINTERS = 127;
const [A, IN] = [1, 1];

const unprintable = /[^!-~]|[.\\]/g;

/** As in RFC 1035, section 5.1: a dot that parts no labels is `\046`. */
const label = (bytes: Buffer) =>
  bytes.toString('latin1').replace(unprintable, (byte) => `\\${`${byte.charCodeAt(0)}`.padStart(3, '0')}`);

/** A name and where it ends; undefined if it does not, or points to anything but an earlier one, as loops must. */
const nameAt = (bytes: Buffer, start: number): { name: string; end: number } | undefined => {
  const labels: string[] = [];
  let at = start;
  let earliest = start;
  let end: number | undefined;
  let size = 1;
  let pointers = 0;
  for (;;) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length === 0) return { name: labels.join('.') || '.', end: end ?? at + 1 };
    if (length >= POINTER) {
      if (at + 2 > bytes.length) return undefined;
      const target = bytes.readUInt16BE(at) & 0x3fff;
      if (target < HEADER || target >= earliest || ++pointers > MOST_POINTERS) return undefined;
      end ??= at + 2;
      at = earliest = target;
      continue;
    }
    const next = at + 1 + length;
    size += 1 + length;
    if (length > LONGEST_LABEL || size > LONGEST_NAME || next > bytes.length) return undefined;
    labels.push(label(bytes.subarray(at + 1, next)));
    at = next;
  }
};

const questionAt = (bytes: Buffer, at: number) => {
  const owner = nameAt(bytes, at);
  if (!owner || owner.end + 4 > bytes.length) return undefined;
  const type = bytes.readUInt16BE(owner.end);
  return { name: owner.name, type: types[type] ?? type, end: owner.end + 4 };
};

const recordAt = (bytes: Buffer, at: number, classes: number) => {
  const owner = nameAt(bytes, at);
  if (!owner || owner.end + 10 > bytes.length) return undefined;
  const data = owner.end + 10;
  const length = bytes.readUInt16BE(owner.end + 8);
  const end = data + length;
  if (end > bytes.length) return undefined;
  const isAddress = bytes.readUInt16BE(owner.end) === A && (bytes.readUInt16BE(owner.end + 2) & classes) === IN;
  if (!isAddress) return { end };
  return length === 4 ? { address: ipAt(bytes, data), end } : undefined;
};

/** Reads a message; of its records' classes only the bits in `classes` count. */
export const dnsMessage = (bytes: Buffer, classes = 0xffff): Decoded<DnsFields> | Malformed => {
  if (bytes.length < HEADER) return cut(bytes, HEADER);
  const flags = bytes.readUInt16BE(2);
  const opcode = (flags >> 11) & 0x0f;
  const rcode = flags & 0x0f;
  const isResponse = (flags & 0x8000) !== 0;
  const questions = bytes.readUInt16BE(4);
  const answers = bytes.readUInt16BE(6);
  const records = answers + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  const fields: DnsFields = {
    id: bytes.readUInt16BE(0),
    qr: isResponse ? 'response' : 'query',
    opcode: opcodes[opcode] ?? opcode,
    ...(isResponse && { rcode: rcodes[rcode] ?? rcode }),
    ancount: answers,
  };

  let at = HEADER;
  for (let n = 0; n < questions; n++) {
    const question = questionAt(bytes, at);
    if (!question) return { malformed: `its question ${n + 1} of ${questions} cannot be read` };
    if (n === 0) Object.assign(fields, { qname: question.name, qtype: question.type });
    at = question.end;
  }
  const addresses: string[] = [];
  for (let n = 0; n < records; n++) {
    const record = recordAt(bytes, at, classes);
    if (!record) return { malformed: `its record ${n + 1} of ${records} cannot be read` };
    if (record.address !== undefined && n < answers) addresses.push(record.address);
    at = record.end;
  }
  if (addresses.length > 0) fields.addresses = addresses.join(', ');
  return { fields, payload: bytes.subarray(at) };
};

export const dns = protocol<DnsFields>('dns', {
  carriedBy: { udp: [PORT] },
  brief: ['qr', 'rcode', 'qname', 'qtype', 'addresses'],
  message: true,
  mirror: (fields) => turned(fields, 'qr', ['query', 'response']),
  decode: (bytes) => dnsMessage(bytes),
});
