// RFC 3931: over IP (section 4.1.1), of which a session of 0 is the control connection; over UDP (4.1.2); and version 2, RFC 2661,
// section 3.1
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                           Session ID                          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |T|x|x|x|x|x|x|x|x|x|x|x|  Ver  |          Reserved             |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                           Session ID                          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |T|L|x|x|S|x|O|P|x|x|x|x|  Ver  |          Length (opt)         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           Tunnel ID           |           Session ID          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |             Ns (opt)          |             Nr (opt)          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      Offset Size (opt)        |    Offset pad... (opt)
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { cut, type Decoded, type Malformed, protocol } from '../protocol.ts';

type Fields = {
  version: 2 | 3;
  type: 'data' | 'control';
  /** Of version 2 in 16 bits, of version 3 in 32; version 3 has a tunnel, the control connection, in control messages alone. */
  tunnel?: number;
  session?: number;
  /** Numbers of this message, and of the next that is expected. */
  ns?: number;
  nr?: number;
};

const PORT = 1701;
const [TYPE, LENGTH, SEQUENCE, OFFSET] = [0x8000, 0x4000, 0x0800, 0x0200];

const version2 = (bytes: Buffer, flags: number): Decoded<Fields> | Malformed => {
  let at = 2;
  const word = () => {
    const value = at + 2 <= bytes.length ? bytes.readUInt16BE(at) : 0;
    at += 2;
    return value;
  };
  const length = flags & LENGTH ? word() : bytes.length;
  const fields: Fields = { version: 2, type: flags & TYPE ? 'control' : 'data', tunnel: word(), session: word() };
  if (flags & SEQUENCE) Object.assign(fields, { ns: word(), nr: word() });
  if (flags & OFFSET) at += word();
  if (bytes.length < at) return cut(bytes, at);
  if (length < at) return { malformed: `its length is ${length}` };
  return { fields, payload: bytes.subarray(at, length) };
};

/** A control message of version 3, behind its first word: as those of version 2, with one identifier of 32 bits. */
const control3 = (bytes: Buffer): Decoded<Fields> | Malformed => {
  if (bytes.length < 12) return cut(bytes, 12);
  const length = bytes.readUInt16BE(2);
  if (length < 12) return { malformed: `its length is ${length}` };
  const fields: Fields = {
    version: 3,
    type: 'control',
    tunnel: bytes.readUInt32BE(4),
    ns: bytes.readUInt16BE(8),
    nr: bytes.readUInt16BE(10),
  };
  return { fields, payload: bytes.subarray(12, length) };
};

const overUdp = (bytes: Buffer): Decoded<Fields> | Malformed => {
  if (bytes.length < 8) return cut(bytes, 8);
  const flags = bytes.readUInt16BE(0);
  const version = flags & 0x000f;
  if (version === 2) return version2(bytes, flags);
  if (version !== 3) return { malformed: `its version is ${version}` };
  if (flags & TYPE) return control3(bytes);
  const fields: Fields = { version, type: 'data', session: bytes.readUInt32BE(4) };
  return { fields, payload: bytes.subarray(8) };
};

const overIp = (bytes: Buffer): Decoded<Fields> | Malformed => {
  if (bytes.length < 4) return cut(bytes, 4);
  const session = bytes.readUInt32BE(0);
  if (session !== 0) return { fields: { version: 3, type: 'data', session }, payload: bytes.subarray(4) };
  return control3(bytes.subarray(4));
};

/** What a session carries is agreed by its ends and not told in its packets: cookie, sublayer and frame are its payload. */
export const l2tp = protocol<Fields>('l2tp', {
  carriedBy: { ip: [115], ip6: [115], udp: [PORT] },
  brief: ['type', 'tunnel', 'session'],
  decode: (bytes, carrier) => (carrier === 'udp' ? overUdp(bytes) : overIp(bytes)),
});
