import { type Header, quotedTrail, trail } from '../packet/index.ts';
import type { Seen } from './watch.ts';

/** A frame of the packet that is followed, and which part of the walk it belongs to. */
export interface Own {
  frame: Seen;
  reply: boolean;
  end?: true;
}

const PING_HEADER_AND_TIME = 8 + 16;

/** The frames of a ping, by the pattern that it carries. */
export function marked(seen: Seen[], mark: string): Own[] {
  const bytes = Buffer.from(mark, 'hex');
  const own = seen.filter((frame) => frame.bytes.includes(bytes) && !frame.packet().quoted);
  return own.map((frame) => {
    const echo = echoOf(frame, own);
    // Below a header we cannot read, the ICMP type is still where ping's own layout puts it.
    const type = frame.bytes[frame.bytes.indexOf(bytes) - PING_HEADER_AND_TIME];
    return { frame, reply: echo ? echo.fields.type === 'echo reply' : type === 0 };
  });
}

/** The ICMP header of a ping; that of a fragment's first one, if it is a later one. */
function echoOf(frame: Seen, own: Seen[]): Header | undefined {
  const inner = frame.packet().headers.at(-1);
  if (inner?.protocol !== 'ip') return inner?.protocol === 'icmp' ? inner : undefined;
  const { src, id } = inner.fields;
  return own
    .map((other) => other.packet().headers.slice(-2))
    .find(([ip, icmp]) => icmp?.protocol === 'icmp' && ip?.fields.src === src && ip?.fields.id === id)?.[1];
}

/**
 * What is not a ping is followed by the trail of the first IPv4 packet that its sender put out; then by that of the first
 * which answers it; then by that of the segment with which the sender ends its connection.
 */
export function trailed(seen: Seen[], from: string): Own[] {
  const first = seen.find(({ place, direction, packet }) => place === from && direction === 'out' && trail(packet()));
  if (!first) return [];
  const along = (start: Seen | undefined, part: Omit<Own, 'frame'>, also = (_: Seen) => true): Own[] => {
    const mark = start && trail(start.packet());
    if (!mark) return [];
    return seen.flatMap((frame) => (trail(frame.packet()) === mark && also(frame) ? [{ frame, ...part }] : []));
  };
  const request = along(first, { reply: false });
  const answer = answerTo(request, seen);
  const end = seen.find(
    (frame) => frame.place === from && frame.direction === 'out' && ends(frame) && continues(frame, first),
  );
  return [
    ...request,
    ...(answer ? along(answer, { reply: true }) : errorsAbout(first, seen)),
    ...along(end, { reply: false, end: true }, ends),
  ];
}

/** The ICMP errors that quote a packet, which are its answer where it gets no other. */
function errorsAbout(first: Seen, seen: Seen[]): Own[] {
  const mark = trail(first.packet());
  return seen.flatMap((frame) => {
    const quoted = quotedTrail(frame.packet());
    return quoted && mark?.startsWith(quoted) ? [{ frame, reply: true }] : [];
  });
}

const innermost = (frame: Seen, protocol: string) =>
  frame.packet().headers.findLast((each) => each.protocol === protocol)?.fields;

const flagged = (frame: Seen, ...letters: string[]) => {
  const flags = String(innermost(frame, 'tcp')?.flags ?? '');
  return letters.some((letter) => flags.includes(letter));
};

const ends = (frame: Seen) => flagged(frame, 'F', 'R');

/** Whether a segment is of the connection that another began, by its ports. */
function continues(frame: Seen, first: Seen): boolean {
  const [one, other] = [innermost(first, 'tcp'), innermost(frame, 'tcp')];
  return one !== undefined && one.src === other?.src && one.dst === other?.dst;
}

/** The first packet that answers a request: of TCP by its acknowledgement, of UDP by what the last to see the request saw. */
function answerTo(request: Own[], seen: Seen[]): Seen | undefined {
  const last = request.at(-1)?.frame;
  if (!last) return undefined;
  const asked = innermost(last, 'tcp');
  if (asked) {
    const next = (Number(asked.seq) + 1) % 2 ** 32;
    return seen.find(
      (frame) => flagged(frame, 'A') && flagged(frame, 'S', 'R') && innermost(frame, 'tcp')?.ack === next,
    );
  }
  const [ip, udp] = [innermost(last, 'ip'), innermost(last, 'udp')];
  return seen.find((frame) => {
    const [back, ports] = [innermost(frame, 'ip'), innermost(frame, 'udp')];
    const turned = back?.src === ip?.dst && back?.dst === ip?.src && ports?.src === udp?.dst && ports?.dst === udp?.src;
    return udp !== undefined && frame.place === last.place && turned;
  });
}
