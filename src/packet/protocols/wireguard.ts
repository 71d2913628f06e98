// “WireGuard: Next Generation Kernel Network Tunnel” (NDSS 2017), section 5.4, little-endian
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |    Type = 4   |                Reserved = 0                   |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                        Receiver index                         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                                                               |
// +                            Counter                            +
// |                                                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                   Encrypted packet (variable)                 |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { cut, protocol } from '../protocol.ts';

type Fields = {
  type: 'handshake initiation' | 'handshake response' | 'cookie reply' | 'transport data';
  /** By which number each end knows the session. */
  sender?: number;
  receiver?: number;
  /** Of transport data. */
  counter?: number;
};

const PORT = 51820;
const DATA = 4;
/** A counter is one of 64 bits; beyond this, a number is not exact. */
const MOST = 2n ** 53n;

/** Each type's name, its length, and where its indices lie. */
const kinds: Record<number, { type: Fields['type']; length: number; sender?: number; receiver?: number }> = {
  1: { type: 'handshake initiation', length: 148, sender: 4 },
  2: { type: 'handshake response', length: 92, sender: 4, receiver: 8 },
  3: { type: 'cookie reply', length: 64, receiver: 4 },
  [DATA]: { type: 'transport data', length: 32, receiver: 4 },
};

/** Its port may as well be a client’s of something else: what cannot be read there is no WireGuard. */
export const wireguard = protocol<Fields>('wireguard', {
  carriedBy: { udp: [PORT] },
  brief: ['type', 'counter'],
  message: true,
  decode(bytes) {
    if (bytes.length < 4) return cut(bytes, 4);
    const kind = kinds[bytes.readUInt32LE(0)];
    if (!kind) return { malformed: `its type is ${bytes.readUInt32LE(0)}` };
    const { type, length, sender, receiver } = kind;
    if (bytes.length < length) return cut(bytes, length);
    const isData = type === 'transport data';
    if (!isData && bytes.length > length) return { malformed: `its length is ${bytes.length}, not ${length}` };
    const counter = isData ? bytes.readBigUInt64LE(8) : 0n;
    if (counter >= MOST) return { malformed: `its counter is ${counter}` };
    const fields: Fields = {
      type,
      ...(sender && { sender: bytes.readUInt32LE(sender) }),
      ...(receiver && { receiver: bytes.readUInt32LE(receiver) }),
      ...(isData && { counter: Number(counter) }),
    };
    return isData ? { fields, next: DATA, payload: bytes.subarray(16) } : { fields, payload: bytes.subarray(length) };
  },
});
