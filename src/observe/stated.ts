import { builtIn, differences, type ExpectedHeader, type Header, isIcmp, isIp, type Packet } from '../packet/index.ts';
import type { Followed, Own } from './own.ts';
import { sendings } from './sendings.ts';
import type { Seen } from './watch.ts';

/** So many bytes of a payload tell one packet from the next. */
const TOLD_BY = 256;

const isCarrier = (header: ExpectedHeader) =>
  isIp(header) || ['ether', 'tcp', 'udp', 'mpls', 'llc'].includes(header.protocol);

/** Whether a header is no packet of its own: a message, or what nobody can read. */
const isMessage = ({ protocol }: Pick<Header, 'protocol'>) =>
  protocol === 'encrypted' || (builtIn.known.get(protocol)?.message ?? false);

/** ICMP that programs send, and that is followed without being stated. */
const isEcho = (header: ExpectedHeader) => {
  const { type } = header.fields;
  return isIcmp(header) && (type === undefined || type === 'echo request' || type === 'echo reply');
};

/**
 * The protocol of a walk's first hop, where that is one of those which are followed only if they are stated, for kernels and
 * daemons speak them by themselves: ARP, Neighbor Discovery, MLD, IGMP, SCTP, STP, LLDP, a lab's own.
 */
export function statedProtocol(expected: readonly ExpectedHeader[] = []): string | undefined {
  const inner = expected.findLast((header) => !isMessage(header));
  return inner && !isCarrier(inner) && !isEcho(inner) ? inner.protocol : undefined;
}

/** The innermost header of a packet that is no message, where it is of a protocol. */
const headerOf = ({ headers }: Packet, protocol: string): Header['fields'] | undefined => {
  const inner = headers.findLast((header) => !isMessage(header));
  return inner?.protocol === protocol ? inner.fields : undefined;
};

/** What is the same of such a packet wherever it is seen: its header, and the first of what that carries. */
const wordsOf = (packet: Packet, protocol: string): string | undefined => {
  const fields = headerOf(packet, protocol);
  return fields && `${JSON.stringify(fields)} ${packet.payload.toString('latin1', 0, TOLD_BY)}`;
};

type Fields = Header['fields'];

/** Whether one header answers another of the same protocol. */
const answers: Record<string, (asked: Fields, told: Fields) => boolean> = {
  arp: (asked, told) =>
    asked.op === 'request' && told.op === 'reply' && told.spa === asked.tpa && told.tpa === asked.spa,
  icmp6: (asked, told) =>
    asked.type === 'neighbor solicitation' && told.type === 'neighbor advertisement' && told.target === asked.target,
  sctp: (asked, told) => asked.chunks === 'INIT' && told.chunks === 'INIT ACK' && told.tag === asked.initiateTag,
};

/**
 * Follows a packet of a protocol that the walk states: the first one of it that its place puts out, of several the one that is most
 * like what is listed; then what answers it.
 */
export function followStated(
  seen: Seen[],
  from: string,
  protocol: string,
  expected: readonly ExpectedHeader[],
): Followed {
  const candidates = seen.filter(
    (frame) => frame.place === from && frame.direction === 'out' && headerOf(frame.packet(), protocol),
  );
  const apart = candidates.map((frame) => differences(expected, frame.packet().headers, () => undefined).length);
  const first = candidates[apart.indexOf(Math.min(...apart))];
  if (!first) return { own: [], notes: [], doubt: undefined };
  const same = (frame: Seen) => {
    const words = wordsOf(frame.packet(), protocol);
    return seen.filter((other) => wordsOf(other.packet(), protocol) === words);
  };
  const { frames, notes, doubt } = sendings(first, same(first));
  const asked = headerOf(first.packet(), protocol)!;
  const answer = seen.find((frame) => {
    const told = headerOf(frame.packet(), protocol);
    return told && answers[protocol]?.(asked, told);
  });
  const as = (part: Own['part'], frames: Seen[]) => frames.map((frame): Own => ({ frame, part }));
  return {
    own: [...as('request', frames), ...as('reply', answer ? same(answer) : [])],
    notes,
    ...(doubt && { doubt }),
  };
}
