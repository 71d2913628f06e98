import { setTimeout } from 'node:timers/promises';
import type { Sighting } from '../judge/observation.ts';
import type { Send } from '../lab/words.ts';
import { type ExpectedHeader, onWire } from '../packet/index.ts';
import { isPing, pattern, pingLine } from '../plan/ping.ts';
import type { Ran, Trace } from '../runtime/runtime.ts';
import { follow, type Own, patterned } from './follow.ts';
import { flowOf } from './identity.ts';
import { assign, endTracing, type Listing, listingOf, passages, traceEverything } from './netfilter/index.ts';
import { stillness } from './quiet.ts';
import type { Live, Sent } from './sent.ts';
import { openSockets } from './sockets.ts';
import { linkOf, type Seen } from './watch.ts';

/** One packet to be sent, and what is known of it beforehand. */
export interface Errand {
  send: Send;
  /** The headers of the first hop that its walk lists. */
  expected?: readonly ExpectedHeader[];
}

export interface Sending {
  /** How long a plain ping waits for its answer, in seconds. */
  waitS?: number | undefined;
  /** Places where netfilter's traces are wanted. */
  hooked?: readonly string[];
  /** Whether all that is expected of a packet was seen. */
  isComplete?: (sent: Sent, index: number) => boolean;
  /** The packet is expected to be lost: what waits for an answer is ended once it is. */
  expectsLoss?: boolean;
}

/** Between two looks at what was captured. */
const LOOK_MS = 3;

/** How long a packet may take that is never quiet: in a broadcast storm there is no end. */
const LONGEST_QUIET_MS = 3000;

/** More sightings at a point than a TTL allows tell no more. */
const MOST = 256;

/** Sends each of some packets, all at once if all are pings, and gathers where each was seen. */
export async function sendAll(live: Live, errands: Errand[], sending: Sending = {}): Promise<Sent[]> {
  const { isComplete = () => true } = sending;
  if (errands.length < 2 || errands.every(({ send }) => isPing(send.command)))
    return sendAtOnce(live, errands, sending);
  const list: Sent[] = [];
  for (const [i, errand] of errands.entries())
    list.push(...(await sendAtOnce(live, [errand], { ...sending, isComplete: (sent) => isComplete(sent, i) })));
  return list;
}

interface Drained {
  seen: Seen[];
  traces: Trace[];
  dropped: string[];
}

async function sendAtOnce(live: Live, errands: Errand[], sending: Sending): Promise<Sent[]> {
  const { runtime, watch } = live;
  const { waitS = 1, hooked = [], isComplete = () => true, expectsLoss = false } = sending;
  const listings = await Promise.all(
    hooked.map(async (place) => [place, await listed(live, place, traceEverything)] as const),
  );
  const sockets = await openSockets(
    runtime,
    errands.flatMap(({ send }) => (isPing(send.command) ? [] : [send.from])),
  );
  const idle = await watch.drain();
  const before = new Set([...sockets, ...idle.seen.flatMap((frame) => flowOf(frame.packet())?.flow ?? [])]);
  const marks = errands.map(pattern);
  const drained: Drained = { seen: [], traces: [], dropped: [] };
  const pick = (i: number): Followings => {
    const { send, expected } = errands[i]!;
    if (isPing(send.command)) return patterned(drained.seen, marks[i]!);
    return follow(drained.seen, { from: send.from, before, ...(expected && { expected }) });
  };

  const interrupt = new AbortController();
  const ran: Ran[] = [];
  let running = errands.length;
  const commands = errands.map(async ({ send }, i) => {
    const line = isPing(send.command) ? pingLine(send.command, marks[i]!, waitS) : send.command;
    ran[i] = await runtime.script(send.from, line, { timeoutMs: (waitS + 30) * 1000, signal: interrupt.signal });
    running--;
  });
  const all = Promise.all(commands);
  const still = stillness(performance.now(), live.roundTripMs, expectsLoss);
  let known = 0;
  const look = async () => {
    const more = await watch.drain();
    drained.seen.push(...more.seen);
    drained.traces.push(...more.traces);
    drained.dropped.push(...more.dropped);
    const total = more.seen.length ? errands.reduce((sum, _, i) => sum + pick(i).own.length, 0) : known;
    const own = total - known;
    known = total;
    still.heard(own, more.seen, performance.now());
    return own;
  };
  const pause = async () => {
    const due = performance.now() + LOOK_MS;
    await setTimeout(LOOK_MS);
    still.late(performance.now() - due);
  };

  if (expectsLoss)
    while (running) {
      await Promise.race([all, pause()]);
      await look();
      const now = performance.now();
      if (running && still.hasBegun() && still.isQuiet(now) && !(await runtime.backlog())) break;
    }
  if (running && expectsLoss) interrupt.abort();
  await all;

  const snapshot = (tables: Listing[] | undefined) =>
    errands.map(({ send }, i) =>
      gathered(
        live,
        send,
        ran[i]!,
        pick(i),
        drained,
        hooked,
        listings.map(([, table]) => table),
        tables,
      ),
    );
  const late = performance.now() + LONGEST_QUIET_MS;
  let fresh = await look();
  while (performance.now() < late) {
    if (!fresh && snapshot(undefined).every(isComplete)) break;
    if (!fresh && still.isQuiet(performance.now()) && !(await runtime.backlog())) break;
    if (!fresh) await pause();
    fresh = await look();
  }
  const tables = await Promise.all(hooked.map((place) => listed(live, place, endTracing)));
  if (hooked.length) await look();
  return snapshot(tables);
}

type Followings = ReturnType<typeof follow>;

async function listed({ runtime }: Live, place: string, script: string): Promise<Listing> {
  const { code, stdout, stderr } = await runtime.script(place, script);
  if (code) throw new Error(`netfilter cannot be traced at ${place}: ${stderr.trim()}`);
  return listingOf(stdout);
}

function gathered(
  { watch }: Live,
  send: Send,
  ran: Ran,
  { own, notes, doubt }: Followings,
  { seen, traces, dropped }: Drained,
  hooked: readonly string[],
  before: Listing[],
  after: Listing[] | undefined,
): Sent {
  const sightings = own.filter(amongTheFirst()).map(sighting);
  const byPlace = (tables: Listing[]) => new Map(tables.map((table, i) => [hooked[i]!, table]));
  const told = hooked.length ? passages(traces, byPlace(before), byPlace(after ?? before), watch.nameOf) : [];
  return {
    send,
    ran,
    observations: [
      ...sightings,
      ...assign(told, sightings, { from: send.from, seen, ...(isPing(send.command) && { protocol: 'icmp' as const }) }),
    ],
    notes,
    doubt,
    seen,
    dropped,
  };
}

const amongTheFirst = () => {
  const counts = new Map<string, number>();
  return ({ frame, part }: Own) => {
    const key = `${frame.at} ${frame.direction} ${part}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts.get(key)! <= MOST;
  };
};

const sighting = ({ frame, part }: Own): Sighting => {
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
    wire: onWire(bytes, linkOf(frame)),
    bytes,
  };
};
