import { createHash } from 'node:crypto';
import type { HookResult, HopResult, PointResult, Verdict, WalkResult } from '../judge/result.ts';
import type { Plan } from '../plan/plan.ts';
import type { CheckResult, ClaimResult, DrillResult } from '../prove/events.ts';
import { claimResults, claimsIfPassed, planned } from './claims.ts';

/** One thing that a claim rests on, as it was seen. */
export interface Shown {
  title: string;
  verdict: Verdict;
  /** Where it was typed, and what. */
  node: string;
  command: string;
  /** What a check's command printed. */
  output?: string;
  /** Of a walk, where the packet was to be and what was seen there; of a drill, up to the first hop that is not as listed. */
  hops?: ShownHop[];
}

/** A hop without its frame, and without what explains it. */
export type ShownHop = Omit<PointResult, 'frame' | 'time' | 'why' | 'differences'> | Omit<HookResult, 'why'>;

/** What a run that proved a lab to its end found out about its claims. */
export interface LabProof {
  lab: string;
  /** Of the plan that was run. */
  digest: string;
  /** When, as in ISO 8601. */
  at: string;
  runtime: string;
  claims: (ClaimResult & { evidence: Shown[] })[];
}

/** How a claim stands: as a run found, or why no run says. */
export type ClaimVerdict = ClaimResult['verdict'] | 'changed since' | 'not run here yet' | 'unproven';

/** A claim in one lab that carries it. */
export interface LabEntry {
  lab: string;
  verdict: ClaimVerdict;
  note: string;
  runtime: string | null;
  at: string | null;
  /** Of what is not simply confirmed, what shows it. */
  evidence: Shown[];
}

/** A claim, and how it ended in every lab that carries it. */
export interface ClaimEntry {
  id: string;
  document: string;
  says: string;
  /** What holds of it in all its labs: the worst of their verdicts, and `unproven` where there is none. */
  verdict: ClaimVerdict;
  labs: LabEntry[];
}

/** The claims that a lab carries, of all that its plan knows. */
const carried = (plan: Plan): string[] => [...new Set(planned(plan).map(({ id }) => id))].sort();

/** Tells two plans apart that differ in anything a run or a page depends on: 16 hexadecimal digits. */
export function digest(plan: Plan): string {
  const claims = carried(plan).map((id) => [id, plan.claims[id]]);
  return createHash('sha256')
    .update(JSON.stringify({ ...plan, claims }))
    .digest('hex')
    .slice(0, 16);
}

type Found = { walks: WalkResult[]; checks: CheckResult[]; drills: DrillResult[] };

/** What is kept of a run that proved a lab. */
export const proofOf = (plan: Plan, found: Found, { at, runtime }: Pick<LabProof, 'at' | 'runtime'>): LabProof => ({
  lab: plan.name,
  digest: digest(plan),
  at,
  runtime,
  claims: claimResults(plan, found).map((claim) => ({
    ...claim,
    evidence: claim.verdict === 'confirmed' ? [] : evidence(plan, found, claim.id),
  })),
});

/** What a run shows of a claim; first what went against it, then what carries its correction. */
function evidence(plan: Plan, { walks, checks, drills }: Found, id: string): Shown[] {
  const correcting = planned(plan).flatMap((each) => (each.id === id && each.corrects ? [each.title] : []));
  const rank = ({ verdict, title }: Shown) =>
    ['failed', 'unknown', 'skipped'].includes(verdict) ? 0 : correcting.includes(title) ? 1 : 2;
  return [
    ...walks.filter(({ claims }) => claims.includes(id)).map(ofWalk),
    ...checks.filter(({ claim }) => claim === id).map(ofCheck),
    ...drills.filter(({ claims }) => claims.includes(id)).map(ofDrill),
  ].sort((a, b) => rank(a) - rank(b));
}

const ofWalk = ({ name, verdict, send, hops }: WalkResult): Shown => ({
  title: name,
  verdict,
  node: send.from,
  command: send.command,
  hops: hops.map(shownHop),
});

function shownHop(hop: HopResult): ShownHop {
  const { why: _, ...rest } = hop;
  if (rest.kind === 'hook') return rest;
  const { frame: _frame, time: _time, differences: _differences, ...shown } = rest;
  return shown;
}

/** Long outputs are lists of which the beginning tells what they are. */
const KEPT_OF_OUTPUT = 4000;

const ofCheck = ({ title, verdict, node, command, output }: CheckResult): Shown => ({
  title,
  verdict,
  node,
  command,
  output: output.length > KEPT_OF_OUTPUT ? `${output.slice(0, KEPT_OF_OUTPUT)}…` : output,
});

function ofDrill({ fault, verdict, broken, walk }: DrillResult): Shown {
  if (!broken) return { title: fault, verdict, node: '', command: walk, hops: [] };
  const hops = broken.failedAt === null ? broken.hops : broken.hops.slice(0, broken.failedAt + 1);
  return { ...ofWalk({ ...broken, hops }), title: fault, verdict };
}

const WORST: ClaimVerdict[] = [
  'refuted',
  'unknown',
  'changed since',
  'not run here yet',
  'corrected',
  'confirmed',
  'unproven',
];

/** Every claim that some labs know, in their order, and how it stands after the runs that are kept of them. */
export function ledger(plans: Plan[], proofs: LabProof[]): ClaimEntry[] {
  const known = new Map(plans.flatMap((plan) => Object.entries(plan.claims)));
  const byName = [...plans].sort((a, b) => (a.name < b.name ? -1 : 1));
  const entries = byName.flatMap((plan) => entriesOf(plan, proofs));
  return [...known].map(([id, { document, says }]) => {
    const labs = entries.flatMap((each) => (each.id === id ? [each.entry] : []));
    const verdict = WORST.find((worst) => labs.some((each) => each.verdict === worst)) ?? 'unproven';
    return { id, document, says, verdict, labs };
  });
}

function entriesOf(plan: Plan, proofs: LabProof[]): { id: string; entry: LabEntry }[] {
  const proof = proofs.find(({ lab }) => lab === plan.name);
  const isCurrent = proof?.digest === digest(plan);
  return carried(plan).map((id) => {
    const claim = proof?.claims.find((each) => each.id === id);
    if (!proof || !isCurrent) return { id, entry: without(plan.name, proof !== undefined) };
    const { verdict, note, evidence } = claim ?? { verdict: 'unknown', note: 'nothing of it ever ran', evidence: [] };
    return { id, entry: { lab: plan.name, verdict, note, runtime: proof.runtime, at: proof.at, evidence } };
  });
}

const without = (lab: string, another: boolean): LabEntry => ({
  lab,
  verdict: another ? 'changed since' : 'not run here yet',
  note: '',
  runtime: null,
  at: null,
  evidence: [],
});

/** Every claim that some labs know, and how it stands where each of them has passed. */
export const ledgerIfPassed = (plans: Plan[]): ClaimEntry[] =>
  ledger(
    plans,
    plans.map((plan) => ({
      lab: plan.name,
      digest: digest(plan),
      at: '',
      runtime: '',
      claims: claimsIfPassed(plan).map((claim) => ({ ...claim, evidence: [] })),
    })),
  );

/** What is told of a claim in all its labs together: that of the labs which decide its verdict, each thing once. */
export function noteOf({ verdict, labs }: ClaimEntry): string {
  const notes = labs.filter((each) => each.verdict === verdict).map(({ note }) => note);
  const separator = verdict === 'confirmed' ? '; ' : '\n';
  return [...new Set(notes.flatMap((note) => note.split(separator)))].filter(Boolean).join(separator);
}
