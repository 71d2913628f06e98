import type { CheckResult, ClaimResult, WalkResult } from './events.ts';

/** How each claim ends that a run had evidence for. One refutation outweighs any confirmation. */
export function claimResults({ walks, checks }: { walks: WalkResult[]; checks: CheckResult[] }): ClaimResult[] {
  const evidence = [
    ...walks.flatMap((walk) => walk.claims.map((id) => ({ ...walk, id, title: walk.name }))),
    ...checks.flatMap((check) => (check.claim ? [{ ...check, id: check.claim }] : [])),
  ];
  const ids = [...new Set(evidence.map(({ id }) => id))].sort();
  return ids.map((id) => {
    const own = evidence.filter((each) => each.id === id);
    const failed = own.find(({ verdict }) => verdict === 'failed');
    if (failed) return { id, verdict: 'refuted', note: `${failed.title}: ${failed.reason ?? 'the walk was lost'}` };
    const open = own.find(({ verdict }) => verdict !== 'passed');
    if (open) return { id, verdict: 'unknown', note: `${open.title}: ${open.reason ?? open.verdict}` };
    const corrected = own.find(({ corrects }) => corrects);
    if (corrected) return { id, verdict: 'corrected', note: corrected.corrects! };
    return { id, verdict: 'confirmed', note: [...new Set(own.map(({ title }) => title))].join('; ') };
  });
}
