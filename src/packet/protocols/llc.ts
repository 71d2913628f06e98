// IEEE 802.2, section 3.2: the header of frames that have a length in place of an Ethertype
// +--------+--------+--------+
// |  DSAP  |  SSAP  | Control|
// +--------+--------+--------+
import { cut, protocol } from '../protocol.ts';

type Fields = {
  /** Who is spoken to: 0x42 is the Spanning Tree Protocol, 0xaa SNAP. */
  dsap: number;
  ssap: number;
  /** 3 is an unnumbered information frame. */
  control: number;
};

const UNNUMBERED = 3;

export const llc = protocol<Fields>('llc', {
  carriedBy: { ether: [0] },
  brief: ['dsap'],
  decode(bytes) {
    if (bytes.length < 3) return cut(bytes, 3);
    const fields: Fields = { dsap: bytes.readUInt8(0), ssap: bytes.readUInt8(1), control: bytes.readUInt8(2) };
    const payload = bytes.subarray(3);
    return fields.control === UNNUMBERED ? { fields, next: fields.dsap, payload } : { fields, payload };
  },
});
