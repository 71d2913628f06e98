// RFC 9260, section 3.1, and what each chunk begins with (3.2)
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      Source Port Number       |    Destination Port Number    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                       Verification Tag                        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                           Checksum                            |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Chunk Type   |  Chunk Flags  |         Chunk Length          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
import { swapped, turned } from '../answer.ts';
import { cut, protocol } from '../protocol.ts';

type Fields = {
  src: number;
  dst: number;
  /** The verification tag. */
  tag: number;
  /** Its chunks by name, in order, separated by `, `: `COOKIE ECHO, DATA`; a number where it has none. */
  chunks?: string;
  /** Of its first chunk, where that is an INIT or INIT ACK: the tag that its sender wants to see. */
  initiateTag?: number;
  /** Of its first DATA or I-DATA chunk: the transmission sequence number. */
  tsn?: number;
};

const names = ['DATA', 'INIT', 'INIT ACK', 'SACK', 'HEARTBEAT', 'HEARTBEAT ACK', 'ABORT', 'SHUTDOWN', 'SHUTDOWN ACK'];
names.push('ERROR', 'COOKIE ECHO', 'COOKIE ACK', 'ECNE', 'CWR', 'SHUTDOWN COMPLETE');
/** RFC 8260, section 2.1. */
names[64] = 'I-DATA';

/** RFC 792 lets an error quote no more than 8 bytes: ports and verification tag. */
const QUOTED = 8;
const HEADER = 12;
const shortest: Record<string, number> = { DATA: 16, 'I-DATA': 20, INIT: 20, 'INIT ACK': 20 };
const isInit = (name: string) => name === 'INIT' || name === 'INIT ACK';
const isData = (name: string) => name === 'DATA' || name === 'I-DATA';

/** Its payload is all of its chunks. */
export const sctp = protocol<Fields>('sctp', {
  carriedBy: { ip: [132], ip6: [132] },
  brief: ['src', 'dst', 'chunks'],
  mirror: (fields) => turned(swapped(fields, ['src', 'dst']), 'chunks', ['INIT', 'INIT ACK']),
  decode(bytes) {
    if (bytes.length < QUOTED) return cut(bytes, HEADER);
    const fields: Fields = { src: bytes.readUInt16BE(0), dst: bytes.readUInt16BE(2), tag: bytes.readUInt32BE(4) };
    if (bytes.length === QUOTED) return { fields, payload: bytes.subarray(QUOTED) };
    if (bytes.length < HEADER) return cut(bytes, HEADER);
    const chunks: string[] = [];
    for (let at = HEADER; at < bytes.length; ) {
      if (at + 4 > bytes.length) return { malformed: `its chunk ${chunks.length + 1} is cut off` };
      const [type, length] = [bytes.readUInt8(at), bytes.readUInt16BE(at + 2)];
      const name = names[type] ?? `${type}`;
      if (length < (shortest[name] ?? 4))
        return { malformed: `its chunk ${chunks.length + 1} (${name}) has a length of ${length}` };
      if (at + length > bytes.length) return { malformed: `its chunk ${chunks.length + 1} (${name}) is cut off` };
      if (isInit(name) && !chunks.length) fields.initiateTag = bytes.readUInt32BE(at + 4);
      if (isData(name) && fields.tsn === undefined) fields.tsn = bytes.readUInt32BE(at + 4);
      chunks.push(name);
      at += (length + 3) & ~3;
    }
    return { fields: { ...fields, chunks: chunks.join(', ') }, payload: bytes.subarray(HEADER) };
  },
});
