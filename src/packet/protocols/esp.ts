// RFC 4303, section 2
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |               Security Parameters Index (SPI)                 |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                      Sequence Number                          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                    Payload Data (variable)                    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { cut, protocol } from '../protocol.ts';

type Fields = {
  /** As `ip xfrm state` prints it, as a number: 0x00000100. */
  spi: number;
  sequence: number;
};

export const esp = protocol<Fields>('esp', {
  carriedBy: { ip: [50], ip6: [50] },
  brief: ['spi', 'sequence'],
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    return {
      fields: { spi: bytes.readUInt32BE(0), sequence: bytes.readUInt32BE(4) },
      payload: bytes.subarray(8),
    };
  },
});
