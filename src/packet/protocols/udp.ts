// RFC 768
//  0      7 8     15 16    23 24    31
// +--------+--------+--------+--------+
// |     Source      |   Destination   |
// |      Port       |      Port       |
// +--------+--------+--------+--------+
// |                 |                 |
// |     Length      |    Checksum     |
// +--------+--------+--------+--------+
import { swapped } from '../answer.ts';
import { cut, protocol } from '../protocol.ts';

type Fields = {
  src: number;
  dst: number;
  /** Header and payload, in bytes. */
  length: number;
};

/** The destination port says what is inside, as both ends of a tunnel send to the same one; an answer has it as its source. */
export const udp = protocol<Fields>('udp', {
  carriedBy: { ip: [17], ip6: [17] },
  brief: ['dst'],
  mirror: (fields, carried) => (carried ? fields : swapped(fields, ['src', 'dst'])),
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    const length = bytes.readUInt16BE(4);
    if (length !== 0 && length < 8) return { malformed: `its length is ${length}` };
    const fields = { src: bytes.readUInt16BE(0), dst: bytes.readUInt16BE(2), length };
    return { fields, next: fields.dst, source: fields.src, payload: bytes.subarray(8, length || bytes.length) };
  },
});
