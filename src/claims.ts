import type { CheckResult, ClaimResult, DrillResult, Verdict, WalkResult } from './events.ts';
import { outcome } from './fate.ts';
import { type Plan, proven } from './plan.ts';

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
      walk.claims.map((id) => ({ id, title: walk.name, verdict: walk.verdict, reason: walk.reason ?? outcome(walk) })),
    ),
    ...checks.flatMap(({ claim, title, verdict, reason = '' }) =>
      claim ? [{ id: claim, title, verdict, reason }] : [],
    ),
    ...drills.flatMap(({ claims, fault, verdict, reason = '' }) =>
      claims.map((id) => ({ id, title: fault, verdict, reason })),
    ),
  ];
  const corrections = new Map(planned(plan).flatMap(({ id, corrects }) => (corrects ? [[id, corrects] as const] : [])));
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
    const corrected = corrections.get(id);
    if (corrected) return { id, verdict: 'corrected', note: corrected };
    return { id, verdict: 'confirmed', note: [...new Set(own.map(({ title }) => title))].join('; ') };
  });
}

/** What of a plan is to be evidence, by its title, and for which claim. */
const planned = ({ walks, checks, matrices, faults }: Plan) =>
  [
    ...walks.map(({ name, claims = [] }) => ({ title: name, claims })),
    ...faults.map(({ fault, claims = [] }) => ({ title: fault, claims })),
    ...[...checks, ...matrices].map(({ title, claim }) => ({ title, claims: claim ? [claim] : [] })),
  ].flatMap(({ title, claims }) => claims.map((proof) => ({ title, ...proven(proof) })));
