import type { WalkResult } from '../judge/result.ts';
import { hookedPlaces } from '../plan/plan.ts';
import { evidence } from '../explain/captured.ts';
import { decisions } from '../explain/decided.ts';
import { countable, inOrder, judge } from '../judge/walk.ts';
import { partOf } from '../lab/part.ts';
import { hopsOf, proven } from '../lab/read.ts';
import { sendAll } from '../observe/send.ts';
import type { Live, Sent } from '../observe/sent.ts';
import type { PlannedWalk } from '../plan/plan.ts';

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
