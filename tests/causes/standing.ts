import type { States } from '../../src/explain/state/place-state.ts';
import { readStates } from '../../src/explain/state/read.ts';
import type { Commands, Lab } from '../../src/index.ts';
import type { WalkResult } from '../../src/judge/result.ts';
import type { Live } from '../../src/observe/sent.ts';
import { type Plan, type PlannedFault, plan } from '../../src/plan/plan.ts';
import { typed } from '../../src/plan/script.ts';
import { breakFault, fixFault } from '../../src/prove/drill.ts';
import { walk } from '../../src/prove/walk.ts';
import { type Stood, stand } from '../stand.ts';

/** What was there before must be known: an emulated machine beside others may take that long. */
const TIMEOUT_MS = 30_000;

/** An emulated machine, asked about all of its places at once, would take each of them too long. */
const AT_ONCE = 4;

/** A lab that stands and was proven: all its walks passed, and what its places were like then is known. */
export interface Proven extends Stood {
  baseline: States;
  healthy: WalkResult[];
}

/** Stands a lab up, takes its walks, and remembers what its places are like. */
export async function proven(lab: Lab | Plan, up: (plan: Plan) => Promise<Stood> = stand): Promise<Proven> {
  const stood = await up('steps' in lab ? lab : plan(lab, 'cases'));
  try {
    const healthy: WalkResult[] = [];
    for (const each of stood.plan.walks) healthy.push(...(await walk(stood, [each], { causes: true })));
    return { ...stood, healthy, baseline: await statesOf(stood) };
  } catch (error) {
    await stood[Symbol.asyncDispose]();
    throw error;
  }
}

const placesOf = ({ nodes, pods }: Plan) => [...nodes, ...pods].map(({ name }) => name);

/** What places of a lab are like now: all of them, where none is named. */
export const statesOf = ({ runtime, plan }: Live, places = placesOf(plan)): Promise<States> =>
  readStates(runtime, plan, places, { timeoutMs: TIMEOUT_MS, atOnce: AT_ONCE });

/** What is typed to break something, and to mend it; of a list, one after another. */
export interface Breaking {
  breaks: Commands | readonly Commands[];
  mends: Commands;
}

const faultOf = (breaks: Commands, mends: Commands = {}) =>
  ({ break: typed(breaks), fix: typed(mends) }) as Pick<PlannedFault, 'break' | 'fix'> as PlannedFault;

/** Types what breaks something, and waits until it has taken effect; throws where a command fails. */
export async function breakIt(lab: Live, { breaks }: Pick<Breaking, 'breaks'>): Promise<void> {
  for (const commands of [breaks].flat()) {
    const failure = await breakFault(lab, faultOf(commands));
    if (failure) throw new Error(failure);
  }
}

/** Types what mends it, and has all places forget neighbours and path MTUs. */
export async function mendIt(lab: Live, { mends }: Pick<Breaking, 'mends'>): Promise<void> {
  const failure = await fixFault(lab, faultOf({}, mends));
  if (failure) throw new Error(failure);
}
