import type { Part } from '../lab/part.ts';
import { differences, type ExpectedHeader, type Header, isIcmp, isIp, type Packet } from '../packet/index.ts';
import { errorsAbout } from './icmp-errors.ts';
import { endIdentity, flagged, flowOf, fragmentOf, identity, innermost, packetKeys, sendingOf } from './identity.ts';
import type { Followed, Own } from './own.ts';
import { sendings } from './sendings.ts';
import { followStated, statedProtocol } from './stated.ts';
import type { Seen } from './watch.ts';

export type { Followed, Own } from './own.ts';

/** What tells the command's own packet from those of others at the same place. */
export interface Sender {
  from: string;
  /** The headers of the walk's first hop, if it lists one. */
  expected?: readonly ExpectedHeader[];
  /** What stays the same of its packet (`identity`), where that is known. */
  identity?: string;
  /** What spoke there before the command did: flows, and the ports of sockets that were open (`udp 53`). */
  before: ReadonlySet<string>;
}

const PING_HEADER_AND_TIME = 8 + 16;
/** RFC 792, RFC 4443. */
const ECHO_REPLIES = [0, 129];

/** Follows a ping by the pattern that it carries. */
export function patterned(seen: Seen[], mark: string): Followed {
  const bytes = Buffer.from(mark, 'hex');
  const bearing = seen.filter((frame) => frame.bytes.includes(bytes) && !frame.packet().quoted);
  const frames = withFragments(bearing, seen);
  const isReply = (frame: Seen): boolean => {
    const echo = echoOf(frame, bearing);
    if (echo) return echo.fields.type === 'echo reply';
    const at = frame.bytes.indexOf(bytes);
    // Below a header that cannot be read, the ICMP type is still where ping's own layout puts it.
    if (at >= 0) return ECHO_REPLIES.includes(frame.bytes[at - PING_HEADER_AND_TIME] ?? -1);
    const packet = fragmentOf(frame.packet());
    const other = bearing.find((each) => fragmentOf(each.packet()) === packet);
    return other !== undefined && isReply(other);
  };
  const own = frames.map((frame): Own => ({ frame, part: isReply(frame) ? 'reply' : 'request' }));
  const isUnread = own.length > 0 && own.every(({ frame }) => !frame.packet().headers.some(isIp));
  return { own, notes: [], ...(isUnread && { doubt: 'nothing was sent that can be followed: only IP is' }) };
}

/** The ICMP header of a ping; of a later fragment, also of what wraps it, the header that the packet begins with. */
function echoOf(frame: Seen, own: Seen[]): Header | undefined {
  const packet = fragmentOf(frame.packet());
  const others = packet === undefined ? [] : own.filter((each) => packetKeys(each.packet()).includes(packet));
  return [frame, ...others].map((each) => each.packet().headers.at(-1)).find((inner) => inner && isIcmp(inner));
}

/**
 * Follows what a command sent: the first packet of a flow that its place put out and that was not there before; then what
 * answers it; then the segment by which its sender ends the connection.
 */
export function follow(seen: Seen[], sender: Sender): Followed {
  const stated = statedProtocol(sender.expected);
  if (stated) return followStated(seen, sender.from, stated, sender.expected ?? []);
  const first = firstOf(seen, sender);
  if (!first) return { own: [], notes: [], doubt: unfollowed(seen, sender.from) };
  const kin = alike(first, seen);
  const request = sendings(first, kin.request);
  const answer = kin.reply[0] ?? answerTo(request.frames, seen);
  const reply = answer && sendings(answer, kin.reply.length ? kin.reply : alike(answer, seen).request);
  const back = reply ?? errorsAbout(first, kin.request, seen);
  const end = endOf(seen, sender.from, first);
  const as = (part: Part, frames: Seen[]) => frames.map((frame): Own => ({ frame, part }));
  return {
    own: [...as('request', request.frames), ...as('reply', back.frames), ...as('end', end)],
    notes: [...request.notes, ...back.notes],
    ...(request.doubt && { doubt: request.doubt }),
  };
}

/** The frame by which a command's own packet leaves its place: of several new flows, the one that is most like what is listed. */
function firstOf(seen: Seen[], { from, expected, before, identity: known }: Sender): Seen | undefined {
  if (known) return seen.find((frame) => leaves(frame, from) && identity(frame.packet()) === known);
  const arrived = new Set<string>();
  const heard = new Set<string>();
  const candidates = seen.filter((frame) => {
    if (frame.place !== from || frame.direction === 'overheard') return false;
    const packet = frame.packet();
    const [id, flow] = [identity(packet), flowOf(packet)];
    if (frame.direction === 'in') {
      if (id) arrived.add(`${id} ${sendingOf(frame)}`);
      if (flow) heard.add(flow.back);
      return false;
    }
    if (!id || !flow || arrived.has(`${id} ${sendingOf(frame)}`) || heard.has(flow.flow)) return false;
    if (before.has(flow.flow) || before.has(socketOf(flow.flow)) || icmpType(frame) === 'echo reply') return false;
    return true;
  });
  const begins = candidates.filter((frame) => !innermost(frame.packet(), 'tcp') || opens(frame));
  const likely = begins.length ? begins : candidates;
  if (!expected?.length) return likely[0];
  const apart = likely.map((frame) => differences(expected, frame.packet().headers, () => undefined).length);
  const least = apart.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return likely[apart.indexOf(least)];
}

const leaves = ({ place, direction }: Seen, from: string) => place === from && direction === 'out';

const icmpType = (frame: Seen) => frame.packet().headers.findLast(isIcmp)?.fields.type;

/** Whether a segment opens a connection (RFC 9293, section 3.5). */
const opens = (frame: Seen) => flagged(frame.packet(), 'S') && !flagged(frame.packet(), 'A');

/** The protocol and the port that a flow is sent from: `udp 53`. */
const socketOf = (flow: string) => /^(\S+) \S+:(\d+) >/.exec(flow)?.slice(1).join(' ') ?? '';

/** The frames that carry the same words as one, sorted into those that go its way and those that come back as its answer. */
export function alike(
  first: Seen,
  seen: Seen[],
  identityOf: (packet: Packet) => string | undefined = identity,
): { request: Seen[]; reply: Seen[] } {
  const id = identityOf(first.packet());
  const same = seen.filter((frame) => identityOf(frame.packet()) === id);
  const isReply = answering(first, same);
  const [request, reply] = [same.filter((frame) => !isReply(frame)), same.filter(isReply)];
  return { request: withFragments(request, seen), reply: withFragments(reply, seen) };
}

/**
 * Tells an answer that repeats the words of its request (an echo) from it. Of ICMP by its type. Else by who speaks to whom: of
 * two flows that are each other's way back, what was first at a place that saw both is the request.
 */
function answering(first: Seen, same: Seen[]): (frame: Seen) => boolean {
  const type = icmpType(first);
  if (type !== undefined) return (frame) => icmpType(frame) !== type;
  const going = new Set([flowOf(first.packet())?.flow]);
  const coming = new Set<string>();
  const met = new Map<string, Set<string>>();
  for (const frame of same) {
    const { flow, back } = flowOf(frame.packet())!;
    const here = met.get(frame.place) ?? new Set();
    met.set(frame.place, here.add(flow));
    if (!going.has(flow) && (going.has(back) || here.has(back))) coming.add(flow);
  }
  return (frame) => coming.has(flowOf(frame.packet())!.flow);
}

/** Some frames with the other fragments of the packets that they are of, in the order in which they were seen. */
function withFragments(frames: Seen[], seen: Seen[]): Seen[] {
  const own = new Set(frames);
  const packets = new Set(frames.flatMap((frame) => packetKeys(frame.packet())));
  return seen.filter((frame) => own.has(frame) || packets.has(fragmentOf(frame.packet()) ?? ''));
}

/** The segment with which a sender ends its connection, wherever it is seen. */
function endOf(seen: Seen[], from: string, first: Seen): Seen[] {
  const began = innermost(first.packet(), 'tcp');
  if (!began) return [];
  const end = seen.find(({ place, direction, packet }) => {
    const tcp = innermost(packet(), 'tcp');
    return (
      place === from && direction === 'out' && endIdentity(packet()) && tcp?.src === began.src && tcp?.dst === began.dst
    );
  });
  const id = end && endIdentity(end.packet());
  // What offload joined or cut bears the identification of its first segment.
  const isSending = (frame: Seen) =>
    sendingOf(frame) === sendingOf(end!) || frame.packet().payload.length !== end!.packet().payload.length;
  return id ? seen.filter((frame) => endIdentity(frame.packet()) === id && isSending(frame)) : [];
}

/** The first packet that answers a request: of TCP by its acknowledgement, of UDP by what the last to see the request saw. */
function answerTo(request: Seen[], seen: Seen[]): Seen | undefined {
  const last = request.at(-1);
  if (!last) return undefined;
  const asked = innermost(last.packet(), 'tcp');
  if (asked) {
    const next = (Number(asked.seq) + 1) % 2 ** 32;
    return seen.find(
      ({ packet }) => flagged(packet(), 'A') && flagged(packet(), 'S', 'R') && innermost(packet(), 'tcp')?.ack === next,
    );
  }
  const back = flowOf(last.packet())?.back;
  return seen.find(
    (frame) => frame.place === last.place && flowOf(frame.packet())?.flow === back && identity(frame.packet()),
  );
}

/** What kernels say by themselves where IPv6 is on: of neighbours, routers and groups. */
const isOfKernels = (header: Header | undefined) => header?.protocol === 'icmp6' && !('sequence' in header.fields);

/**
 * Why nothing that a place sent can be followed, in a sentence; undefined where it sent nothing at all, or no more than questions
 * for a neighbour that nobody answered.
 */
function unfollowed(seen: Seen[], from: string): string | undefined {
  const here = seen.filter(({ place }) => place === from);
  const innermostOf = (frame: Seen) => frame.packet().headers.at(-1);
  const isAnswered = here.some((frame) => frame.direction === 'in' && innermostOf(frame)?.fields.op === 'reply');
  const kinds = new Set(
    here.flatMap((frame) => {
      const inner = innermostOf(frame);
      const kind = inner?.protocol ?? 'ether';
      if (frame.direction !== 'out' || (kind === 'arp' && !isAnswered) || isOfKernels(inner)) return [];
      return [kind === 'ether' ? 'no IP' : kind];
    }),
  );
  return kinds.size ? `nothing was sent that can be followed (what left ${from}: ${[...kinds].join(', ')})` : undefined;
}
