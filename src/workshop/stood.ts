import { setTimeout } from 'node:timers/promises';
import { type Difference, differencesOf } from '../explain/state/compare.ts';
import { macsIn } from '../explain/state/mac-names.ts';
import type { PlaceState } from '../explain/state/place-state.ts';
import { watched } from '../lab/read.ts';
import type { Plan } from '../plan/plan.ts';
import { CannotRun } from '../plan/usage.ts';
import { findings, setUp } from '../prove/run.ts';
import type { Runtime } from '../runtime/index.ts';
import { extraDifferences } from './extras.ts';
import { foundationsOf } from './items.ts';
import { type Like, looks } from './look.ts';

/** Starts a lab's nodes, of which nothing is set up. */
export type StartNodes = (plan: Plan) => Promise<Runtime>;

/** A lab that is set up so far. */
export interface Stood extends AsyncDisposable {
  plan: Plan;
  runtime: Runtime;
  /** Takes the plan's steps that have not been taken yet, up to a number of them. */
  reach(steps: number): Promise<void>;
  /** What all places are like, once what was typed there has taken effect. */
  like(): Promise<Like>;
}

/**
 * What a lab may take: a loop that starts more and more processes, or needs more and more memory, does not take the machine along.
 * Of files, a node's folder holds 512 MiB.
 */
const MOST = { processes: 1000, memoryBytes: 768 * 1024 * 1024 };

/** Stands a lab up as far as its foundations: nodes, pods, cables and their addresses. */
export async function standUp(plan: Plan, start: StartNodes): Promise<Stood> {
  const runtime = await start(plan);
  runtime.limit?.(MOST);
  if (runtime.isSetUp) {
    await runtime[Symbol.asyncDispose]();
    throw new CannotRun('skipped', `${plan.name} is set up already on ${runtime.name}: there is nothing left to do.`);
  }
  const places = watched(plan).filter((place) => runtime.has(place));
  let taken = 0;
  const stood: Stood = {
    plan,
    runtime,
    async reach(steps) {
      const due = plan.steps.slice(taken, steps);
      taken = Math.max(taken, steps);
      const found = findings();
      if (await setUp({ ...plan, steps: due }, runtime, found, () => {})) return;
      const { title, failure } = found.steps.at(-1)!;
      throw new Error(`the step '${title}' ended at ${failure?.node}# ${failure?.command}: ${failure?.output}`);
    },
    like: looks(runtime, plan, places, macsIn(JSON.stringify([plan.steps, plan.faults]))),
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
  try {
    await stood.reach(foundationsOf(plan));
  } catch (error) {
    await stood[Symbol.asyncDispose]();
    throw error;
  }
  return stood;
}

/** In what some places of a lab differ from what they are to be. */
export const differences = (toBe: Like, now: Like): Difference[] => [
  ...[...now.states].flatMap(([place, state]) => differencesAt(place, toBe.states.get(place), state)),
  ...extraDifferences(toBe.extras, now.extras),
];

/** What a state was compared with last, and in what the two differ. */
const compared = new WeakMap<PlaceState, { toBe: PlaceState; found: Difference[] }>();

/** A place that is as it was when it was compared before differs as it did then. */
function differencesAt(place: string, toBe: PlaceState | undefined, now: PlaceState): Difference[] {
  if (!toBe) return [];
  const before = compared.get(now);
  if (before?.toBe === toBe) return before.found;
  const found = differencesOf(new Map([[place, toBe]]), new Map([[place, now]]));
  compared.set(now, { toBe, found });
  return found;
}

/** A lab's hidden second copy, which shows what each step leads to. */
export interface Reference extends AsyncDisposable {
  /** What all places are like after so many steps of the plan. */
  after(steps: number): Promise<Like>;
}

/** Daemons program what they learn by and by: a step has come to its end when nothing moves any more. */
const [STILL_MS, LATEST_MS] = [250, 5000];

/** Stands the hidden copy up when it is first asked. Steps are taken in order, and each is looked at once. */
export function reference(plan: Plan, start: StartNodes): Reference {
  const known = new Map<number, Promise<Like>>();
  let stood: Promise<Stood> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let isOver = false;
  const look = async (steps: number): Promise<Like> => {
    if (isOver) throw new Error('the workshop is over');
    stood ??= standUp({ ...plan, name: `${plan.name}-reference` }, start);
    const lab = await stood;
    await lab.reach(steps);
    return plan.daemons.length ? atRest(lab) : lab.like();
  };
  /** The copy may have ended: another one takes its place. */
  const lookAnew = async (steps: number): Promise<Like> => {
    await (await stood?.catch(() => undefined))?.[Symbol.asyncDispose]();
    stood = undefined;
    return look(steps);
  };
  return {
    async after(steps) {
      const first = foundationsOf(plan);
      for (let step = first; step <= steps; step++)
        if (!known.has(step)) {
          const like = last.then(() => look(step).catch(() => lookAnew(step)));
          last = like.catch(() => known.delete(step));
          known.set(step, like);
        }
      return known.get(Math.max(first, steps))!;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      // A step that is just being taken ends with the copy.
      await (await stood?.catch(() => undefined))?.[Symbol.asyncDispose]();
      await last;
    },
  };
}

/** What a lab is like once two looks at it, a moment apart, show the same. */
async function atRest(lab: Pick<Stood, 'like'>): Promise<Like> {
  const late = performance.now() + LATEST_MS;
  for (let before = await lab.like(); ; ) {
    await setTimeout(STILL_MS);
    const now = await lab.like();
    if (!differences(before, now).length || performance.now() > late) return now;
    before = now;
  }
}
