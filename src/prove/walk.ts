import { absentInterfaces } from '../explain/absent.ts';
import { evidence } from '../explain/captured.ts';
import { decisions } from '../explain/decided.ts';
import { type Explanation, explain } from '../explain/explain.ts';
import { laterLost, laterText } from '../explain/later-lost.ts';
import type { States } from '../explain/state/place-state.ts';
import type { Observation, Sighting } from '../judge/observation.ts';
import type { Outcome, WalkResult } from '../judge/result.ts';
import { judgeTraced } from '../judge/untraced.ts';
import { inOrder } from '../judge/walk.ts';
import { proven } from '../lab/read.ts';
import { sendAll } from '../observe/send.ts';
import type { Errand, Live, Sent } from '../observe/sent.ts';
import { hookedPlaces, type PlannedHop } from '../plan/hops.ts';
import { isPing } from '../plan/ping.ts';
import type { PlannedWalk } from '../plan/plan.ts';
import { waysOf } from '../plan/ways.ts';
import { isAnswered, toldOf, toldTooEarly } from './answered.ts';
import { errandOf } from './errand.ts';
import { missingOf, neverFollowed } from './never-followed.ts';

export interface WalkOptions {
  /** How long a plain ping waits for its answer, in seconds. */
  waitS?: number;
  /** Whether each node is asked what made it decide. */
  why?: boolean;
  /** Which walks that failed say why, and what their places were like when the lab was proven, where that is known. */
  causes?: boolean | ((result: WalkResult) => boolean);
  before?: States | undefined;
  /** Whether the cause counts more than the time that it takes to find. */
  isPatient?: boolean | undefined;
  /** The walk, by name, whose packet is expected to be lost: that is known sooner than a command gives up. */
  expectsLossOf?: string;
}

/** Sends the packets of some walks, all at once if all are pings, and compares the journey of each with what its walk lists. */
export async function walk(
  live: Live,
  walks: PlannedWalk[],
  { waitS, why = false, causes = false, before, isPatient, expectsLossOf }: WalkOptions = {},
): Promise<WalkResult[]> {
  const began = performance.now();
  const points = walks.map(mostPoints);
  const errands = walks.map((each) => ({ ...errandOf(each), expectsLoss: each.name === expectsLossOf }));
  const sent = await sendAll(live, errands, {
    waitS,
    hooked: hookedPlaces(walks),
    isComplete: ({ observations }, i) => observations.length >= points[i]!,
  });
  const judged = walks.map((planned, i) => result(live, planned, sent[i]!, performance.now() - began));
  const results = judged.map((each) => each.result);
  for (const [i, { result, listed }] of judged.entries())
    if (result.verdict === 'failed')
      result.evidence.unshift(...(await absentInterfaces(live, { ...walks[i]!, hops: listed }, result.hops)));
  if (causes) await explainFailed(live, results, errands, sent, { causes, before, isPatient });
  if (why) for (const [i, each] of results.entries()) await decide(live, each, sent[i]!);
  for (const [i, each] of results.entries()) remember(live, each, sent[i]!);
  return results;
}

/** Says why those failed that did, and what of the others came later and was lost. */
async function explainFailed(
  live: Live,
  results: WalkResult[],
  errands: Errand[],
  sent: Sent[],
  { causes, before, isPatient }: Pick<WalkOptions, 'causes' | 'before' | 'isPatient'>,
): Promise<void> {
  const isAsked = (each: WalkResult) => causes === true || (each.verdict === 'failed' && causes && causes(each));
  for (const [i, each] of results.entries()) {
    if (!isAsked(each)) continue;
    each.evidence.unshift(...neverFollowed(each));
    const later = each.verdict === 'passed' && (await laterLost(live, { errand: errands[i]!, sent: sent[i]! }, before));
    if (later) each.notes.push(laterText(later));
  }
  for (const [i, each] of results.entries()) {
    const missing = isAsked(each) && missingOf(each);
    const loss = { errand: errands[i]!, sent: sent[i]! };
    const later = missing && (await laterLost(live, loss, before, missing));
    if (!later) continue;
    each.causes = later.causes;
    each.evidence.unshift(later.sentence);
  }
  const failed = results.flatMap((walk, i) =>
    walk.verdict === 'failed' && isAsked(walk) && !neverFollowed(walk).length
      ? [{ walk, errand: errands[i]!, sent: sent[i]! }]
      : [],
  );
  if (!failed.length) return;
  for (const [i, told] of (await explain(live, failed, before, isPatient)).entries()) {
    failed[i]!.walk.causes = told.causes;
    const isLost = !failed[i]!.walk.command.answered;
    failed[i]!.walk.evidence.push(...unexplained(isLost ? told : { ...told, ruledOut: [] }));
  }
}

/** What was ruled out and what could not be asked, in sentences. */
export const unexplained = ({ ruledOut, unasked }: Explanation): string[] => [
  ...ruledOut.map((each) => `ruled out: ${each}`),
  ...unasked,
];

/** How many points the longest of a walk's ways has. */
const mostPoints = ({ hops }: PlannedWalk): number =>
  Math.max(...waysOf(hops).map((way) => way.hops.filter(({ kind }) => kind === 'point').length));

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
async function decide({ runtime, watch }: Live, { hops }: WalkResult, { observations }: Sent): Promise<void> {
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

function result(
  { watch }: Live,
  planned: PlannedWalk,
  sent: Sent,
  durationMs: number,
): { result: WalkResult; listed: PlannedHop[] } {
  const surroundings = { wires: watch.wires(), macOf: watch.macOf };
  const { hops, listsReply } = planned;
  const judged = judgeTraced(hops, sent.observations, surroundings, listsReply ? ['reply'] : [], sent.untraced);
  const roundTrip = /time=([\d.]+) ms/.exec(sent.ran.stdout)?.[1];
  const answered = isAnswered(sent, listsReply);
  const told = judged.verdict === 'passed' ? toldOf(planned, sent, judged.outcome, answered) : judged;
  const reason = doubtOf(sent, judged.verdict) ?? judged.reason;
  const result: WalkResult = {
    name: planned.name,
    claims: (planned.claims ?? []).map((proof) => proven(proof).id),
    send: planned.send,
    command: { code: sent.ran.code, answered, ...(sent.ran.interrupted && { interrupted: true }) },
    verdict: reason ? 'unknown' : told.verdict,
    outcome: reason ? 'unknown' : told.outcome,
    failedAt: reason ? null : judged.failedAt,
    ...(judged.names.length && { ways: judged.names }),
    ...(planned.later && { later: planned.later }),
    hops: reason ? judged.hops.map((hop) => (hop.seen ? hop : { ...hop, fate: 'unknown' as const })) : judged.hops,
    strays: judged.strays,
    ...(judged.loops && { loops: judged.loops }),
    notes: [...sent.notes, ...judged.notes, ...toldTooEarly(sent)],
    causes: [],
    evidence: told.verdict === 'passed' ? [] : [...undue(told.outcome), ...evidence(sent, watch.wires())],
    ...(reason && { reason }),
    ...(roundTrip && { roundTripMs: Number(roundTrip) }),
    durationMs,
  };
  return { result, listed: judged.listed };
}

/** Of a walk that went as listed and was not to be answered, that it was. */
const undue = (outcome: Outcome) =>
  outcome === 'answered' ? ['its sender was told that it was answered, and the walk says `unanswered: true`'] : [];

/** Why what was not seen proves nothing, or what was seen is not for certain the command's packet. */
export function doubtOf(
  { send, ran, dropped, doubt, observations }: Sent,
  verdict: 'passed' | 'failed' | 'unknown',
): string | undefined {
  if (dropped.length)
    return `the capture lost frames on ${[...new Set(dropped)].join(', ')}: what was not seen proves nothing`;
  if (ran.code === 127 || ran.code === 126) return `nothing was sent: ${ran.stderr.trim()}`;
  if (doubt && (observations.length || (verdict === 'failed' && !ran.code))) return doubt;
  if (isPing(send.command)) return undefined;
  if (!observations.length && !ran.code) return `nothing was sent by ${send.from} that can be followed`;
  return undefined;
}
