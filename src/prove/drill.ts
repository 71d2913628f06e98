import type { WalkResult } from '../judge/result.ts';
import { proven } from '../lab/read.ts';
import type { Live } from '../observe/sent.ts';
import type { PlannedFault, Typed } from '../plan/plan.ts';
import type { DrillResult } from './events.ts';
import { typeAll } from './type-lines.ts';
import { walk } from './walk.ts';

/** How long a packet is given that is expected to be lost, at least and at most. */
const [SHORTEST_MS, LONGEST_MS] = [150, 500];

/** Fifty times as long as it took there and back when nothing was broken. */
const lossS = (roundTripMs = LONGEST_MS) => Math.min(Math.max(50 * roundTripMs, SHORTEST_MS), LONGEST_MS) / 1000;

/**
 * Breaks something, expects the walk to be lost at the stated hop, mends it, and expects it to arrive. `roundTripMs` is how
 * long that took when nothing was broken, where it is known.
 */
export async function drill(live: Live, fault: PlannedFault, roundTripMs?: number): Promise<DrillResult> {
  const began = performance.now();
  const named = (name: string) => live.plan.walks.find((each) => each.name === name)!;
  const others = fault.untouched.map(named);

  const broke = await type(live, fault.break);
  const [broken, ...spared] = broke
    ? []
    : await walk(live, [named(fault.walk), ...others], { waitS: lossS(roundTripMs) });
  const fixed = await type(live, fault.fix);
  const healed = fixed || !broken ? [] : await walk(live, [named(fault.walk), ...others]);

  const reason = broke ?? fixed ?? disagreement(fault, broken!, spared, healed);
  const verdict = !reason
    ? 'passed'
    : broke || fixed || [broken!, ...spared, ...healed].some(unknown)
      ? 'unknown'
      : 'failed';
  return {
    ...stated(fault),
    verdict,
    lostAt: broken?.lostAt ?? null,
    healed: healed.length > 0 && healed.every(({ verdict }) => verdict === 'passed'),
    ...(reason && { reason }),
    broken: broken ?? null,
    durationMs: performance.now() - began,
  };
}

/** A drill that was not tried, for a reason. */
export const untried = (fault: PlannedFault, reason: string): DrillResult => ({
  ...stated(fault),
  verdict: 'unknown',
  lostAt: null,
  healed: false,
  reason,
  broken: null,
  durationMs: 0,
});

const stated = ({ fault, claims, walk, lostAt, hint }: PlannedFault) => ({
  fault,
  claims: (claims ?? []).map((proof) => proven(proof).id),
  walk,
  expectedLostAt: lostAt,
  hint,
});

const unknown = ({ verdict }: WalkResult) => verdict === 'unknown';

function disagreement(
  fault: PlannedFault,
  broken: WalkResult,
  spared: WalkResult[],
  healed: WalkResult[],
): string | undefined {
  const undecided = [broken, ...spared, ...healed].find(unknown);
  if (undecided) return `${undecided.name}: ${undecided.reason}`;
  if (broken.verdict === 'passed') return `${fault.walk} arrived all the same`;
  if (broken.lostAt !== fault.lostAt) return `it was lost at ${broken.lostAt ?? 'no hop'}, not at ${fault.lostAt}`;
  const touched = spared.find(({ verdict }) => verdict !== 'passed');
  if (touched) return `${touched.name} was lost as well, at ${touched.lostAt ?? touched.unexpected[0]?.at}`;
  const sick = healed.find(({ verdict }) => verdict !== 'passed');
  return sick && `after the fix ${sick.name} is still lost, at ${sick.lostAt ?? sick.unexpected[0]?.at}`;
}

/** Breaks what a fault breaks, and leaves it so; says what failed, if something did. */
export const spoil = (live: Live, fault: PlannedFault) => type(live, fault.break);

/** Mends what a fault broke; says what failed, if something did. */
export const mend = (live: Live, fault: PlannedFault) => type(live, fault.fix);

const TIMEOUT_MS = 120_000;

/** Types commands as a step of setting up does; says which one failed, if one did. */
async function type({ plan, runtime, watch }: Live, commands: Typed[]): Promise<string | undefined> {
  const failed = await typeAll(plan, runtime, commands, TIMEOUT_MS);
  if (failed) return `${failed.place}# ${failed.command} failed: ${`${failed.stderr}${failed.stdout}`.trim()}`;
  await watch.refresh();
  return undefined;
}
