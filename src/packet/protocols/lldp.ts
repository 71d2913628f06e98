// IEEE 802.1AB-2016, section 8.4: a list of TLVs, of which Chassis ID, Port ID and Time To Live are the first three
//  0                   1
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+------------------------
// |   TLV Type  |      Length     |  Value (0 to 511 bytes)
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+------------------------
import { ip6At, ipAt, macAt } from '../address.ts';
import { cut, protocol } from '../protocol.ts';

type Fields = {
  /** A MAC address, an IP address or a name, as the sender calls itself; in hexadecimal where it is none of them. */
  chassis: string;
  port: string;
  /** In seconds; 0 says that the sender is no more. */
  ttl: number;
  portDescription?: string;
  systemName?: string;
  systemDescription?: string;
};

const [END, CHASSIS, PORT, TTL] = [0, 1, 2, 3];
const texts: Record<number, keyof Fields & string> = { 4: 'portDescription', 5: 'systemName', 6: 'systemDescription' };

/** What a subtype is, of a chassis and of a port (tables 8-2 and 8-3). */
const kinds: Record<number, Record<number, 'mac' | 'address' | 'text'>> = {
  [CHASSIS]: { 1: 'text', 2: 'text', 3: 'text', 4: 'mac', 5: 'address', 6: 'text', 7: 'text' },
  [PORT]: { 1: 'text', 2: 'text', 3: 'mac', 4: 'address', 5: 'text', 7: 'text' },
};

/** IANA's numbers of address families. */
const [IPV4, IPV6] = [1, 2];

const addressIn = (bytes: Buffer): string | undefined => {
  if (bytes[0] === IPV4) return bytes.length === 5 ? ipAt(bytes, 1) : undefined;
  if (bytes[0] === IPV6) return bytes.length === 17 ? ip6At(bytes, 1) : undefined;
  return bytes.toString('hex');
};

/** Undefined where it is not what its subtype says. */
const identifier = (type: number, value: Buffer): string | undefined => {
  const kind = kinds[type]?.[value[0] ?? 0];
  const rest = value.subarray(1);
  if (kind === 'mac') return rest.length === 6 ? macAt(rest, 0) : undefined;
  if (kind === 'address') return addressIn(rest);
  return rest.toString(kind === 'text' ? 'utf8' : 'hex');
};

export const lldp = protocol<Fields>('lldp', {
  carriedBy: { ether: [0x88cc] },
  brief: ['chassis', 'port', 'systemName'],
  decode(bytes) {
    const found: Partial<Fields> = {};
    let at = 0;
    for (let n = 1; ; n++) {
      if (at + 2 > bytes.length) return n === 1 ? cut(bytes, 2) : { malformed: 'it has no end' };
      const word = bytes.readUInt16BE(at);
      const [type, length] = [word >> 9, word & 0x1ff];
      const value = bytes.subarray(at + 2, at + 2 + length);
      if (value.length < length) return { malformed: `its TLV ${n} (type ${type}) is cut off` };
      if (n <= TTL ? type !== n : type !== END && type <= TTL) return { malformed: `its TLV ${n} is of type ${type}` };
      at += 2 + length;
      if (type === END) break;
      if (type <= PORT && length < 2) return { malformed: `its TLV ${n} is empty` };
      if (type === CHASSIS || type === PORT) {
        const name = identifier(type, value);
        if (name === undefined) return { malformed: `its TLV ${n} is not what its subtype says` };
        found[type === CHASSIS ? 'chassis' : 'port'] = name;
      } else if (type === TTL) {
        if (length < 2) return { malformed: 'its time to live is cut off' };
        found.ttl = value.readUInt16BE(0);
      } else if (texts[type]) Object.assign(found, { [texts[type]]: value.toString('utf8') });
    }
    const { chassis = '', port = '', ttl = 0, ...rest } = found;
    return { fields: { chassis, port, ttl, ...rest }, payload: bytes.subarray(at) };
  },
});
