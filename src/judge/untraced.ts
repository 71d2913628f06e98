import type { Part } from '../lab/part.ts';
import type { PlannedHook, PlannedHop } from '../plan/hops.ts';
import { waysOf } from '../plan/ways.ts';
import type { Observation } from './observation.ts';
import type { HookResult } from './result.ts';
import type { Surroundings } from './walk.ts';
import { judgeWays, type WaysJudgement } from './ways.ts';

/**
 * Judges a walk as `judgeWays` does, where netfilter could not be traced at some places: what it lists of their hooks is unknown, and
 * so is a walk that is as listed everywhere else.
 */
export function judgeTraced(
  hops: readonly PlannedHop[],
  observations: readonly Observation[],
  surroundings: Surroundings,
  listedParts: readonly Part[],
  untraced: readonly { place: string; why: string }[],
): WaysJudgement {
  const whyNot = (hop: PlannedHop) =>
    hop.kind === 'hook' ? untraced.find(({ place }) => place === hop.place)?.why : undefined;
  const judged = judgeWays(
    hops.filter((hop) => !whyNot(hop)),
    observations,
    surroundings,
    listedParts,
  );
  const listed = waysOf(hops).find(({ names }) => String(names) === String(judged.names))?.hops ?? judged.listed;
  const reason = listed.flatMap((hop) => whyNot(hop) ?? [])[0];
  if (!reason) return judged;
  const results = listed.map((hop) => judged.hops[judged.listed.indexOf(hop)] ?? unknownHook(hop as PlannedHook));
  const failed = judged.failedAt === null ? undefined : judged.listed[judged.failedAt];
  const rest = { ...judged, hops: results, listed, failedAt: failed ? listed.indexOf(failed) : null };
  return judged.verdict === 'passed' ? { ...rest, verdict: 'unknown', outcome: 'unknown', reason } : rest;
}

const unknownHook = ({ part, because, place, family, table, chain, way }: PlannedHook): HookResult => ({
  ...{ kind: 'hook', fate: 'unknown', part, because, place, table, chain },
  family: family ?? null,
  expected: way,
  seen: null,
});
