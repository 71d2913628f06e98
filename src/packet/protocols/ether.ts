// RFC 894; drawn as in RFC 7348, section 5; an optional tag is IEEE 802.1Q, and the first of two 802.1ad
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                    Destination MAC Address                    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// | Destination MAC Address       | Source MAC Address            |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                      Source MAC Address                       |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |OptnlEthtype = C-Tag 802.1Q    | PCP |D|  VLAN identifier      |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// | Ethertype                     |                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
import { macAt } from '../address.ts';
import { swapped } from '../answer.ts';
import { cut, protocol } from '../protocol.ts';

type Fields = {
  dst: string;
  src: string;
  /** The VLAN of its tag; of two, of the inner one, the customer’s. */
  vlan?: number;
  /** Of the same tag: the priority, 0 to 7. */
  pcp?: number;
  /** The VLAN of the outer one of two tags, or of the only one where that is a service tag (0x88a8). */
  svlan?: number;
};

const [CUSTOMER, SERVICE] = [0x8100, 0x88a8];
/** Below, it is no Ethertype but a length (IEEE 802.3). */
const LEAST_ETHERTYPE = 0x0600;
const LLC = 0;

interface Tag {
  type: number;
  vlan: number;
  pcp: number;
}

/** The tags of a frame, outermost first, as far as they are whole, and where its Ethertype is. */
const tagsOf = (bytes: Buffer): { tags: Tag[]; at: number } => {
  const tags: Tag[] = [];
  let at = 12;
  for (; at + 2 <= bytes.length; at += 4) {
    const type = bytes.readUInt16BE(at);
    if (type !== CUSTOMER && type !== SERVICE) break;
    if (at + 4 > bytes.length) return { tags, at: bytes.length };
    const word = bytes.readUInt16BE(at + 2);
    tags.push({ type, vlan: word & 0x0fff, pcp: word >> 13 });
  }
  return { tags, at };
};

export const ether = protocol<Fields, 'dst' | 'src'>('ether', {
  carriedBy: { wire: 'always', vxlan: 'always', geneve: [0x6558], gre: [0x6558] },
  brief: ['src', 'dst'],
  mirror: (fields) => swapped(fields, ['src', 'dst']),
  decode(bytes) {
    if (bytes.length < 14) return cut(bytes, 14);
    const fields: Fields = { dst: macAt(bytes, 0), src: macAt(bytes, 6) };
    const { tags, at } = tagsOf(bytes);
    if (bytes.length < at + 2) return cut(bytes, at + 2);
    if (tags.length > 2) return { malformed: `it has ${tags.length} tags` };
    const [outer, inner] = tags.length === 2 ? tags : tags[0]?.type === SERVICE ? [tags[0]] : [undefined, tags[0]];
    if (outer) fields.svlan = outer.vlan;
    if (inner) Object.assign(fields, { vlan: inner.vlan, pcp: inner.pcp });
    const ethertype = bytes.readUInt16BE(at);
    if (ethertype >= LEAST_ETHERTYPE) return { fields, next: ethertype, payload: bytes.subarray(at + 2) };
    return { fields, next: LLC, payload: bytes.subarray(at + 2, at + 2 + ethertype) };
  },
});
