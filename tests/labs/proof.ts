import type { Surroundings } from '../../src/judge/walk.ts';
import { judgeWays } from '../../src/judge/ways.ts';
import { sendAll } from '../../src/observe/send.ts';
import type { Live } from '../../src/observe/sent.ts';
import { hookedPlaces } from '../../src/plan/hops.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { errandOf } from '../../src/prove/errand.ts';
import { type Findings, findings, prove } from '../../src/prove/run.ts';
import { type Score, score } from '../judge/mutants.ts';
import { fresh, load } from './every-lab.ts';

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

/** Which of a lab's faults are tried, and in which order. */
export type Choice = (faults: Plan['faults'], name: string) => Plan['faults'];

/** Proves a lab on one stand-up: its walks and checks, the mutants of its walks, then the drills that are chosen. */
export async function proof(name: string, chosen: Choice, runtime = 'auto'): Promise<Proof> {
  const plan = await load(name);
  const planned = { ...plan, faults: chosen(plan.faults, name) };
  const found = findings();
  await using lab = await fresh(planned, runtime, found);
  const scores = await mutated(lab);
  await prove(lab, found, () => {}, { drills: true });
  return { planned, found, scores };
}

/** Takes each walk of a lab, and judges all mutants of the way that its packet took by what was seen. */
export async function mutated(lab: Live): Promise<Scored[]> {
  const scores: Scored[] = [];
  for (const walk of lab.plan.walks) {
    const [sent] = await sendAll(lab, [errandOf(walk)], { hooked: hookedPlaces([walk]) });
    const { observations } = sent!;
    const surroundings: Surroundings = { wires: lab.watch.wires(), macOf: lab.watch.macOf };
    const { verdict, hops, listed } = judgeWays(walk.hops, observations, surroundings);
    const directions = hops.map((hop) => (hop.kind === 'point' ? hop.direction : null));
    scores.push({ walk: walk.name, verdict, score: score(listed, observations, surroundings, directions) });
  }
  return scores;
}
