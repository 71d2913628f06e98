// IEEE 802.1D-2004, section 9.3: a bridge protocol data unit, without what MSTP adds (802.1Q)
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |     Protocol Identifier       |    Version    |     Type      |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |     Flags     |            Root Identifier (8)                |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |     Root Path Cost (4), Bridge Identifier (8), Port Identifier (2),
//  |     Message Age, Max Age, Hello Time, Forward Delay (2 each, in 1/256 of a second)
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { macAt } from '../address.ts';
import { cut, protocol } from '../protocol.ts';

type Fields = {
  type: 'configuration' | 'rapid' | 'topology change';
  /** 0 is STP, 2 RSTP, 3 MSTP. */
  version: number;
  /** Priority and MAC address of the root: `32768.02:00:00:00:00:01`. */
  root?: string;
  rootCost?: number;
  /** Who says so, in the same way. */
  bridge?: string;
  /** Priority and number, as `bridge link` and brctl(8) know it: 0x8001. */
  port?: number;
  /** The flag that tells of a change of the topology. */
  topologyChange?: boolean;
  /** In seconds. */
  helloTime?: number;
  maxAge?: number;
  forwardDelay?: number;
};

const CONFIGURATION = 35;
const types: Record<number, Fields['type']> = { 0: 'configuration', 2: 'rapid', 128: 'topology change' };

const identifier = (bytes: Buffer, at: number) => `${bytes.readUInt16BE(at)}.${macAt(bytes, at + 2)}`;
const seconds = (bytes: Buffer, at: number) => bytes.readUInt16BE(at) / 256;

export const stp = protocol<Fields>('stp', {
  carriedBy: { llc: [0x42] },
  brief: ['type', 'root', 'bridge', 'port'],
  decode(bytes) {
    if (bytes.length < 4) return cut(bytes, 4);
    const id = bytes.readUInt16BE(0);
    if (id !== 0) return { malformed: `its protocol identifier is ${id}` };
    const version = bytes.readUInt8(2);
    const type = types[bytes.readUInt8(3)];
    if (!type) return { malformed: `its type is ${bytes.readUInt8(3)}` };
    if (type === 'topology change') return { fields: { type, version }, payload: bytes.subarray(4) };
    if (bytes.length < CONFIGURATION) return cut(bytes, CONFIGURATION);
    const fields: Fields = {
      type,
      version,
      root: identifier(bytes, 5),
      rootCost: bytes.readUInt32BE(13),
      bridge: identifier(bytes, 17),
      port: bytes.readUInt16BE(25),
      topologyChange: (bytes.readUInt8(4) & 1) !== 0,
      maxAge: seconds(bytes, 29),
      helloTime: seconds(bytes, 31),
      forwardDelay: seconds(bytes, 33),
    };
    return { fields, payload: bytes.subarray(CONFIGURATION) };
  },
});
