import { outcomeText } from '../judge/outcome.ts';
import type { Verdict, WalkResult } from '../judge/result.ts';
import { proven } from '../lab/read.ts';
import type { Plan } from '../plan/plan.ts';
import type { CheckResult, ClaimResult, DrillResult } from '../prove/events.ts';

interface Evidence {
  id: string;
  title: string;
  verdict: Verdict;
  reason: string;
}

/** How each claim ends that a run had evidence for. One refutation outweighs any confirmation. */
export function claimResults(
  plan: Plan,
  { walks, checks, drills }: { walks: WalkResult[]; checks: CheckResult[]; drills: DrillResult[] },
): ClaimResult[] {
  const evidence: Evidence[] = [
    ...walks.flatMap((walk) =>
      walk.claims.map((id) => ({
        id,
        title: walk.name,
        verdict: walk.verdict,
        reason: walk.reason ?? outcomeText(walk),
      })),
    ),
    ...checks.flatMap(({ claim, title, verdict, reason = '' }) =>
      claim ? [{ id: claim, title, verdict, reason }] : [],
    ),
    ...drills.flatMap(({ claims, fault, verdict, reason = '' }) =>
      claims.map((id) => ({ id, title: fault, verdict, reason })),
    ),
  ];
  return [...new Set(evidence.map(({ id }) => id))].sort().map((id) => {
    const ran = evidence.filter((each) => each.id === id);
    const never = planned(plan).filter((each) => each.id === id && !ran.some(({ title }) => title === each.title));
    const own: Evidence[] = [
      ...ran,
      ...never.map((each) => ({ ...each, verdict: 'unknown' as const, reason: 'it never ran' })),
    ];
    const against = own.find(({ verdict }) => verdict === 'failed');
    if (against) return { id, verdict: 'refuted', note: `${against.title}: ${against.reason}` };
    const open = own.find(({ verdict }) => verdict !== 'passed');
    if (open) return { id, verdict: 'unknown', note: `${open.title}: ${open.reason || open.verdict}` };
    return upheld(id, own, plan);
  });
}

/** A claim against which nothing speaks: corrected if anything of the plan corrects it, each correction on a line. */
function upheld(id: string, evidence: { title: string }[], plan: Plan): ClaimResult {
  const corrections = planned(plan).flatMap((each) => (each.id === id && each.corrects ? [each.corrects] : []));
  if (corrections.length) return { id, verdict: 'corrected', note: [...new Set(corrections)].join('\n') };
  return { id, verdict: 'confirmed', note: [...new Set(evidence.map(({ title }) => title))].join('; ') };
}

/** How each claim of a plan ends where all evidence speaks for it. */
export function claimsIfPassed(plan: Plan): ClaimResult[] {
  const evidence = planned(plan);
  const ids = [...new Set(evidence.map(({ id }) => id))].sort();
  return ids.map((id) =>
    upheld(
      id,
      evidence.filter((each) => each.id === id),
      plan,
    ),
  );
}

/** What of a plan is to be evidence, by its title, and for which claim, in the order in which a run tells it. */
export const planned = ({ walks, checks, matrices, faults }: Plan) =>
  [
    ...walks.map(({ name, claims = [] }) => ({ title: name, claims })),
    ...[...matrices, ...checks].map(({ title, claim }) => ({ title, claims: claim ? [claim] : [] })),
    ...faults.map(({ fault, claims = [] }) => ({ title: fault, claims })),
  ].flatMap(({ title, claims }) => claims.map((proof) => ({ title, ...proven(proof) })));
