import { type Verdict, worst } from '../judge/result.ts';
import type { Document } from '../record/document.ts';
import { type Told, valueText } from './chance.ts';
import { type Fact, facts, ran, stack } from './facts.ts';

/** A lab on a runtime: how that ended, and all that was found out, unless it never got so far as to tell. */
export interface Run {
  lab: string;
  /** The name of the variant: `vm/per-node`. */
  runtime: string;
  /** The release of its kernel, where that is one of its own. */
  kernel?: string;
  verdict: Verdict;
  reason: string;
  durationMs: number;
  document: Document | null;
}

/** Whether runtimes agree on a lab. */
export interface Comparison {
  lab: string;
  /** Those that ran it; the others are compared with the first, and where they have several kernels, each with the one before. */
  runtimes: string[];
  /** `skipped`: there was nothing to compare it with, or a part of it was not tried somewhere. */
  verdict: Verdict;
  reason: string;
  /** How many facts of two runtimes were compared. */
  compared: number;
  /** What each of two runtimes says that the other does not, in sentences. */
  differences: string[];
}

/**
 * Compares what all runtimes found out about a lab with what the first of them did; where they have several kernels, with what the
 * one before did, so that it is told from which kernel on a path is another.
 */
export function compare(lab: string, runs: Run[]): Comparison {
  const all = runs.flatMap(({ runtime, document }) =>
    document && ran(document) ? [{ runtime, verdict: document.verdict, facts: facts(document) }] : [],
  );
  const isByKernel = haveKernels(runs);
  const [first, ...others] = all;
  const base = { lab, runtimes: all.map(({ runtime }) => runtime), compared: 0, differences: [] };
  if (!first || !others.length)
    return {
      ...base,
      verdict: 'skipped',
      reason: `not compared: ${first ? `only ${first.runtime}` : 'nothing'} ran it`,
    };
  const findings = others.map((other, i) => compareTwo(isByKernel ? all[i]! : first, other));
  const compared = findings.reduce((sum, each) => sum + each.compared, 0);
  const differences = findings.flatMap((each) => each.differences);
  const open = findings.flatMap((each) => each.open);
  if (!compared && !open.length)
    return { ...base, verdict: 'skipped', reason: 'not compared: they have nothing in common' };
  const verdict = worst([...(differences.length ? ['failed' as const] : []), ...open.map(({ open }) => open)]);
  return { ...base, verdict, reason: reasonOf(differences, open), compared, differences };
}

/** Whether it is kernels that runs differ in: each has one of its own, and they are not all the same. */
export function haveKernels(runs: Run[]): boolean {
  const kernels = runs.flatMap(({ kernel, document }) => (document && ran(document) ? [kernel] : []));
  return !kernels.includes(undefined) && new Set(kernels).size > 1;
}

interface Found {
  runtime: string;
  verdict: Verdict;
  facts: Map<string, Fact>;
}

interface Open {
  open: 'unknown' | 'skipped';
  why: string;
}

function compareTwo(first: Found, other: Found) {
  const differences: string[] = [];
  const open: Open[] = [];
  let compared = 0;
  const keys =
    isSetUp(first) && isSetUp(other) ? new Set([...first.facts.keys(), ...other.facts.keys()]) : [SETTING_UP];
  for (const key of keys) {
    const [a, b] = [first.facts.get(key), other.facts.get(key)];
    const { what, isPart } = (a ?? b)!;
    // Of a part that one of them has not, the whole tells; and what neither could try they have in common.
    if ((isPart && !(a && b)) || (a?.open === 'skipped' && b?.open === 'skipped')) continue;
    const gap = gapOf(first, a) ?? gapOf(other, b);
    if (gap) {
      open.push({ open: gap.open, why: `${what}: ${gap.open} on ${gap.runtime}` });
      continue;
    }
    compared++;
    const different = a && b ? difference(first, a, other, b) : `${(a ? other : first).runtime} never tried it`;
    if (different) differences.push(`${what}: ${different}`);
  }
  return { differences, open, compared };
}

const SETTING_UP = 'setting up';

const isSetUp = ({ facts }: Found) => facts.get(SETTING_UP)!.told === 'passed';

/** Why a run has nothing to say on a fact; a run that did not come to its end did not get to it. */
function gapOf(
  { runtime, verdict }: Found,
  fact: Fact | undefined,
): { runtime: string; open: Open['open'] } | undefined {
  if (fact) return fact.open && { runtime, open: fact.open };
  return verdict === 'unknown' ? { runtime, open: 'unknown' } : undefined;
}

function difference({ runtime: A }: Found, a: Fact, { runtime: B }: Found, b: Fact): string | undefined {
  if (a.seen?.length && b.seen?.length) {
    const [inA, inB] = headersApart(a.seen, b.seen);
    if (inA !== inB) return `${A} saw ${inA}, ${B} ${inB}`;
  }
  if (a.direction && b.direction && a.direction !== b.direction)
    return `${A} saw it going ${a.direction}, ${B} ${b.direction}`;
  return a.told === b.told ? undefined : `${A} ${a.told}, ${B} ${b.told}`;
}

/** In what two header stacks differ: the fields, or the whole stacks if they are not of the same protocols. */
function headersApart(a: Told[], b: Told[]): [string, string] {
  const protocols = (headers: Told[]) => headers.map(({ protocol }) => protocol).join();
  if (protocols(a) !== protocols(b)) return [stack(a), stack(b)];
  const pairs = a.flatMap(({ protocol, fields }, i) => {
    const depth = a.slice(0, i).filter((each) => each.protocol === protocol).length;
    const named = `${'inner '.repeat(depth)}${protocol}`;
    const others = b[i]!.fields;
    return [...new Set([...Object.keys(fields), ...Object.keys(others)])]
      .map((name) => [fields[name], others[name]].map((value) => `${named} ${name} ${textOf(value)}`))
      .filter(([one, other]) => one !== other);
  });
  return [pairs.map(([one]) => one).join(', '), pairs.map(([, one]) => one).join(', ')];
}

const textOf = (value: Told['fields'][string] | undefined) => (value === undefined ? 'absent' : valueText(value));

function reasonOf(differences: string[], open: Open[]): string {
  const more = (count: number) => (count > 1 ? `, and ${count - 1} more` : '');
  if (differences.length) return `${differences[0]}${more(differences.length)}`;
  const worse = open.find(({ open }) => open === 'unknown') ?? open[0];
  return worse ? `not all of it could be compared: ${worse.why}${more(open.length)}` : '';
}
