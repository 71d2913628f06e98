import { createHash } from 'node:crypto';
import type { Verdict } from '../judge/result.ts';
import type { Plan, PlannedFault } from '../plan/plan.ts';
import { due, type Findings } from './run.ts';

/** What has passed in a lab that goes on standing: each walk, check and drill as it was then. */
export interface Passed {
  parts: string[];
  /** The drill that did not pass, and may have left the lab broken. */
  broken?: string;
}

/** A plan with what of it is to be proven and has not passed as it has it; `drills` as in Proving. */
export function notPassed(plan: Plan, { parts }: Passed, drills = false): Plan {
  const asked = due(plan, drills);
  const isDue = (part: unknown) => !parts.includes(asItIs(part));
  return {
    ...plan,
    walks: plan.walks.filter(isDue),
    checks: plan.checks.filter(isDue),
    matrices: plan.matrices.filter(isDue),
    faults: plan.faults.filter((fault) => asked.includes(fault.fault) && isDue(drilled(plan, fault))),
  };
}

/** What has passed of a plan once more was found of it. */
export function passedSoFar(plan: Plan, before: Passed, { walks, checks, drills }: Findings): Passed {
  const parts = [
    ...plan.walks.map((walk) => ({ part: walk, results: walks.filter(({ name }) => name === walk.name) })),
    ...checksOf(plan).map((check) => ({ part: check, results: checks.filter(({ title }) => title === check.title) })),
    ...plan.faults.map((fault) => {
      const results = drills.filter((each) => each.fault === fault.fault);
      return { part: drilled(plan, fault), results };
    }),
  ];
  const broken = drills.find(({ verdict }) => verdict !== 'passed')?.fault;
  const isPassed = (part: unknown, results: { verdict: Verdict }[]) =>
    results.length ? results.every(({ verdict }) => verdict === 'passed') : before.parts.includes(asItIs(part));
  const passed = parts.filter(({ part, results }) => isPassed(part, results));
  return { parts: passed.map(({ part }) => asItIs(part)), ...(broken && { broken }) };
}

const checksOf = ({ checks, matrices }: Plan) => [...checks, ...matrices];

const asItIs = (part: unknown): string => createHash('sha256').update(JSON.stringify(part)).digest('hex');

/** A drill with the walks that it is tried by. */
const drilled = ({ walks }: Plan, fault: PlannedFault) => [
  fault,
  walks.filter(({ name }) => name === fault.walk || fault.untouched.includes(name)),
];

/** The walks, checks and drills of a plan, in words: the walk 'a pings b', 2 checks; empty where there is none. */
export function partsText(plan: Plan): string {
  const names = {
    walk: plan.walks.map(({ name }) => name),
    check: checksOf(plan).map(({ title }) => title),
    drill: plan.faults.map(({ fault }) => fault),
  };
  return Object.entries(names)
    .flatMap(([word, some]) =>
      some.length > 1 ? [`${some.length} ${word}s`] : some.map((name) => `the ${word} '${name}'`),
    )
    .join(', ');
}
