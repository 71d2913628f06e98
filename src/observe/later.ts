import { laterPart } from '../lab/part.ts';
import { type MacLookup, matches, type Packet } from '../packet/index.ts';
import type { PlannedPoint } from '../plan/hops.ts';
import { alike, type Followed, type Own } from './follow.ts';
import { flagged, flowOf, identity, innermost } from './identity.ts';
import { sendings } from './sendings.ts';
import type { Seen } from './watch.ts';

/**
 * A packet that was followed, and those that follow from it. Each is the first that crosses one of its first points as listed, once the
 * one before it was there; it is searched for no further where one is not found, for what comes after follows from it.
 */
export function withLater(
  first: Followed,
  seen: Seen[],
  later: readonly (readonly PlannedPoint[])[],
  macOf: MacLookup,
): Followed {
  return later.reduce<Followed & { before: Seen[] | undefined }>(
    (followed, starts, i) => {
      if (!followed.before?.length) return followed;
      const taken = new Set(followed.own.map(({ frame }) => frame));
      const free = seen.filter((frame) => !taken.has(frame));
      const found = laterOf(free, followed, starts, macOf);
      return {
        own: [...followed.own, ...found.frames.map((frame): Own => ({ frame, part: laterPart(i) }))],
        notes: [...followed.notes, ...found.notes],
        doubt: followed.doubt ?? found.doubt,
        before: found.frames,
      };
    },
    { ...first, before: first.own.flatMap(({ frame, part }) => (part === 'request' ? [frame] : [])) },
  );
}

interface Found {
  frames: Seen[];
  notes: string[];
  doubt?: string;
}

function laterOf(
  seen: Seen[],
  { own, before = [] }: Pick<Followed, 'own'> & { before: Seen[] | undefined },
  starts: readonly PlannedPoint[],
  macOf: MacLookup,
): Found {
  const since = (place: string) =>
    Math.max(-1, ...before.flatMap((frame) => (frame.place === place ? [frame.order] : [])));
  const begins = (frame: Seen) =>
    frame.direction !== 'overheard' &&
    frame.order > since(frame.place) &&
    starts.some((start) => isAtStart(frame, start) && matches(start.headers, frame.packet().headers, macOf));
  const all = seen.filter(begins);
  const candidates = severalOf(all) ? ofConnections(all, own) : all;
  const [first] = candidates;
  if (!first) return { frames: [], notes: [] };
  const doubt = severalOf(candidates);
  if (laterIdentity(first.packet()) === undefined)
    return {
      frames: [first],
      notes: [],
      doubt: `what crossed ${first.at} has no bytes of its own by which it could be followed`,
    };
  const found = sendings(first, alike(first, seen, laterIdentity).request);
  return { ...found, ...(doubt && { doubt }) };
}

/** Of several packets those of the flows that are followed, if any are: another connection may be an attempt that was made after this one. */
function ofConnections(candidates: Seen[], own: readonly Own[]): Seen[] {
  const flows = new Set(
    own.flatMap(({ frame }) => {
      const ends = flowOf(frame.packet());
      return ends ? [ends.flow, ends.back] : [];
    }),
  );
  const found = candidates.filter((frame) => flows.has(flowOf(frame.packet())?.flow ?? ''));
  return found.length ? found : candidates;
}

const isAtStart = (frame: Seen, { place, device, direction }: PlannedPoint) =>
  frame.place === place && frame.device === device && (direction ?? frame.direction) === frame.direction;

/**
 * Why it cannot be told which of several packets is meant. Of one TCP connection it is the first, for its segments have an order; of
 * others that are different in their words or are of different flows, any may be.
 */
function severalOf(candidates: Seen[]): string | undefined {
  const flows = new Set(candidates.map((frame) => flowOf(frame.packet())?.flow));
  const words = new Set(candidates.map((frame) => laterIdentity(frame.packet())));
  const [first] = candidates;
  const isConnection = first && innermost(first.packet(), 'tcp') !== undefined && flows.size === 1;
  return first && words.size > 1 && !isConnection
    ? `${words.size} packets that crossed ${first.at} are as listed: it cannot be told which is meant`
    : undefined;
}

/**
 * What stays the same of a packet from interface to interface. Segments of one connection may begin with the same byte: an
 * acknowledgement and the data after it. Of what is sealed, as ESP is (RFC 4303), its bytes tell.
 */
function laterIdentity(packet: Packet): string | undefined {
  const tcp = innermost(packet, 'tcp');
  const known = identity(packet);
  if (known && tcp)
    return `${known} ${tcp.ack} ${['S', 'F', 'R'].filter((flag) => flagged(packet, flag))} ${packet.payload.length > 0}`;
  const protocol = innermost(packet, 'ip')?.protocol;
  return known ?? (packet.payload.length ? `ip ${protocol} ${packet.payload.toString('latin1')}` : undefined);
}
