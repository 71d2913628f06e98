import { absentInterfaces } from '../explain/absent.ts';
import { evidence } from '../explain/captured.ts';
import { decisions } from '../explain/decided.ts';
import type { Observation, Sighting } from '../judge/observation.ts';
import type { Outcome, WalkResult } from '../judge/result.ts';
import { inOrder, judge } from '../judge/walk.ts';
import { proven } from '../lab/read.ts';
import { innermost, isIpv6Message } from '../observe/identity.ts';
import { sendAll } from '../observe/send.ts';
import type { Errand, Live, Sent } from '../observe/sent.ts';
import { linkOf } from '../observe/watch.ts';
import { isPing } from '../plan/ping.ts';
import { hookedPlaces, type PlannedWalk } from '../plan/plan.ts';

export interface WalkOptions {
  /** How long a plain ping waits for its answer, in seconds. */
  waitS?: number;
  /** Whether each node is asked what made it decide. */
  why?: boolean;
  /** The walk, by name, whose packet is expected to be lost: that is known sooner than a command gives up. */
  expectsLossOf?: string;
}

/** Sends the packets of some walks, all at once if all are pings, and compares the journey of each with what its walk lists. */
export async function walk(
  live: Live,
  walks: PlannedWalk[],
  { waitS, why = false, expectsLossOf }: WalkOptions = {},
): Promise<WalkResult[]> {
  const began = performance.now();
  const points = walks.map(({ hops }) => hops.filter(({ kind }) => kind === 'point').length);
  const errands = walks.map((each) => ({ ...errandOf(each), expectsLoss: each.name === expectsLossOf }));
  const sent = await sendAll(live, errands, {
    waitS,
    hooked: hookedPlaces(walks),
    isComplete: ({ observations }, i) => observations.filter(({ kind }) => kind === 'sighting').length >= points[i]!,
  });
  const results = walks.map((planned, i) => result(live, planned, sent[i]!, performance.now() - began));
  for (const [i, each] of results.entries())
    if (each.verdict === 'failed') each.evidence.unshift(...(await absentInterfaces(live, walks[i]!, each.hops)));
  if (why) for (const [i, each] of results.entries()) await explain(live, each, sent[i]!);
  for (const [i, each] of results.entries()) remember(live, each, sent[i]!);
  return results;
}

/** What a walk's packet is sent by, and how it is to look when it leaves. */
export function errandOf({ send, hops }: PlannedWalk): Errand {
  const first = hops.find((hop) => hop.kind === 'point');
  return { send, ...(first?.kind === 'point' && first.place === send.from && { expected: first.headers }) };
}

/** A walk that passed shows how long a packet takes here, there and back. */
function remember(live: Live, { name, verdict, roundTripMs, send }: WalkResult, { observations }: Sent): void {
  if (verdict !== 'passed') return;
  live.proven.add(name);
  const tookMs = roundTripMs ?? roundTripOf(observations, send.from);
  if (tookMs !== undefined) live.roundTripMs = Math.max(live.roundTripMs ?? 0, tookMs);
}

/** Milliseconds from a packet's first sighting at its sender's place to its answer's last one there, by that place's own clock. */
export function roundTripOf(observations: readonly Observation[], from: string): number | undefined {
  const sightings = observations.flatMap((each) => (each.kind === 'sighting' && each.place === from ? [each] : []));
  const left = sightings.find(({ part }) => part === 'request');
  const back = sightings.findLast(({ part }) => part === 'reply');
  return left && back ? Number(back.time - left.time) / 1e6 : undefined;
}

/** Asks at each hop for what the node went by. */
async function explain({ runtime, watch }: Live, { hops }: WalkResult, { observations }: Sent): Promise<void> {
  const ordered = inOrder(observations, watch.wires()).observations.flatMap((each) =>
    each.kind === 'sighting' ? [each] : [],
  );
  const asked = ordered.flatMap((now, i) => {
    const before = ordered[i - 1];
    const here = before?.place === now.place && before.part === now.part ? before : undefined;
    const starts = !ordered.slice(0, i).some(({ part }) => part === now.part);
    const hop = hops.find((each) => each.kind === 'point' && each.part === now.part && isHopOf(each, now) && !each.why);
    return hop && (here || starts) ? [{ hop, place: now.place, commands: decisions(here, now, watch.wires()) }] : [];
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

const isHopOf = (hop: WalkResult['hops'][number], { place, device, direction }: Sighting) =>
  hop.kind === 'point' && hop.place === place && hop.device === device && (hop.direction ?? direction) === direction;

function result({ watch }: Live, planned: PlannedWalk, sent: Sent, durationMs: number): WalkResult {
  const surroundings = { wires: watch.wires(), macOf: watch.macOf };
  const judged = judge(planned.hops, sent.observations, surroundings, planned.listsReply ? ['reply'] : []);
  const roundTrip = /time=([\d.]+) ms/.exec(sent.ran.stdout)?.[1];
  const answered = isAnswered(sent, planned.listsReply);
  const told = judged.verdict === 'passed' ? toldOf(planned, sent, judged.outcome, answered) : judged;
  const reason = doubtOf(sent, judged.verdict) ?? judged.reason;
  return {
    name: planned.name,
    claims: (planned.claims ?? []).map((proof) => proven(proof).id),
    send: planned.send,
    command: { code: sent.ran.code, answered },
    verdict: reason ? 'unknown' : told.verdict,
    outcome: reason ? 'unknown' : told.outcome,
    failedAt: reason ? null : judged.failedAt,
    hops: reason ? judged.hops.map((hop) => (hop.seen ? hop : { ...hop, fate: 'unknown' as const })) : judged.hops,
    strays: judged.strays,
    notes: [...sent.notes, ...judged.notes],
    evidence: told.verdict === 'passed' ? [] : evidence(sent, watch.wires()),
    ...(reason && { reason }),
    ...(roundTrip && { roundTripMs: Number(roundTrip) }),
    durationMs,
  };
}

/** Whether a walk that went as listed also ended as it says: a ping is answered, unless the walk says that it is not. */
function toldOf(
  { listsReply, unanswered }: PlannedWalk,
  { observations }: Sent,
  outcome: Outcome,
  answered: boolean,
): { verdict: 'passed' | 'failed'; outcome: Outcome } {
  if (outcome === 'dropped') return { verdict: 'passed', outcome };
  const isEcho = observations.some(
    (each) => each.kind === 'sighting' && each.part === 'request' && innermost(each, 'icmp')?.type === 'echo request',
  );
  if (answered) return { verdict: unanswered ? 'failed' : 'passed', outcome: 'answered' };
  if (isEcho && !listsReply && !unanswered) return { verdict: 'failed', outcome: 'unanswered' };
  return { verdict: 'passed', outcome };
}

/**
 * Whether the sender was told: as ping says it, or else by the answer that got back to its place; an ICMP error is none, unless the
 * walk lists it.
 */
export function isAnswered({ send, ran, observations }: Sent, listsReply = false): boolean {
  const received = isPing(send.command) && /(\d+) received/.exec(ran.stdout)?.[1];
  if (received) return Number(received) > 0;
  return observations.some(
    (each) =>
      each.kind === 'sighting' &&
      each.part === 'reply' &&
      each.place === send.from &&
      each.direction === 'in' &&
      !each.otherHost &&
      (listsReply || !isError(each)),
  );
}

/** Whether a frame is an ICMP error (RFC 792): of ICMP, only echoes are not. */
const isError = (frame: Sighting): boolean => {
  const type = innermost(frame, 'icmp')?.type;
  return type !== undefined && type !== 'echo request' && type !== 'echo reply';
};

/** Why what was not seen proves nothing, or what was seen is not for certain the command's packet. */
export function doubtOf(
  { send, ran, dropped, doubt, observations, seen }: Sent,
  verdict: 'passed' | 'failed' | 'unknown',
): string | undefined {
  if (dropped.length)
    return `the capture lost frames on ${[...new Set(dropped)].join(', ')}: what was not seen proves nothing`;
  if (ran.code === 127 || ran.code === 126) return `nothing was sent: ${ran.stderr.trim()}`;
  const sentIpv6 = () =>
    seen.some((frame) => frame.place === send.from && frame.direction === 'out' && isIpv6Message(frame, linkOf(frame)));
  if (doubt && (observations.length || (verdict === 'failed' && (!ran.code || sentIpv6())))) return doubt;
  if (isPing(send.command)) return undefined;
  if (!observations.length && !ran.code) return `nothing was sent by ${send.from} that can be followed`;
  return undefined;
}
