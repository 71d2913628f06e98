import { differencesOf } from '../../src/explain/state/compare.ts';
import type { Cause, WalkResult } from '../../src/judge/result.ts';
import { flowsOf } from '../../src/prove/drill.ts';
import { walk } from '../../src/prove/walk.ts';
import { type Breakage, breakers } from './breakages.ts';
import { type Random, random } from './random.ts';
import { breakIt, mendIt, type Proven, statesOf } from './standing.ts';

/** What became of one breakage. `not made`: a command was refused here; `survived`: the walk passed all the same. */
export interface Trial {
  breaker: string;
  lab: string;
  walk: string;
  breakage: Breakage;
  outcome: 'named first' | 'named second' | 'named third' | 'missed' | 'survived' | 'unknown' | 'not made';
  /** The result of the broken walk, where there is one. */
  broken?: WalkResult;
  /** Milliseconds from the loss to its causes. */
  toldMs?: number;
  /** Whether the walk passed again once it was mended, and nothing was left of what was typed. */
  healed: boolean;
  /** What was left of it, in sentences. */
  left: string[];
}

const ranks = ['named first', 'named second', 'named third'] as const;

const isRight = ({ causes, places }: Breakage, { cause, place }: Cause) =>
  causes.includes(cause) && places.includes(place);

/** Draws a breakage of one kind: on which of a lab's walks, and where on it. */
export function draw(lab: Proven, breaker: string, by: Random): { walk: string; breakage: Breakage } | undefined {
  for (const healthy of by.shuffled(lab.healthy)) {
    const ground = { plan: lab.plan, states: lab.baseline, walk: healthy };
    const breakage = breakers[breaker]!(ground, by);
    if (breakage) return { walk: healthy.name, breakage };
  }
  return undefined;
}

export interface TrialOptions {
  /** Whether it is known what the places were like when the lab was proven. */
  remembers?: boolean;
}

/** Breaks a lab, takes one of its walks, and looks whether the causes name what was broken; then mends it. */
export async function attempt(
  lab: Proven,
  breaker: string,
  seed: number,
  { remembers = true }: TrialOptions = {},
): Promise<Trial | undefined> {
  const drawn = draw(lab, breaker, random(seed));
  if (!drawn) return undefined;
  const { walk: name, breakage } = drawn;
  const told = { breaker, lab: lab.plan.name, walk: name, breakage };
  try {
    await breakIt(lab, breakage);
  } catch {
    return { ...told, outcome: 'not made', ...(await heal(lab, told)) };
  }
  const places = [...lab.watch.places];
  if (breakage.cold) await lab.runtime.forget(places, []);
  await lab.watch.drain();
  const planned = lab.plan.walks.find((each) => each.name === name)!;
  const began = performance.now();
  const [broken] = await walk(lab, [planned], {
    causes: true,
    expectsLossOf: name,
    ...(remembers && { before: lab.baseline }),
  });
  const toldMs = performance.now() - began - broken!.durationMs;
  return {
    ...told,
    broken: broken!,
    toldMs,
    outcome: outcomeOf(broken!, breakage),
    ...(await heal(lab, told, broken)),
  };
}

function outcomeOf({ verdict, causes }: WalkResult, breakage: Breakage): Trial['outcome'] {
  if (verdict === 'passed') return 'survived';
  if (verdict !== 'failed') return 'unknown';
  return ranks[causes.slice(0, ranks.length).findIndex((each) => isRight(breakage, each))] ?? 'missed';
}

/** Mends it, has its connections forgotten, takes the walk again, and looks whether the places are as they were. */
async function heal(
  lab: Proven,
  { walk: name, breakage }: Pick<Trial, 'walk' | 'breakage'>,
  broken?: WalkResult,
): Promise<Pick<Trial, 'healed' | 'left'>> {
  const planned = lab.plan.walks.find((each) => each.name === name)!;
  await mendIt(lab, breakage).catch(() => {});
  await lab.runtime.forget([...lab.watch.places], broken ? flowsOf([broken]) : []);
  await lab.watch.drain();
  const [healed] = await walk(lab, [planned]);
  const touched = Object.keys({ ...breakage.breaks, ...breakage.mends });
  const left = differencesOf(lab.baseline, await statesOf(lab, touched)).map(({ sentence }) => sentence);
  return { healed: healed?.verdict === 'passed' && !left.length, left };
}

/** A breakage as a line tells it: what was typed where. */
export const typedText = ({ breaks }: Breakage): string =>
  Object.entries(breaks)
    .map(([place, lines]) => `${place}# ${String(lines).replaceAll('\n', '; ')}`)
    .join('; ');
