import type { Passage, Sighting } from '../../judge/observation.ts';
import type { Part } from '../../lab/part.ts';
import { decode, isIp, type Packet } from '../../packet/index.ts';
import { frameMark, type Marks, markOf, marksOf } from './marks.ts';
import type { Told } from './passages.ts';

/** What a command sends, and where it is typed: by that, a packet is known that never got to any interface. */
export interface Sending {
  from: string;
  /** Innermost; any where it is not known. An `icmp` is an echo request, a `tcp` a SYN. */
  protocol?: 'icmp' | 'tcp' | 'udp' | undefined;
  /** The mark of its transport header, where that is known. */
  transport?: string | undefined;
  /** All frames that were seen while it was sent, of whatever packet. */
  seen: readonly { packet(): Packet }[];
}

interface Known extends Pick<Sighting, 'part' | 'place' | 'direction' | 'device'> {
  marks: Marks;
  frame: string;
  /** The innermost IP header's. */
  src: unknown;
  dst: unknown;
  id: unknown;
}

function knownBy({ part, place, direction, device, headers, bytes }: Sighting): Known {
  const packet = decode(bytes, headers[0]?.protocol === 'ether' ? 'ethernet' : 'raw');
  const ip = packet.headers.findLast(isIp);
  const { src, dst } = ip?.fields ?? {};
  // Hooks see an IPv6 packet without an identification.
  const id = ip?.protocol === 'ip' ? ip.fields.id : 0;
  const marks = marksOf(packet, bytes);
  return { part, place, direction, device, marks, frame: frameMark(bytes), src, dst, id };
}

/**
 * Of which part of the walk each passage is, from where its packets were seen; what is of none of them is left out. The first
 * packet that its sender dropped before any interface, and an answer to what was seen, belong to the walk though nothing of
 * them was seen.
 */
export function assign(told: readonly Told[], sightings: readonly Sighting[], sending: Sending): Passage[] {
  const known = sightings.map(knownBy);
  const parts = new Map<Told, Part>();
  const give = (part: Part, which: readonly Told[]) => {
    for (const each of which) if (!parts.has(each)) parts.set(each, part);
  };
  for (const each of told) {
    const part = partOf(each, known);
    if (part) parts.set(each, part);
  }
  for (const [part, which] of carrying(told, known, parts)) give(part, which);
  const request = known.some(({ part }) => part === 'request') ? undefined : unseenRequest(told, parts, sending);
  if (request) give('request', firstOf(request, told));
  const asked: Asked[] = known.filter(({ part }) => part === 'request');
  if (request) asked.push({ marks: request.marks, ...request.ip });
  const reply = unseenAnswer(told, known, asked);
  if (reply) give('reply', firstOf(reply, told));
  return once(told, known).flatMap((each) => {
    const part = parts.get(each);
    const { marks, enters, ...passage } = each;
    return part ? [{ ...passage, ...(enters && arrives(each, known) && { enters }), part }] : [];
  });
}

const samePacket = (told: Told, { marks, id }: Known) =>
  told.marks.transport !== undefined && told.marks.transport === marks.transport && told.ip.id === id;

function partOf(told: Told, known: readonly Known[]): Part | undefined {
  const same = known.filter((each) => samePacket(told, each));
  if (!same.length) return known.find((each) => each.place === told.place && sharesLayer(told, each))?.part;
  // Of a datagram that is sent back as it came, only the addresses tell the request from its answer.
  const { src, dst } = told.ip;
  const both = same.find((each) => each.src === src && each.dst === dst);
  const either = same.find((each) => each.src === src || each.dst === dst);
  return (both ?? either ?? same[0])?.part;
}

const sharesLayer = (told: Told, { marks }: Pick<Known, 'marks'>) =>
  told.marks.layers.some((mark) => marks.layers.includes(mark));

/** VXLAN's outer packets that were dropped before any interface saw them: they carry a frame that one did see. */
function carrying(told: readonly Told[], known: readonly Known[], parts: ReadonlyMap<Told, Part>): [Part, Told[]][] {
  return known.flatMap(({ part, place, direction, frame }): [Part, Told[]][] => {
    if (direction !== 'out') return [];
    const outer = told.filter((each) => each.place === place && each.marks.frame === frame);
    const first = outer.find(({ enters }) => !enters);
    return first && !outer.some((each) => parts.has(each)) ? [[part, firstOf(first, outer)]] : [];
  });
}

/** Marks of what a command begins with; a SYN that offers ECN (RFC 3168) has ECE and CWR, too. */
const isRequest = { icmp: /^icmp(6 128| 8) /, tcp: /^tcp \d+ \d+ (2|194)$/, udp: /^udp / };
const any = new RegExp(
  Object.values(isRequest)
    .map(({ source }) => source)
    .join('|'),
);

/** The first packet of its own that its sender told of, that is of no frame seen, and that is such as the command sends. */
function unseenRequest(told: readonly Told[], parts: ReadonlyMap<Told, Part>, sending: Sending) {
  const { from, protocol, transport: known, seen } = sending;
  const form = protocol ? isRequest[protocol] : any;
  const isIt = (mark = '') => (known === undefined ? form.test(mark) : mark === known);
  const candidates = told.filter(
    ({ place, enters, hook, marks }) =>
      place === from && !enters && (hook === undefined || hook === 'output') && isIt(marks.transport),
  );
  if (!candidates.length) return undefined;
  const others = new Set(seen.map((frame) => markOf(frame.packet())));
  return candidates.find((each) => !parts.has(each) && !others.has(each.marks.transport));
}

type Asked = Pick<Known, 'marks' | 'src' | 'dst' | 'id'>;

/** The first packet that answers the request, and of which nothing was seen. */
function unseenAnswer(told: readonly Told[], known: readonly Known[], asked: readonly Asked[]) {
  const marks = new Set(asked.flatMap(({ marks }) => (marks.transport === undefined ? [] : [marks.transport])));
  const seen = new Set(known.map(({ marks }) => marks.transport));
  return told.find(
    (each) =>
      each.marks.transport !== undefined &&
      !seen.has(each.marks.transport) &&
      ([...marks].some((mark) => answers(each.marks.transport!, mark)) || asked.some((one) => refuses(each, one))),
  );
}

/** Whether it is the ICMP error by which whom a packet is for refuses it: one of a router bears the router's address. */
const refuses = ({ marks: { transport }, ip, enters }: Told, asked: Asked): boolean =>
  !enters &&
  ip.src === asked.dst &&
  ip.dst === asked.src &&
  (transport === `icmp about ${asked.id}` || transport === UNREACHABLE6);

/** The mark of ICMPv6’s destination unreachable (RFC 4443, section 3.1). */
const UNREACHABLE6 = 'icmp6 1 0';

/**
 * Whether a packet came by the interface that its hook knows as its input. A tunnel's outer packet never did: behind OUTPUT, the
 * kernel still knows the tunnel's own interface as that of its inner packet.
 */
const arrives = (told: Told, known: readonly Known[]) =>
  told.hook !== 'postrouting' ||
  known.some((each) => samePacket(told, each)) ||
  known.some(
    ({ place, device, direction, ...each }) =>
      place === told.place && device === told.enters && direction === 'in' && sharesLayer(told, each),
  );

const baseChain = ({ place, family, table, chain }: Told) => [place, family, table, chain].join(' ');

/** The passages of one packet, up to where its place tells of a base chain again: then it was sent again. */
function firstOf(first: Told, told: readonly Told[]): Told[] {
  const passed = new Set<string>();
  const same = told
    .slice(told.indexOf(first))
    .filter(({ marks, ip }) => marks.transport === first.marks.transport && ip.id === first.ip.id);
  const again = same.findIndex((each) => {
    const before = passed.has(baseChain(each));
    passed.add(baseChain(each));
    return before;
  });
  return again < 0 ? same : same.slice(0, again);
}

/** Without what was sent again with an IP id of 0, by which it cannot be told: as often as it was seen, and once at least. */
function once(told: readonly Told[], known: readonly Known[]): Told[] {
  const counts = new Map<string, number>();
  return told.filter((each) => {
    const { place, enters, leaves, ip, marks } = each;
    if (ip.id !== 0 || marks.transport === undefined) return true;
    const key = JSON.stringify([baseChain(each), enters, leaves, ip, marks.transport]);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const at = (device: string | undefined, direction: string) =>
      known.filter(
        (sighting) =>
          samePacket(each, sighting) &&
          sighting.place === place &&
          sighting.device === device &&
          sighting.direction === direction,
      ).length;
    return count <= Math.max(1, at(enters, 'in'), at(leaves, 'out'));
  });
}

const ACK = 1 << 4;
const RST = 1 << 2;
const SYN = 1 << 1;

/**
 * Whether a transport mark is that of an answer: an echo reply, the segment that answers the first one of TCP or the second, or the
 * RST by which one that acknowledges is refused (RFC 9293, section 3.10.7.1).
 */
export function answers(mark: string, asked: string): boolean {
  const [protocol, ...rest] = asked.split(' ');
  if (protocol === 'icmp') return rest[0] === '8' && mark === `icmp 0 ${rest[1]}`;
  if (protocol === 'icmp6') return rest[0] === '128' && mark === `icmp6 129 ${rest[1]}`;
  const [its, seq, ack, bits] = mark.split(' ');
  if (protocol !== 'tcp' || its !== 'tcp') return false;
  if (Number(bits) === RST) return !!(Number(rest[2]) & ACK) && seq === rest[1];
  const next = (Number(rest[0]) + 1) % 2 ** 32;
  const isSecond = (SYN | ACK) === (Number(rest[2]) & (SYN | ACK));
  return Number(ack) === next && !!(Number(bits) & ACK) && (isSecond || !!(Number(bits) & (SYN | RST)));
}
