import type { WalkResult } from './events.ts';
import { evidence } from './evidence.ts';
import { countable, inOrder, judge, type Sighting } from './judge.ts';
import type { Send } from './lab.ts';
import { describe, type Header, trail } from './packet/index.ts';
import { isPing, pattern, pingLine } from './ping.ts';
import { type Plan, type PlannedWalk, proven } from './plan.ts';
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
  /** All that was captured meanwhile. */
  seen: Seen[];
  /** Places where the kernel had to drop frames, so that a missing sighting proves nothing. */
  dropped: string[];
}

/** Sends each of some packets, all at once if all are pings, and gathers where each was seen. */
export async function sendAll({ runtime, watch }: Live, sends: Send[], waitS = 1): Promise<Sent[]> {
  if (sends.length > 1 && !sends.every(({ command }) => isPing(command))) {
    const list: Sent[] = [];
    for (const send of sends) list.push(...(await sendAll({ runtime, watch } as Live, [send], waitS)));
    return list;
  }
  await watch.drain();
  const marks = sends.map(pattern);
  const ran = await Promise.all(
    sends.map(({ from, command }, i) =>
      runtime.script(from, pingLine(command, marks[i]!, waitS), { timeoutMs: (waitS + 30) * 1000 }),
    ),
  );
  const { seen, dropped } = await watch.drain();
  return sends.map((send, i) => ({
    send,
    ran: ran[i]!,
    sightings: isPing(send.command) ? marked(seen, marks[i]!) : trailed(seen, send.from),
    seen,
    dropped,
  }));
}

/** Sends a walk's packet and compares its journey with what the walk lists. */
export async function walk(live: Live, walks: PlannedWalk[], waitS?: number): Promise<WalkResult[]> {
  const began = performance.now();
  const sent = await sendAll(
    live,
    walks.map(({ send }) => send),
    waitS,
  );
  return walks.map((planned, i) => result(live, planned, sent[i]!, performance.now() - began));
}

function result({ plan, watch }: Live, planned: PlannedWalk, sent: Sent, durationMs: number): WalkResult {
  const judged = judge(planned, sent.sightings, { ...plan, macOf: watch.macOf });
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
    durationMs,
  };
}

/** A packet's journey as it was seen, in the words of a lab. */
export function observed({ plan }: Live, { send, sightings }: Sent, name: string): string {
  const ordered = inOrder(countable(sightings, plan).counted, plan);
  const part = (reply: boolean) =>
    ordered
      .filter((sighting) => sighting.reply === reply)
      .map((sighting, i, all) => {
        const headers = describe(sighting.headers, []).join(', ');
        return `    at('${sighting.at}', '${because(sighting, all[i - 1])}', ${headers}),`;
      });
  return [
    `'${name}': {`,
    `  send: send('${send.from}', '${send.command}'),`,
    '  request: [',
    ...part(false),
    '  ],',
    ...(part(true).length ? ['  reply: [', ...part(true), '  ],'] : []),
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

function sighting(frame: Seen, reply: boolean): Sighting {
  const { at, place, direction, port, order, time } = frame;
  return { at, place, direction, port, order, time, reply, headers: frame.packet().headers };
}

const PING_HEADER_AND_TIME = 8 + 16;

function marked(seen: Seen[], mark: string): Sighting[] {
  const bytes = Buffer.from(mark, 'hex');
  const own = seen.filter((frame) => frame.bytes.includes(bytes) && !frame.packet().quoted);
  return own.map((frame) => {
    const echo = echoOf(frame, own);
    // Below a header we cannot read, the ICMP type is still where ping's own layout puts it.
    const type = frame.bytes[frame.bytes.indexOf(bytes) - PING_HEADER_AND_TIME];
    return sighting(frame, echo ? echo.fields.type === 'echo reply' : type === 0);
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

/** What is not a ping is followed by the trail of the first IPv4 packet that its sender put out; its answer is not. */
function trailed(seen: Seen[], from: string): Sighting[] {
  const first = seen.find(({ place, direction, packet }) => place === from && direction === 'out' && trail(packet()));
  const mark = first && trail(first.packet());
  return mark ? seen.filter(({ packet }) => trail(packet()) === mark).map((frame) => sighting(frame, false)) : [];
}
