import { judge, type Surroundings } from '../../src/judge/walk.ts';
import { sendAll } from '../../src/observe/send.ts';
import type { Live } from '../../src/observe/sent.ts';
import { hookedPlaces, type Plan } from '../../src/plan/plan.ts';
import { type Findings, findings, prove } from '../../src/prove/run.ts';
import { errandOf } from '../../src/prove/walk.ts';
import { type Score, score } from '../judge/mutants.ts';
import { fresh, load, shuffled } from './every-lab.ts';

/** A walk's mutants, judged by what was seen of its packet; `verdict` is that of the walk as it is listed. */
export interface Scored {
  walk: string;
  verdict: string;
  score: Score;
}

export interface Proof {
  planned: Plan;
  found: Findings;
  scores: Scored[];
}

const proofs = new Map<string, Promise<Proof>>();

/**
 * Proves a lab on one stand-up, whichever test asks first: its walks and checks, the mutants of its walks, then all its drills
 * in a shuffled order, by which the plan's faults are sorted.
 */
export function proof(name: string): Promise<Proof> {
  const known = proofs.get(name) ?? proven(name);
  proofs.set(name, known);
  return known;
}

async function proven(name: string): Promise<Proof> {
  const plan = await load(name);
  const planned = { ...plan, faults: shuffled(plan.faults, name) };
  const found = findings();
  await using lab = await fresh(planned, 'auto', found);
  const scores = await mutated(lab);
  await prove(lab, found, () => {}, { drills: true });
  return { planned, found, scores };
}

/** Takes each walk of a lab, and judges all its mutants by what was seen. */
export async function mutated(lab: Live): Promise<Scored[]> {
  const scores: Scored[] = [];
  for (const walk of lab.plan.walks) {
    const [sent] = await sendAll(lab, [errandOf(walk)], { hooked: hookedPlaces([walk]) });
    const { observations } = sent!;
    const surroundings: Surroundings = { wires: lab.watch.wires(), macOf: lab.watch.macOf };
    const { verdict, hops } = judge(walk.hops, observations, surroundings);
    const directions = hops.map((hop) => (hop.kind === 'point' ? hop.direction : null));
    scores.push({ walk: walk.name, verdict, score: score(walk.hops, observations, surroundings, directions) });
  }
  return scores;
}
