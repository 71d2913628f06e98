import { type Verdict, worst } from '../judge/result.ts';
import type { Live } from '../observe/sent.ts';
import { BadLab } from '../plan/bad-lab.ts';
import { loadPlan } from '../plan/load.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage, exitCodes } from '../plan/usage.ts';
import { breakFault, fixFault } from '../prove/drill.ts';
import { findings, live, takeDrills, takeWalks, walkReason } from '../prove/run.ts';
import { statesThen } from '../record/baseline.ts';
import { type StandingLab, sameNodes } from '../record/standing.ts';
import { type ViewOptions, views } from '../report/views.ts';
import { type Runtime, reenter } from '../runtime/index.ts';
import { mended, onInterrupt } from './interrupt.ts';
import { say, typed } from './output.ts';
import { askedOf, isOwnWalk, type OwnWalkOptions, ownWalk } from './own-walk.ts';
import { named, oneWalk, standing } from './which-lab.ts';

/**
 * Walks packets in a standing lab: all its walks, one of them, or one of one's own from a place. Of the words, the last
 * `behindDashes` stood behind `--`.
 */
export async function walk(word: string, words: string[], options: OwnWalkOptions, behindDashes = 0): Promise<number> {
  const lab = await standing(word);
  // The lab is entered while its file is read.
  const reading = currentPlan(lab);
  reading.catch(() => {});
  await using runtime = await reenter(lab.plan, lab.standing);
  const plan = await reading;
  if (isOwnWalk(plan, words, behindDashes))
    return await ownWalk(lab, plan, runtime, askedOf(plan, words, behindDashes, options), options);
  const strange = Object.entries({ '--tcp': options.tcp, '--udp': options.udp, '--as-lab': options.asLab });
  const [given] = strange.flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given) throw new BadUsage(`${given} goes with FROM and TO: ${typed('walk', lab.name, 'FROM', 'TO', given)}`);
  const names = plan.walks.map(({ name }) => name);
  const chosen = words.length ? [named('walk', words.join(' '), names)] : names;
  return await look(lab, plan, runtime, options, (eyes, found, emit) =>
    takeWalks(eyes, chosen, found, emit, { ...options, before: statesThen(lab) }),
  );
}

export interface DrillOptions extends ViewOptions {
  break?: boolean;
  fix?: boolean;
  /** Whether only the hint is told. */
  hint?: boolean;
}

/** Drills a standing lab: all its faults or one; or only breaks, or only mends, for somebody to find out. */
export async function drill(word: string, words: string[], options: DrillOptions): Promise<number> {
  const lab = await standing(word);
  const plan = await currentPlan(lab);
  const names = plan.faults.map(({ fault }) => fault);
  if (!names.length) throw new BadUsage(`${lab.name} has no drills`);
  const chosen = words.length ? [named('drill', words.join(' '), names)] : names;
  if (!options.break && !options.fix && !options.hint) {
    await using runtime = await reenter(plan, lab.standing);
    return await look(lab, plan, runtime, options, async (eyes, found, emit) => {
      const stop = new AbortController();
      const taken = takeDrills(eyes, chosen, found, emit, {
        explains: 'all',
        before: statesThen(lab),
        signal: stop.signal,
      });
      using _ = onInterrupt(() => mended(stop, taken), 'mending');
      await taken;
      // What interrupted us ends this process.
      if (stop.signal.aborted) await new Promise(() => {});
    });
  }

  if (chosen.length > 1) throw new BadUsage('which one?', ...names.map((name, i) => `  ${i + 1}  ${name}`));
  const fault = plan.faults.find((each) => each.fault === chosen[0])!;
  if (options.hint) {
    say(fault.hint);
    return exitCodes.passed;
  }
  await using runtime = await reenter(plan, lab.standing);
  const eyes = await live(plan, runtime);
  const problem = await (options.break ? breakFault : fixFault)(eyes, fault);
  if (problem) throw new Error(problem);
  const number = String(names.indexOf(fault.fault) + 1);
  if (options.fix) say(`Mended: ${fault.fault}`, `Walk it: ${typed('walk', lab.name)}`);
  else
    say(
      'Something is broken now. Find out what:',
      `  ${typed('walk', lab.name, fault.walk)}`,
      `For a hint: ${typed('drill', lab.name, number, '--hint')}`,
      `When you give up: ${typed('drill', lab.name, number, '--fix')}`,
    );
  return exitCodes.passed;
}

async function look(
  lab: StandingLab,
  plan: Plan,
  runtime: Runtime,
  options: ViewOptions,
  take: (
    eyes: Live,
    found: ReturnType<typeof findings>,
    emit: Awaited<ReturnType<typeof views>>['emit'],
  ) => Promise<void>,
): Promise<number> {
  const out = await views(options, plan, (walk) => oneWalk(plan, walk));
  const { name: runtimeName, rootless, kernel } = runtime;
  out.emit({
    type: 'run started',
    lab: lab.name,
    title: plan.title,
    runtime: runtimeName,
    rootless,
    ...(kernel && { kernel }),
    parts: plan.walks.length,
  });
  const found = findings();
  await take(await live(plan, runtime), found, out.emit);
  const results: { verdict: Verdict; reason: string }[] = [
    ...found.walks.map((each) => ({
      verdict: each.verdict,
      reason: walkReason(each),
    })),
    ...found.drills.map((each) => ({ verdict: each.verdict, reason: `${each.fault}: ${each.reason ?? ''}` })),
  ];
  const verdict = worst(results.map((each) => each.verdict));
  const reason = verdict === 'passed' ? '' : results.find((each) => each.verdict === verdict)!.reason;
  const durations = {
    setUpMs: 0,
    firstVerifiedPacketMs: found.firstVerifiedPacketMs,
    totalMs: performance.now(),
    downMs: null,
  };
  out.emit({ type: 'run ended', verdict, reason, claims: [], durations });
  const isTold = await out.finish();
  return exitCodes[verdict] === exitCodes.passed && !isTold ? exitCodes.unknown : exitCodes[verdict];
}

/**
 * The plan as the lab's file has it now, for its walks and drills; its nodes are those that stand. Throws a BadLab where the file has
 * problems: what it has just been made to say would go unsaid.
 */
async function currentPlan({ word, plan }: StandingLab): Promise<Plan> {
  const asItWas = (why: string) => {
    process.stderr.write(`${why}: walking it as it was.\n`);
    return plan;
  };
  try {
    const now = await loadPlan(word, plan.size, plan.real && 'real');
    if (sameNodes(now, plan)) return now;
  } catch (error) {
    if (error instanceof BadLab) throw error;
    return asItWas(`The file of ${plan.name} cannot be read any more (${(error as Error).message})`);
  }
  return asItWas(`${plan.name} was changed since it stands; take it down to try the new one`);
}
