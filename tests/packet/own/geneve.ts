// RFC 8926, section 3.4, as somebody would write it who builds on packetwalk and does not know that it has Geneve already
import { cut, protocol } from '../../../src/index.ts';

export const geneve = protocol<{ vni: number; options: number; inside: number }>('geneve', {
  carriedBy: { udp: [6081] },
  brief: ['vni'],
  decode(bytes) {
    if (bytes.length < 8) return cut(bytes, 8);
    const end = 8 + (bytes.readUInt8(0) & 0x3f) * 4;
    if (bytes.length < end) return cut(bytes, end);
    const inside = bytes.readUInt16BE(2);
    const fields = { vni: bytes.readUIntBE(4, 3), options: end - 8, inside };
    return { fields, next: inside, payload: bytes.subarray(end) };
  },
});
