import type { Sighting } from '../judge/observation.ts';
import type { Send } from '../lab/words.ts';
import { onWire } from '../packet/index.ts';
import { isPing, pattern, pingLine } from '../plan/ping.ts';
import type { Ran } from '../runtime/runtime.ts';
import type { Followed, Own } from './follow.ts';
import { type Drained, type Gathering, gathering } from './gather.ts';
import { flowOf } from './identity.ts';
import { assign, endTracing, type Listings, listingOf, passages, traceEverything } from './netfilter/index.ts';
import type { Errand, Live, Sent } from './sent.ts';
import { openSockets } from './sockets.ts';
import { linkOf } from './watch.ts';

export interface Sending {
  /** How long a plain ping waits for its answer, in seconds. */
  waitS?: number | undefined;
  /** Places where netfilter's traces are wanted. */
  hooked?: readonly string[];
  /** Whether all that is expected of a packet was seen. */
  isComplete?: (sent: Sent, index: number) => boolean;
}

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

async function sendAtOnce(live: Live, errands: Errand[], sending: Sending): Promise<Sent[]> {
  const { waitS = 1, hooked = [], isComplete = () => true } = sending;
  const before = await listings(live, hooked, traceEverything);
  const marks = errands.map(pattern);
  const gather = gathering(live, errands, marks, await speakers(live, errands));
  const ran = await runAll(live, errands, marks, gather, waitS);
  const sent = (after: Listings) =>
    errands.map(({ send }, i) => gathered(live, send, ran[i]!, gather.followed(i), gather.drained, before, after));
  await untilAllIsSeen(live, gather, () => sent(before).every((each, i) => isComplete(each, i) || gather.isQuiet(i)));
  const after = await listings(live, hooked, endTracing);
  if (hooked.length) await gather.look();
  return sent(after);
}

/** What speaks at the senders' places before their commands do: flows that were captured, and sockets that are open. */
async function speakers({ runtime, watch }: Live, errands: readonly Errand[]): Promise<Set<string>> {
  const typed = errands.flatMap(({ send }) => (isPing(send.command) ? [] : [send.from]));
  const sockets = await openSockets(runtime, typed);
  const idle = await watch.drain();
  return new Set([...sockets, ...idle.seen.flatMap((frame) => flowOf(frame.packet())?.flow ?? [])]);
}

/** Runs the commands, all at once; one whose packet is expected to be lost is interrupted once it is. */
async function runAll(
  { runtime }: Live,
  errands: readonly Errand[],
  marks: readonly string[],
  gather: Gathering,
  waitS: number,
): Promise<Ran[]> {
  const commands = errands.map(({ send, expectsLoss = false }, i) => {
    const interrupt = new AbortController();
    const line = isPing(send.command) ? pingLine(send.command, marks[i]!, waitS) : send.command;
    const ran = runtime.script(send.from, line, { timeoutMs: (waitS + 30) * 1000, signal: interrupt.signal });
    const command = { ran, interrupt, isAwaited: expectsLoss };
    const ended = () => {
      command.isAwaited = false;
    };
    ran.then(ended, ended);
    return command;
  });
  const all = Promise.all(commands.map(({ ran }) => ran));
  while (commands.some(({ isAwaited }) => isAwaited)) {
    await Promise.race([all, gather.pause()]);
    await gather.look();
    for (const [i, command] of commands.entries())
      if (command.isAwaited && gather.isOver(i) && !(await runtime.backlog())) {
        command.isAwaited = false;
        command.interrupt.abort();
      }
  }
  return all;
}

/** Looks on until all that is expected was seen and nothing more comes, or nothing can be under way any more. */
async function untilAllIsSeen({ runtime }: Live, gather: Gathering, isOver: () => boolean): Promise<void> {
  const late = performance.now() + LONGEST_QUIET_MS;
  for (let fresh = await gather.look(); performance.now() < late; fresh = await gather.look()) {
    if (fresh) continue;
    if (isOver() && !(await runtime.backlog())) return;
    await gather.pause();
  }
}

/** What the netfilter of some places is made of, as a script prints it that switches tracing on or off. */
async function listings({ runtime }: Live, places: readonly string[], script: string): Promise<Listings> {
  const lists = places.map(async (place) => {
    const { code, stdout, stderr } = await runtime.script(place, script);
    if (code) throw new Error(`netfilter cannot be traced at ${place}: ${stderr.trim()}`);
    return [place, listingOf(stdout)] as const;
  });
  return new Map(await Promise.all(lists));
}

function gathered(
  { watch }: Live,
  send: Send,
  ran: Ran,
  { own, notes, doubt }: Followed,
  { seen, traces, dropped }: Drained,
  before: Listings,
  after: Listings,
): Sent {
  const sightings = own.filter(amongTheFirst()).map(sighting);
  const told = passages(traces, before, after, watch.nameOf);
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
