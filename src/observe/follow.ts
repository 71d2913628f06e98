import type { Part } from '../lab/part.ts';
import { differences, type ExpectedHeader, type Header, quotedTrail, trail } from '../packet/index.ts';
import { endIdentity, flagged, flowOf, fragmentOf, identity, innermost, packetKeys, sendingOf } from './identity.ts';
import type { Seen } from './watch.ts';

/** A frame of the packet that is followed, and which part of the walk it belongs to. */
export interface Own {
  frame: Seen;
  part: Part;
}

/** A packet that was followed: its frames, what was seen besides, and why it cannot be followed, if it cannot. */
export interface Followed {
  own: Own[];
  notes: string[];
  doubt?: string | undefined;
}

/** What tells the command's own packet from those of others at the same place. */
export interface Sender {
  from: string;
  /** The headers of the walk's first hop, if it lists one. */
  expected?: readonly ExpectedHeader[];
  /** What spoke there before the command did: flows, and the ports of sockets that were open (`udp 53`). */
  before: ReadonlySet<string>;
}

const PING_HEADER_AND_TIME = 8 + 16;

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
    if (at >= 0) return frame.bytes[at - PING_HEADER_AND_TIME] === 0;
    const packet = fragmentOf(frame.packet());
    const other = bearing.find((each) => fragmentOf(each.packet()) === packet);
    return other !== undefined && isReply(other);
  };
  const own = frames.map((frame): Own => ({ frame, part: isReply(frame) ? 'reply' : 'request' }));
  const isUnread = own.length > 0 && own.every(({ frame }) => !innermost(frame.packet(), 'ip'));
  return { own, notes: [], ...(isUnread && { doubt: 'nothing was sent that can be followed: only IPv4 is' }) };
}

/** The ICMP header of a ping; of a later fragment, also of what wraps it, the header that the packet begins with. */
function echoOf(frame: Seen, own: Seen[]): Header | undefined {
  const packet = fragmentOf(frame.packet());
  const others = packet === undefined ? [] : own.filter((each) => packetKeys(each.packet()).includes(packet));
  return [frame, ...others].map((each) => each.packet().headers.at(-1)).find((inner) => inner?.protocol === 'icmp');
}

/**
 * Follows what a command sent: the first packet of a flow that its place put out and that was not there before; then what
 * answers it; then the segment by which its sender ends the connection.
 */
export function follow(seen: Seen[], sender: Sender): Followed {
  const first = firstOf(seen, sender);
  if (!first) return { own: [], notes: [], doubt: unfollowed(seen, sender.from) };
  const kin = alike(first, seen);
  const request = sendings(first, kin.request);
  const answer = kin.reply[0] ?? answerTo(request.frames, seen);
  const reply = answer && sendings(answer, kin.reply.length ? kin.reply : alike(answer, seen).request);
  const end = endOf(seen, sender.from, first);
  const as = (part: Part, frames: Seen[]) => frames.map((frame): Own => ({ frame, part }));
  return {
    own: [
      ...as('request', request.frames),
      ...as('reply', reply ? reply.frames : errorsAbout(first, seen)),
      ...as('end', end),
    ],
    notes: [...request.notes, ...(reply?.notes ?? [])],
    ...(request.doubt && { doubt: request.doubt }),
  };
}

/** The frame by which a command's own packet leaves its place: of several new flows, the one that is most like what is listed. */
function firstOf(seen: Seen[], { from, expected, before }: Sender): Seen | undefined {
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
    if (before.has(flow.flow) || before.has(socketOf(flow.flow)) || innermost(packet, 'icmp')?.type === 'echo reply')
      return false;
    return true;
  });
  const begins = candidates.filter((frame) => !innermost(frame.packet(), 'tcp') || opens(frame));
  const likely = begins.length ? begins : candidates;
  if (!expected?.length) return likely[0];
  const apart = likely.map((frame) => differences(expected, frame.packet().headers, () => undefined).length);
  const least = apart.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return likely[apart.indexOf(least)];
}

/** Whether a segment opens a connection (RFC 9293, section 3.5). */
const opens = (frame: Seen) => flagged(frame.packet(), 'S') && !flagged(frame.packet(), 'A');

/** The protocol and the port that a flow is sent from: `udp 53`. */
const socketOf = (flow: string) => /^(\S+) \S+:(\d+) >/.exec(flow)?.slice(1).join(' ') ?? '';

/** The frames that carry the same words as one, sorted into those that go its way and those that come back as its answer. */
function alike(first: Seen, seen: Seen[]): { request: Seen[]; reply: Seen[] } {
  const id = identity(first.packet());
  const same = seen.filter((frame) => identity(frame.packet()) === id);
  const isReply = answering(first, same);
  const [request, reply] = [same.filter((frame) => !isReply(frame)), same.filter(isReply)];
  return { request: withFragments(request, seen), reply: withFragments(reply, seen) };
}

/**
 * Tells an answer that repeats the words of its request (an echo) from it. Of ICMP by its type. Else by who speaks to whom: of
 * two flows that are each other's way back, what was first at a place that saw both is the request.
 */
function answering(first: Seen, same: Seen[]): (frame: Seen) => boolean {
  const type = innermost(first.packet(), 'icmp')?.type;
  if (type !== undefined) return (frame) => innermost(frame.packet(), 'icmp')?.type !== type;
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

/**
 * Only the first sending of a packet is followed; what its sender sent again is a note. Where equal packets without an
 * identification leave their origin, it cannot be told whether they were sent, or copied there.
 */
function sendings(first: Seen, frames: Seen[]): { frames: Seen[]; notes: string[]; doubt?: string } {
  const id = sendingOf(first);
  const own = frames.filter((frame) => sendingOf(frame) === id);
  const leaving = (list: Seen[]) =>
    list.filter(({ at, direction }) => at === first.at && direction === first.direction);
  const { flow } = flowOf(first.packet()) ?? {};
  const again =
    new Set(leaving(frames.filter((frame) => flowOf(frame.packet())?.flow === flow)).map(sendingOf)).size - 1;
  const copies = id === 0 ? leaving(own).filter((frame) => !fragmentOf(frame.packet())).length : 1;
  return {
    frames: own,
    notes:
      again > 0
        ? [`${first.at} sent it again, ${again === 1 ? 'once' : `${again} times`}: only the first is followed`]
        : [],
    ...(copies > 1 && {
      doubt: `${copies} equal packets left ${first.at}: it cannot be told whether they were sent, or copied there`,
    }),
  };
}

/** The ICMP errors that quote a packet, which are its answer where it gets no other. */
function errorsAbout(first: Seen, seen: Seen[]): Seen[] {
  const mark = trail(first.packet());
  return seen.filter((frame) => {
    const quoted = quotedTrail(frame.packet());
    return quoted && mark?.startsWith(quoted);
  });
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
      const kind = innermostOf(frame)?.protocol ?? 'ether';
      return frame.direction !== 'out' || (kind === 'arp' && !isAnswered) ? [] : [kind === 'ether' ? 'no IPv4' : kind];
    }),
  );
  return kinds.size ? `nothing was sent that can be followed (what left ${from}: ${[...kinds].join(', ')})` : undefined;
}
