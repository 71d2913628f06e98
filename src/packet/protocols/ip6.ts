// RFC 8200, section 3; below it the Fragment header (4.5), and what other extension headers begin with
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |Version| Traffic Class |           Flow Label                  |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |         Payload Length        |  Next Header  |   Hop Limit   |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                                                               |
// +                                                               +
// |                                                               |
// +                         Source Address                        +
// |                                                               |
// +                                                               +
// |                                                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                                                               |
// +                                                               +
// |                                                               |
// +                      Destination Address                      +
// |                                                               |
// +                                                               +
// |                                                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                         Identification                        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Next Header  |  Hdr Ext Len  |                               |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
import { ip6At } from '../address.ts';
import { swapped } from '../answer.ts';
import { cut, type Malformed, protocol } from '../protocol.ts';

type Fields = {
  /** As RFC 5952 writes it: `fd00::1`. */
  src: string;
  dst: string;
  hopLimit: number;
  /** Header, extension headers and payload, in bytes. */
  length: number;
  dscp: number;
  ecn: number;
  flowLabel: number;
  /** Header and extension headers, in bytes. */
  headerLength: number;
  /** The number of what it carries, behind all extension headers. */
  protocol: number;
  /** The extension headers, in order, separated by `, `: `hop-by-hop, routing, fragment, destination`. */
  extensions?: string;
  /** Of a fragment: its packet’s identification, where it begins, in bytes, and whether more follow. */
  id?: number;
  offset?: number;
  mf?: boolean;
};

const HEADER = 40;
const [HOP_BY_HOP, FRAGMENT, DESTINATION] = [0, 44, 60];
const PAD1 = 0;
const names: Record<number, string> = {
  [HOP_BY_HOP]: 'hop-by-hop',
  43: 'routing',
  [FRAGMENT]: 'fragment',
  [DESTINATION]: 'destination',
};

interface Chain {
  found: string[];
  next: number;
  at: number;
  fragment?: Required<Pick<Fields, 'id' | 'offset' | 'mf'>>;
}

/** Whether the options of a Hop-by-Hop or Destination Options header (section 4.2) end where the header does. */
const areWhole = (options: Buffer): boolean => {
  let at = 0;
  while (at < options.length) at += options[at] === PAD1 ? 1 : 2 + (options[at + 1] ?? options.length);
  return at === options.length;
};

/** The extension headers from an offset on; of a later fragment, those before its own part of the packet. */
const extensions = (bytes: Buffer, first: number): Chain | Malformed => {
  const chain: Chain = { found: [], next: first, at: HEADER };
  for (let name = names[first]; name; name = names[chain.next]) {
    const { at, next } = chain;
    if (bytes.length < at + 8) return { malformed: `only ${bytes.length - at} bytes of its ${name} header are there` };
    const length = next === FRAGMENT ? 8 : (bytes.readUInt8(at + 1) + 1) * 8;
    if (bytes.length < at + length)
      return { malformed: `only ${bytes.length - at} of the ${length} bytes of its ${name} header are there` };
    if ((next === HOP_BY_HOP || next === DESTINATION) && !areWhole(bytes.subarray(at + 2, at + length)))
      return { malformed: `the options of its ${name} header do not end with it` };
    chain.found.push(name);
    chain.next = bytes.readUInt8(at);
    chain.at = at + length;
    if (next !== FRAGMENT) continue;
    const word = bytes.readUInt16BE(at + 2);
    chain.fragment = { id: bytes.readUInt32BE(at + 4), offset: word & 0xfff8, mf: (word & 1) !== 0 };
    if (chain.fragment.offset > 0) break;
  }
  return chain;
};

/** A payload length of 0 is what Linux shows for a packet that is yet to be segmented: it reaches to the last byte. */
export const ip6 = protocol<Fields>('ip6', {
  carriedBy: {
    ether: [0x86dd],
    raw: [6],
    ip: [41],
    ip6: [41],
    geneve: [0x86dd],
    gre: [0x86dd],
    mpls: [6],
  },
  brief: ['src', 'dst', 'hopLimit'],
  mirror: (fields) => swapped(fields, ['src', 'dst']),
  decode(bytes) {
    if (bytes.length < HEADER) return cut(bytes, HEADER);
    const word = bytes.readUInt32BE(0);
    if (word >>> 28 !== 6) return { malformed: `its version is ${word >>> 28}` };
    const stated = bytes.readUInt16BE(4);
    const end = stated ? HEADER + stated : bytes.length;
    const chain = extensions(bytes.subarray(0, end), bytes.readUInt8(6));
    if ('malformed' in chain) return chain;
    const { found, next, at, fragment } = chain;
    const fields: Fields = {
      src: ip6At(bytes, 8),
      dst: ip6At(bytes, 24),
      hopLimit: bytes.readUInt8(7),
      length: stated ? end : 0,
      headerLength: at,
      dscp: (word >>> 22) & 0x3f,
      ecn: (word >>> 20) & 3,
      flowLabel: word & 0xfffff,
      protocol: next,
      ...(found.length && { extensions: found.join(', ') }),
      ...fragment,
    };
    const payload = bytes.subarray(at, end);
    return fragment?.offset ? { fields, payload } : { fields, next, payload };
  },
});
