import type { WalkResult } from '../judge/result.ts';
import { watched } from '../lab/read.ts';
import type { Live } from '../observe/sent.ts';
import { hint } from '../plan/nearest.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage } from '../plan/usage.ts';
import { check as takeCheck } from '../prove/check.ts';
import type { CheckResult, DrillResult, Event } from '../prove/events.ts';
import { checkMatrices } from '../prove/reachability.ts';
import { type Findings, findings, prove, takeDrills, takeWalks, verdictOf } from '../prove/run.ts';
import { settled } from '../prove/settle.ts';
import { claimResults } from '../record/claims.ts';
import { type Document, document } from '../record/document.ts';
import type { Ran, Runtime } from '../runtime/runtime.ts';
import type { EventStream } from './event-stream.ts';

/** A lab that stands for as long as this process, or until it is disposed of. What is asked of it is done in turn. */
export interface StandingLab extends AsyncDisposable {
  readonly name: string;
  readonly plan: Plan;
  /** Where its nodes are. */
  readonly runtime: string;
  /** All that has happened since it was begun, and all that will, until it is taken down. */
  readonly events: AsyncIterable<Event>;
  /** Walks one of its walks, by name; the first without. */
  walk(name?: string): Promise<WalkResult>;
  /** Makes one of its checks, or tries one of its matrices, by title: a result for each place where it is to be seen. */
  check(title: string): Promise<CheckResult[]>;
  /** Breaks and mends one of its faults, by what it says; the first without. */
  drill(fault?: string): Promise<DrillResult>;
  /** Takes all its walks and checks, and its drills where asked for or where they carry a claim. */
  verify(options?: VerifyOptions): Promise<Document>;
  /**
   * Runs lines in one shell at a node or pod; what failed is told by its exit code. What they changed has taken effect when it
   * returns, and as after a drill all places have forgotten what they learned before: neighbours and path MTUs.
   */
  exec(place: string, lines: string): Promise<Ran>;
  /** Takes it down. To do so again changes nothing. */
  down(): Promise<void>;
}

export interface VerifyOptions {
  drills?: boolean;
  /** Every pair of a matrix, and not a few of them. */
  full?: boolean;
  /** At each hop, what the node went by. */
  why?: boolean;
}

/** A lab that is set up, as those see it who stood it up. */
export function standing(eyes: Live, found: Findings, events: EventStream): StandingLab {
  const { plan, runtime } = eyes;
  const next = queue();
  let isDown: Promise<void> | undefined;
  const down = () => {
    isDown ??= next(() => takeDown(runtime, events));
    return isDown;
  };
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDown) throw new BadUsage(`${plan.name} was taken down`);
    return next(work);
  };
  return {
    name: plan.name,
    plan,
    runtime: runtime.name,
    events,
    walk: (name = plan.walks[0]!.name) =>
      inTurn(async () => {
        const one = findings();
        await takeWalks(
          eyes,
          [
            known(
              'walk',
              name,
              plan.walks.map((each) => each.name),
            ),
          ],
          one,
          events.emit,
        );
        found.walks.push(...one.walks);
        return one.walks[0]!;
      }),
    check: (title) => inTurn(() => checked(eyes, title, found, events)),
    drill: (fault = plan.faults[0]?.fault ?? '') =>
      inTurn(async () => {
        if (!plan.faults.length) throw new BadUsage(`${plan.name} has no drills`);
        const one = findings();
        const names = [
          known(
            'drill',
            fault,
            plan.faults.map((each) => each.fault),
          ),
        ];
        await takeDrills(eyes, names, one, events.emit, { explains: 'all' });
        found.drills.push(...one.drills);
        return one.drills[0]!;
      }),
    verify: (options = {}) =>
      inTurn(async () => {
        const all = { ...findings(), steps: found.steps };
        await prove(eyes, all, events.emit, options);
        return ended(plan, all, events, options);
      }),
    exec: (place, lines) =>
      inTurn(async () => {
        const ran = await runtime.script(known('place', place, placesOf(plan)), lines);
        eyes.proven.clear();
        await settled(runtime, eyes.watch, [...eyes.watch.places]);
        await runtime.forget(watched(plan), []);
        return ran;
      }),
    down,
    [Symbol.asyncDispose]: down,
  };
}

const placesOf = ({ nodes, pods }: Plan) => [...nodes, ...pods].map(({ name }) => name);

async function takeDown(runtime: Runtime, events: EventStream): Promise<void> {
  await runtime[Symbol.asyncDispose]();
  events.end();
}

async function checked(eyes: Live, title: string, found: Findings, events: EventStream): Promise<CheckResult[]> {
  const { checks, matrices } = eyes.plan;
  known(
    'check',
    title,
    [...checks, ...matrices].map((each) => each.title),
  );
  const planned = checks.find((each) => each.title === title);
  const results = planned
    ? await takeCheck(eyes, planned)
    : await checkMatrices(
        eyes,
        matrices.filter((each) => each.title === title),
        { full: false },
      );
  for (const check of results) events.emit({ type: 'check ended', check });
  found.checks.push(...results);
  return results;
}

/** One of some names; a BadUsage that says which was probably meant, where it is none of them. */
export function known(what: string, name: string, names: string[]): string {
  if (!names.includes(name)) throw new BadUsage(`there is no ${what} '${name}'. ${hint(name, names)}`);
  return name;
}

/** Does what it is given one after another, whatever becomes of it. */
function queue() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work, work);
    last = done.catch(() => {});
    return done;
  };
}

/** The run as one document, and the event by which it ends. */
export function ended(plan: Plan, found: Findings, events: EventStream, asked: VerifyOptions = {}): Document {
  const { firstVerifiedPacketMs, steps, walks, checks, drills } = found;
  const setUpMs = steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const durations = { setUpMs, firstVerifiedPacketMs, totalMs: performance.now(), downMs: null };
  const { verdict, reason } = verdictOf(plan, found, asked);
  const [begun] = events.all;
  events.emit({ type: 'run ended', verdict, reason, claims: claimResults(plan, found), durations });
  return document([
    ...(begun ? [begun] : []),
    ...steps.map((step) => ({ type: 'step ended' as const, step })),
    ...walks.map((walk) => ({ type: 'walk ended' as const, walk })),
    ...checks.map((check) => ({ type: 'check ended' as const, check })),
    ...drills.map((drill) => ({ type: 'drill ended' as const, drill })),
    events.all.at(-1)!,
  ]);
}
