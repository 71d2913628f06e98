import { setTimeout } from 'node:timers/promises';
import { decisions } from './decisions.ts';
import type { WalkResult } from './events.ts';
import { evidence } from './evidence.ts';
import { countable, inOrder, judge, type Part, type Passed, partOf, type Sighting } from './judge.ts';
import type { Send } from './lab.ts';
import {
  answers,
  endTracing,
  markOf,
  type Passage,
  passages,
  rulesOf,
  traceEverything,
  translation,
} from './netfilter.ts';
import { describe, type Header, quotedTrail, trail } from './packet/index.ts';
import { isPing, pattern, pingLine } from './ping.ts';
import { hookedPlaces, hopsOf, type Plan, type PlannedWalk, proven } from './plan.ts';
import type { Ran, Runtime } from './runtime/runtime.ts';
import type { Seen, Watch } from './watch.ts';

/** What a lab in use is made of: where its nodes live, and what watches them. */
export interface Live {
  plan: Plan;
  runtime: Runtime;
  watch: Watch;
}

/** A packet that was sent, and every frame in which it, its answer or an error about it was seen. */
export interface Sent {
  send: Send;
  ran: Ran;
  sightings: Sighting[];
  /** What netfilter did with it, where a walk lists hooks. */
  passed: Passed[];
  /** All that was captured meanwhile. */
  seen: Seen[];
  /** Places where the kernel had to drop frames, so that a missing sighting proves nothing. */
  dropped: string[];
}

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

/** Sends a walk's packet and compares its journey with what the walk lists; with `why`, asks each node what made it decide. */
export async function walk(
  live: Live,
  walks: PlannedWalk[],
  { waitS, why = false }: { waitS?: number; why?: boolean } = {},
): Promise<WalkResult[]> {
  const began = performance.now();
  const points = walks.map((each) => hopsOf(each).filter(({ went }) => !went).length);
  const sent = await sendAll(
    live,
    walks.map(({ send }) => send),
    { waitS, hooked: hookedPlaces(walks), complete: (each, i) => each.sightings.length >= points[i]! },
  );
  const results = walks.map((planned, i) => result(live, planned, sent[i]!, performance.now() - began));
  if (why) for (const [i, each] of results.entries()) await explain(live, each, sent[i]!);
  return results;
}

/** Asks at each hop for what the node went by. */
async function explain({ plan, runtime }: Live, { hops }: WalkResult, { sightings }: Sent): Promise<void> {
  const ordered = inOrder(countable(sightings, plan).counted, plan);
  const asked = ordered.flatMap((now, i) => {
    const before = ordered[i - 1];
    const here = before?.place === now.place && partOf(before) === partOf(now) ? before : undefined;
    const starts = !ordered.slice(0, i).some((each) => partOf(each) === partOf(now));
    const hop = hops.find((each) => each.at === now.at && partOf(each) === partOf(now) && !each.why);
    return hop && (here || starts) ? [{ hop, place: now.place, commands: decisions(here, now) }] : [];
  });
  await Promise.all(
    asked.map(async ({ hop, place, commands }) => {
      const answers = await Promise.all(commands.map((command) => runtime.script(place, command, { timeoutMs: 5000 })));
      const why = answers.flatMap(({ command, stdout, stderr }) => {
        const output = `${stdout}${stderr}`.replace(/^\s*cache\b.*$/gm, '').trim();
        return output ? [{ command, output }] : [];
      });
      if (why.length) hop.why = why;
    }),
  );
}

function result({ plan, watch }: Live, planned: PlannedWalk, sent: Sent, durationMs: number): WalkResult {
  const judged = judge(planned, sent.sightings, { ...plan, macOf: watch.macOf }, sent.passed);
  const roundTrip = /time=([\d.]+) ms/.exec(sent.ran.stdout)?.[1];
  const missing = sent.ran.code === 127 || sent.ran.code === 126;
  const reason = sent.dropped.length
    ? `the capture lost frames on ${sent.dropped.join(', ')}: what was not seen proves nothing`
    : missing
      ? `nothing was sent: ${sent.ran.stderr.trim()}`
      : undefined;
  return {
    name: planned.name,
    claims: (planned.claims ?? []).map((proof) => proven(proof).id),
    send: planned.send,
    verdict: reason ? 'unknown' : judged.verdict,
    lostAt: reason ? null : judged.lostAt,
    hops: judged.hops,
    unexpected: judged.unexpected,
    evidence: judged.verdict === 'passed' ? [] : [...judged.aside, ...evidence(sent)],
    ...(reason && { reason }),
    ...(roundTrip && { roundTripMs: Number(roundTrip) }),
    durationMs,
  };
}

/** A packet's journey as it was seen, in the words of a lab. */
export function observed({ plan }: Live, { send, sightings, passed }: Sent, name: string): string {
  const ordered = inOrder(countable(sightings, plan).counted, plan);
  const part = (which: Part) => [
    ...ordered
      .filter((each) => partOf(each) === which)
      .map((each, i, all) => {
        const headers = describe(each.headers, []).join(', ');
        return `    at('${each.at}', '${because(each, all[i - 1])}', ${headers}),`;
      }),
    ...passed
      .filter((each) => each.part === which)
      .map(({ place, went }) => `    through('${place}', '${went.replaceAll("'", "\\'")}', 'It passes this hook'),`),
  ];
  return [
    `'${name}': {`,
    `  send: send('${send.from}', '${send.command}'),`,
    ...(['request', 'reply', 'end'] as const).flatMap((which) =>
      which === 'request' || part(which).length ? [`  ${which}: [`, ...part(which), '  ],'] : [],
    ),
    '},',
  ].join('\n');
}

/** What became of a packet since it was last seen, as far as its headers tell. */
function because(now: Sighting, before: Sighting | undefined): string {
  if (!before) return 'It starts here';
  const wraps = ({ headers }: Sighting) => headers.filter(({ protocol }) => protocol === 'ip').length;
  const ttl = ({ headers }: Sighting) => Number(headers.findLast(({ protocol }) => protocol === 'ip')?.fields.ttl);
  if (wraps(now) > wraps(before)) return 'It is wrapped';
  if (wraps(now) < wraps(before)) return 'It is unwrapped';
  if (ttl(now) < ttl(before)) return 'It is routed: one TTL is spent';
  if (now.port) return now.direction === 'out' ? 'It leaves the bridge' : 'It enters the bridge';
  return now.direction === 'out' ? 'It leaves here' : 'It arrives here';
}

/** A frame of the packet that is followed, and which part of the walk it belongs to. */
interface Own {
  frame: Seen;
  reply: boolean;
  end?: true;
}

function sighting(frame: Seen, part: Omit<Own, 'frame'>): Sighting {
  const { at, place, direction, port, order, time } = frame;
  return { at, place, direction, port, order, time, ...part, headers: frame.packet().headers };
}

const PING_HEADER_AND_TIME = 8 + 16;

function marked(seen: Seen[], mark: string): Own[] {
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
function trailed(seen: Seen[], from: string): Own[] {
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
