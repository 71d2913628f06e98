// RFC 8446: a record (section 5.1), and a ClientHello in it (4.1.2); the server's name as in RFC 6066, section 3
//
//  type (1)  legacy_record_version (2)  length (2)
//    msg_type = 1 (1)  length (3)  legacy_version (2)  random (32)
//    legacy_session_id <0..32>  cipher_suites <2..2^16-2>  legacy_compression_methods <1..2^8-1>  extensions <8..2^16-1>
import { cut, protocol } from '../protocol.ts';

type Type = 'client hello' | 'handshake' | 'change cipher spec' | 'alert' | 'application data';
type Fields = {
  /** `handshake` is any but a ClientHello. */
  type: Type;
  /** Of a ClientHello: the name of the server that is meant, and the protocols that are offered, separated by `, `. */
  sni?: string;
  alpn?: string;
};

const types: Record<number, Type> = { 20: 'change cipher spec', 21: 'alert', 22: 'handshake', 23: 'application data' };
const RECORD = 5;
const LONGEST = 2 ** 14 + 256;
const CLIENT_HELLO = 1;
const [SERVER_NAME, ALPN] = [0, 16];

/** Reads numbers and vectors, one after the other; undefined beyond the end. */
const reader = (bytes: Buffer) => {
  let at = 0;
  const number = (width: 1 | 2 | 3): number | undefined => {
    if (at + width > bytes.length) return undefined;
    at += width;
    return bytes.readUIntBE(at - width, width);
  };
  const take = (length: number | undefined): Buffer | undefined => {
    if (length === undefined || at + length > bytes.length) return undefined;
    at += length;
    return bytes.subarray(at - length, at);
  };
  return { number, take, vector: (width: 1 | 2 | 3) => take(number(width)), isEnd: () => at === bytes.length };
};

const hostName = (extension: Buffer): string | undefined => {
  const list = reader(extension).vector(2);
  const names = list && reader(list);
  return names?.number(1) === 0 ? names.vector(2)?.toString('latin1') : undefined;
};

const offered = (extension: Buffer): string | undefined => {
  const list = reader(extension).vector(2);
  if (!list) return undefined;
  const names = reader(list);
  const found: string[] = [];
  while (!names.isEnd()) {
    const name = names.vector(1);
    if (!name) return undefined;
    found.push(name.toString('latin1'));
  }
  return found.join(', ');
};

/** What a ClientHello tells; undefined where it does not end as it says. */
const clientHello = (body: Buffer): Pick<Fields, 'sni' | 'alpn'> | undefined => {
  const hello = reader(body);
  if (!hello.take(34) || !hello.vector(1) || !hello.vector(2) || !hello.vector(1)) return undefined;
  if (hello.isEnd()) return {};
  const all = hello.vector(2);
  if (!all || !hello.isEnd()) return undefined;
  const extensions = reader(all);
  const found: Pick<Fields, 'sni' | 'alpn'> = {};
  while (!extensions.isEnd()) {
    const type = extensions.number(2);
    const extension = extensions.vector(2);
    if (!extension) return undefined;
    if (type !== SERVER_NAME && type !== ALPN) continue;
    const text = type === SERVER_NAME ? hostName(extension) : offered(extension);
    if (text === undefined) return undefined;
    found[type === SERVER_NAME ? 'sni' : 'alpn'] = text;
  }
  return found;
};

/** The first record of a segment; one that begins in the middle of a record has none. */
export const tls = protocol<Fields>('tls', {
  carriedBy: { tcp: [443, 8443] },
  brief: ['type', 'sni'],
  message: true,
  decode(bytes) {
    if (bytes.length < RECORD) return cut(bytes, RECORD);
    const type = types[bytes.readUInt8(0)];
    const length = bytes.readUInt16BE(3);
    if (!type || bytes.readUInt8(1) !== 3) return { malformed: 'it does not begin with a record' };
    if (length > LONGEST) return { malformed: `its record’s length is ${length}` };
    const record = bytes.subarray(RECORD, RECORD + length);
    if (type !== 'handshake' || record[0] !== CLIENT_HELLO)
      return { fields: { type }, payload: bytes.subarray(RECORD) };
    if (record.length < length) return cut(bytes, RECORD + length);
    const body = record.length >= 4 ? record.subarray(4, 4 + record.readUIntBE(1, 3)) : undefined;
    if (!body || body.length < record.readUIntBE(1, 3))
      return { malformed: 'its ClientHello goes on in another record' };
    const told = clientHello(body);
    if (!told) return { malformed: 'its ClientHello cannot be read' };
    return { fields: { type: 'client hello', ...told }, payload: bytes.subarray(RECORD + length) };
  },
});
