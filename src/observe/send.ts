import type { Sighting } from '../judge/observation.ts';
import { isPing, pattern, pingLine } from '../plan/ping.ts';
import { setTimeout } from 'node:timers/promises';
import type { Passed } from '../judge/hooks.ts';
import { type Part, partOf } from '../lab/part.ts';
import type { Send } from '../lab/words.ts';
import type { Ran, Runtime } from '../runtime/runtime.ts';
import { marked, type Own, trailed } from './follow.ts';
import { answers, endTracing, markOf, type Passage, passages, rulesOf, traceEverything, translation } from './netfilter.ts';
import type { Live, Sent } from './sent.ts';
import type { Seen, Watch } from './watch.ts';

/** How long what a command sent may still be on its way when the command has ended; a ping waits for its answer itself. */
const LATE_MS = 100;

interface Sending {
  waitS?: number | undefined;
  /** Places where netfilter's traces are wanted. */
  hooked?: string[];
  /** Whether all that is expected of a packet was seen. */
  complete?: (sent: Sent, index: number) => boolean;
}

/** Sends each of some packets, all at once if all are pings, and gathers where each was seen. */
export async function sendAll(live: Live, sends: Send[], sending: Sending = {}): Promise<Sent[]> {
  const { waitS = 1, hooked = [], complete = () => true } = sending;
  const pings = sends.every(({ command }) => isPing(command));
  if (sends.length > 1 && !pings) {
    const list: Sent[] = [];
    for (const [i, send] of sends.entries())
      list.push(...(await sendAll(live, [send], { ...sending, complete: (sent) => complete(sent, i) })));
    return list;
  }
  const { runtime, watch } = live;
  await Promise.all(hooked.map((place) => traced(runtime, place)));
  await watch.drain();
  const marks = sends.map(pattern);
  const ran = await Promise.all(
    sends.map(({ from, command }, i) =>
      runtime.script(from, pingLine(command, marks[i]!, waitS), { timeoutMs: (waitS + 30) * 1000 }),
    ),
  );
  const drained = await watch.drain();
  const gather = (tables: Tables) =>
    sends.map((send, i) => sent(live, { send, ran: ran[i]!, mark: marks[i]! }, drained, tables));
  const late = performance.now() + LATE_MS;
  while (!pings && !gather(new Map()).every(complete) && performance.now() < late) {
    await setTimeout(LATE_MS / 10);
    const more = await watch.drain();
    drained.seen.push(...more.seen);
    drained.traces.push(...more.traces);
    drained.dropped.push(...more.dropped);
  }
  const tables = new Map(
    await Promise.all(hooked.map(async (place) => [place, await untraced(runtime, place)] as const)),
  );
  return gather(tables);
}

type Drained = Awaited<ReturnType<Watch['drain']>>;
type Tables = Map<string, { rules: Map<string, string>; tracked: string[] }>;

function sent(
  { watch }: Live,
  { send, ran, mark }: { send: Send; ran: Ran; mark: string },
  { seen, traces, dropped }: Drained,
  tables: Tables,
): Sent {
  const own = isPing(send.command) ? marked(seen, mark) : trailed(seen, send.from);
  const sightings = own.map(({ frame, ...part }) => sighting(frame, part));
  const through = passages(traces, (place) => tables.get(place)?.rules ?? new Map());
  const partBy = partsByMark(send, own, seen, through);
  const passed = through.flatMap((each): Passed[] => {
    const part = partBy.get(each.mark);
    const here = sightings.filter(({ place }) => place === each.place);
    // Of a packet that is only bridged, the hook knows the bridge, and it is seen at the ports alone.
    const [enters, leaves] = [each.iif, each.oif].map((index) => {
      const name = index ? watch.nameOf(each.place, index) : undefined;
      const bridged = here.some(({ port }) => port) && !here.some(({ at }) => at === `${each.place}:${name}`);
      return bridged ? undefined : name;
    });
    return part
      ? [{ ...each, part, enters, leaves, translation: translation(each, tables.get(each.place)?.tracked ?? []) }]
      : [];
  });
  return { send, ran, sightings, passed, seen, dropped };
}

/** Which part of a walk a packet is that netfilter told of, even one that never got to an interface. */
function partsByMark({ from, command }: Send, own: Own[], seen: Seen[], through: Passage[]): Map<string, Part> {
  const parts = new Map(own.map(({ frame, ...part }) => [markOf(frame.packet()) ?? '', partOf(part)]));
  if (!own.length) {
    const others = new Set(seen.map((frame) => markOf(frame.packet())));
    const sent = through.find(
      ({ place, iif, mark }) =>
        place === from && !iif && !others.has(mark) && mark.startsWith('icmp 8 ') === isPing(command),
    );
    if (sent) parts.set(sent.mark, 'request');
  }
  const asked = [...parts].flatMap(([mark, part]) => (part === 'request' ? [mark] : []));
  for (const { mark } of through)
    if (!parts.has(mark) && asked.some((each) => answers(mark, each))) parts.set(mark, 'reply');
  return parts;
}

async function traced(runtime: Runtime, place: string): Promise<void> {
  const { code, stderr } = await runtime.script(place, traceEverything);
  if (code) throw new Error(`netfilter cannot be traced at ${place}: ${stderr.trim()}`);
}

async function untraced(runtime: Runtime, place: string) {
  const { stdout } = await runtime.script(place, endTracing);
  const [rules = '', tracked = ''] = stdout.split('# conntrack\n');
  return { rules: rulesOf(rules), tracked: tracked.split('\n') };
}

function sighting(frame: Seen, part: Omit<Own, 'frame'>): Sighting {
  const { at, place, direction, port, order, time } = frame;
  return { at, place, direction, port, order, time, ...part, headers: frame.packet().headers };
}
