import type { Sighting } from '../judge/observation.ts';
import { onWire, type Registry } from '../packet/index.ts';
import { isPing, PING_WAIT_S, pattern } from '../plan/ping.ts';
import { protocolsOf } from '../plan/registry.ts';
import type { Ran } from '../runtime/runtime.ts';
import { busyFlows, ignorable, mayGoAgain } from './busy.ts';
import { runAll } from './commands.ts';
import type { Followed, Own } from './follow.ts';
import { type Drained, type Gathering, gathering } from './gather.ts';
import { flowOf } from './identity.ts';
import { assign, type Listings, passages } from './netfilter/index.ts';
import type { Errand, Live, Sent, SoFar } from './sent.ts';
import { openSockets } from './sockets.ts';
import { type Traced, traceAt, withConnections } from './tracing.ts';
import { linkOf, type Seen } from './watch.ts';

export interface Sending {
  /** How long a plain ping waits for its answer at least, in seconds: longer where that may be under way yet. */
  waitS?: number | undefined;
  /** Places where netfilter's traces are wanted. */
  hooked?: readonly string[];
  /** How long netfilter may take at each of them to be traced, in milliseconds. */
  tracingMs?: number | undefined;
  /** How long a packet is looked for that is never quiet, in milliseconds. */
  longestMs?: number;
  /** Whether all that is expected of a packet was seen, by its sightings so far: netfilter is asked afterwards. */
  isComplete?: (sent: SoFar, index: number) => boolean;
}

/** How long a packet may take that is never quiet: in a broadcast storm there is no end. */
const LONGEST_QUIET_MS = 3000;

/** More sightings at a point than a TTL allows tell no more. */
const MOST = 256;

/** Sends each of some packets, pings at once, and gathers where each was seen. Hooks are traced from before the first to after the last. */
export async function sendAll(live: Live, errands: Errand[], sending: Sending = {}): Promise<Sent[]> {
  const { hooked = [], tracingMs, isComplete = () => true } = sending;
  const tracing = await traceAt(live, hooked, tracingMs);
  const gathered: Gathered[] = [];
  try {
    for (const group of inGroups(errands)) {
      const own = group.map((i) => errands[i]!);
      const ofGroup = { ...sending, isComplete: (sent: SoFar, i: number) => isComplete(sent, group[i]!) };
      const all = await sendAtOnce(live, own, tracing.before, ofGroup);
      for (const [i, each] of all.entries()) gathered[group[i]!] = each;
    }
  } catch (error) {
    await tracing.end();
    throw error;
  }
  const traced = await tracing.end();
  const sent = gathered.map((each) => each(traced));
  const translated = await withConnections(live.runtime, traced, sent, tracingMs);
  return translated ? gathered.map((each) => each(translated)) : sent;
}

/**
 * Which errands are sent together, in their order: the first as it is, alone or with the pings that follow it, for it may depend on
 * what nodes do not know yet; then all other pings; then each of the rest alone, and what goes sealed, which nothing but its length tells from others.
 */
function inGroups(errands: readonly Errand[]): number[][] {
  const isOwn = (i: number) => isPing(errands[i]!.send.command) && !errands[i]!.isSealed;
  const all = [...errands.keys()];
  const other = all.findIndex((i) => !isOwn(i));
  const first = other < 0 ? all : all.slice(0, Math.max(other, 1));
  const rest = all.slice(first.length);
  return [first, rest.filter(isOwn), ...rest.filter((i) => !isOwn(i)).map((i) => [i])].filter(({ length }) => length);
}

/** A packet that was sent, once it is known what netfilter was made of when all were. */
type Gathered = (traced: Traced) => Sent;

async function sendAtOnce(
  live: Live,
  errands: Errand[],
  before: Listings,
  sending: Sending,
  /** What was captured when they were sent before, where that had lost frames, and how often they may be sent once more. */
  flooded: readonly Seen[] = [],
  left = 2,
): Promise<Gathered[]> {
  const { waitS = PING_WAIT_S, hooked = [], longestMs = LONGEST_QUIET_MS, isComplete = () => true } = sending;
  const marks = errands.map(pattern);
  const idle = await untilSent(live, errands, marks, flooded);
  const gather = gathering(live, errands, marks, speakers(errands, idle));
  const untilMs = performance.now() + (sending.longestMs ?? Number.POSITIVE_INFINITY);
  const ran = await runAll(live, errands, marks, gather, { waitS, untilMs });
  const sent = errands.map(
    (errand, i): Gathered =>
      (traced) =>
        gathered(live, errand, ran[i]!, gather.followed(i), gather.drained, before, traced),
  );
  const soFar = (i: number): SoFar => ({
    send: errands[i]!.send,
    ran: ran[i]!,
    observations: sightingsOf(live, gather.followed(i)),
  });
  const isSeen = (i: number) => isComplete(soFar(i), i);
  await untilAllIsSeen(live, gather, longestMs, () => sent.every((_, i) => isSeen(i) || gather.isQuiet(i)));
  // A flood that was not there, or was not seen, before these were sent: now it is known, and is left out.
  const { dropped, seen } = gather.drained;
  if (dropped.length && left && errands.every(mayGoAgain))
    return sendAtOnce(live, errands, before, sending, seen, left - 1);
  // The kernel tells of a hook when the packet passes it: what it told of these packets is there by now.
  if (hooked.length) await gather.look();
  if (idle.isFiltered) await live.watch.ignore();
  return sent;
}

/** What spoke before some packets were sent. */
interface Idle {
  seen: Seen[];
  /** Sockets that were open at the senders' places. */
  sockets: ReadonlySet<string>;
  /** The capture leaves out from now on what makes the wires busy, and what it had of that before is gone. */
  isFiltered: boolean;
}

async function untilSent(live: Live, errands: Errand[], marks: string[], flooded: readonly Seen[]): Promise<Idle> {
  const { runtime, watch } = live;
  const sockets = await openSockets(runtime, typedAt(errands));
  const { seen } = await watch.drain();
  live.busy = busyFlows(flooded.concat(seen), live.busy ?? [], sockets);
  const ignored = live.busy.length ? ignorable(live.busy, errands, marks, watch.hasTun()) : undefined;
  if (!ignored) return { seen, sockets, isFiltered: false };
  await watch.ignore(ignored);
  return { seen: seen.concat((await watch.drain()).seen), sockets, isFiltered: true };
}

/** The places where something else is typed than a plain ping, which is known by its pattern, whoever else speaks. */
const typedAt = (errands: readonly Errand[]) =>
  errands.flatMap(({ send }) => (isPing(send.command) ? [] : [send.from]));

/** What speaks at the senders' places before their commands do: flows that were captured, and sockets that are open. */
function speakers(errands: readonly Errand[], { seen, sockets }: Idle): Set<string> {
  const places = new Set(typedAt(errands));
  return new Set([
    ...(places.size ? sockets : []),
    ...seen.flatMap((frame) => (places.has(frame.place) ? (flowOf(frame.packet())?.flow ?? []) : [])),
  ]);
}

/** Looks on until all that is expected was seen and nothing more comes, or nothing can be under way any more. */
async function untilAllIsSeen(
  { runtime }: Live,
  gather: Gathering,
  longestMs: number,
  isOver: () => boolean,
): Promise<void> {
  const late = performance.now() + longestMs;
  for (let fresh = await gather.look(); performance.now() < late; fresh = await gather.look()) {
    if (fresh) continue;
    if (isOver() && !(await runtime.backlog())) return;
    await gather.pause();
  }
}

function gathered(
  live: Live,
  { send, transport }: Errand,
  ran: Ran,
  followed: Followed,
  { seen, traces, dropped }: Drained,
  before: Listings,
  { after, untraced }: Traced,
): Sent {
  const { own, notes, doubt: untold } = followed;
  const read = own.length ? own.map(({ frame }) => frame) : seen.filter(({ place }) => place === send.from);
  const fault = read.flatMap((frame) => frame.packet().fault ?? [])[0];
  const doubt = fault ? `a protocol of the lab’s own cannot be trusted: ${fault}` : untold;
  const sightings = sightingsOf(live, followed);
  const protocol = isPing(send.command) ? ('icmp' as const) : undefined;
  const isTraced = (place: string) => !untraced.some((each) => each.place === place);
  const told = passages(
    traces.filter(({ place }) => isTraced(place)),
    before,
    after,
    live.watch.nameOf,
  );
  return {
    send,
    ran,
    observations: [...sightings, ...assign(told, sightings, { from: send.from, seen, protocol, transport })],
    notes,
    doubt,
    seen,
    dropped,
    untraced,
  };
}

/** Each frame as a sighting, once: a packet that is under way is looked at many times. */
const made = new WeakMap<Seen, Sighting>();

function sightingsOf({ plan }: Live, { own }: Followed): Sighting[] {
  const registry = protocolsOf(plan);
  return own.filter(amongTheFirst()).map((each) => {
    const known = made.get(each.frame);
    if (known?.part === each.part) return known;
    const fresh = sighting(registry, each);
    made.set(each.frame, fresh);
    return fresh;
  });
}

const amongTheFirst = () => {
  const counts = new Map<string, number>();
  return ({ frame, part }: Own) => {
    const key = `${frame.at} ${frame.direction} ${part}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts.get(key)! <= MOST;
  };
};

/** A frame as a sighting of a part of a packet. */
export const sighting = (registry: Registry, { frame, part }: Own): Sighting => {
  const { place, device, at, direction, order, time, bytes } = frame;
  return {
    kind: 'sighting',
    part,
    place,
    device,
    at,
    direction: direction === 'out' ? 'out' : 'in',
    otherHost: direction === 'overheard',
    order,
    time,
    headers: frame.packet().headers,
    wire: onWire(bytes, linkOf(frame), registry),
    bytes,
  };
};
