import { isIPv4 } from 'node:net';
import { evidence } from '../explain/captured.ts';
import { outcomeText } from '../judge/outcome.ts';
import { type Verdict, worst } from '../judge/result.ts';
import { inOrder } from '../judge/walk.ts';
import { addressOf } from '../lab/read.ts';
import { sendAll } from '../observe/send.ts';
import type { Live } from '../observe/sent.ts';
import { loadPlan } from '../plan/load.ts';
import { hint } from '../plan/nearest.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage, exitCodes } from '../plan/usage.ts';
import { breakFault, fixFault } from '../prove/drill.ts';
import { findings, live, takeDrills, takeWalks } from '../prove/run.ts';
import { doubtOf, isAnswered } from '../prove/walk.ts';
import { type StandingLab, sameNodes } from '../record/standing.ts';
import { asLab } from '../report/as-lab.ts';
import { type ViewOptions, views } from '../report/views.ts';
import { reenter } from '../runtime/index.ts';
import { say, sayJson, typed } from './output.ts';
import { named, place, standing } from './which-lab.ts';

/** Walks packets in a standing lab: all its walks, one of them, or a ping of one's own from a place to another. */
export async function walk(word: string, words: string[], options: ViewOptions & { why?: boolean }): Promise<number> {
  const lab = await standing(word);
  const plan = await currentPlan(lab);
  const places = [...plan.nodes, ...plan.pods].map(({ name }) => name);
  if (words.length > 1 && places.includes(words[0]!)) return walkPair(lab, plan, words[0]!, words[1]!, options);
  const names = plan.walks.map(({ name }) => name);
  const chosen = words.length ? [named('walk', words.join(' '), names)] : names;
  return look(lab, plan, options, (eyes, found, emit) => takeWalks(eyes, chosen, found, emit, options));
}

async function walkPair(
  lab: StandingLab,
  plan: Plan,
  from: string,
  to: string,
  { json }: ViewOptions,
): Promise<number> {
  place(plan, from);
  const places = [...plan.nodes, ...plan.pods].map(({ name }) => name);
  const known = places.includes(to);
  const address = known ? addressOf(plan.links, to) : isIPv4(to) ? to : undefined;
  if (!address)
    throw new BadUsage(
      known ? `${to} has no address` : `${to} is no place and no address of ${lab.name}. ${hint(to, places)}`,
    );
  await using runtime = await reenter(plan, lab.standing);
  const eyes = await live(plan, runtime);
  const send = { from, command: `ping -c 1 ${address}` };
  const sent = (await sendAll(eyes, [{ send }]))[0]!;
  const wires = eyes.watch.wires();
  const { observations, reason } = inOrder(sent.observations, wires);
  const answered = isAnswered(sent);
  const doubt = doubtOf(sent, answered ? 'passed' : 'failed') ?? reason;
  const why = answered ? [] : evidence(sent, wires);
  const text = asLab({
    name: `${from} pings ${to}`,
    send,
    observations,
    isPort: wires.isPort,
    ...(why[0] && { why: why[0] }),
  });
  if (json)
    sayJson({
      lab: lab.name,
      from,
      to,
      address,
      answered,
      lostFrames: sent.dropped,
      ...(doubt && { reason: doubt }),
      walk: text,
    });
  else {
    say(text, '', answered ? `${to} answered.` : `No answer came back to ${from}.`);
    say(...why, ...(doubt ? [doubt] : []));
  }
  return doubt ? exitCodes.unknown : answered ? exitCodes.passed : exitCodes.failed;
}

export interface DrillOptions extends ViewOptions {
  break?: boolean;
  fix?: boolean;
}

/** Drills a standing lab: all its faults or one; or only breaks, or only mends, for somebody to find out. */
export async function drill(word: string, words: string[], options: DrillOptions): Promise<number> {
  const lab = await standing(word);
  const plan = await currentPlan(lab);
  const names = plan.faults.map(({ fault }) => fault);
  if (!names.length) throw new BadUsage(`${lab.name} has no drills`);
  const chosen = words.length ? [named('drill', words.join(' '), names)] : names;
  if (!options.break && !options.fix)
    return look(lab, plan, options, (eyes, found, emit) => takeDrills(eyes, chosen, found, emit));

  if (chosen.length > 1) throw new BadUsage('which one?', ...names.map((name, i) => `  ${i + 1}  ${name}`));
  const fault = plan.faults.find((each) => each.fault === chosen[0])!;
  await using runtime = await reenter(plan, lab.standing);
  const eyes = await live(plan, runtime);
  const problem = await (options.break ? breakFault : fixFault)(eyes, fault);
  if (problem) throw new Error(problem);
  const number = String(names.indexOf(fault.fault) + 1);
  if (options.fix) say(`Mended: ${fault.fault}`, `Walk it: ${typed('walk', lab.name)}`);
  else
    say(
      'Something is broken now. Find out what:',
      `  ${typed('walk', lab.name, `'${fault.walk}'`)}`,
      `A hint: ${fault.hint}`,
      `When you give up: ${typed('drill', lab.name, number, '--fix')}`,
    );
  return exitCodes.passed;
}

async function look(
  lab: StandingLab,
  plan: Plan,
  options: ViewOptions,
  take: (
    eyes: Live,
    found: ReturnType<typeof findings>,
    emit: Awaited<ReturnType<typeof views>>['emit'],
  ) => Promise<void>,
): Promise<number> {
  const out = await views(options);
  await using runtime = await reenter(plan, lab.standing);
  const { name: runtimeName, rootless } = runtime;
  out.emit({
    type: 'run started',
    lab: lab.name,
    title: plan.title,
    runtime: runtimeName,
    rootless,
    parts: plan.walks.length,
  });
  const found = findings();
  await take(await live(plan, runtime), found, out.emit);
  const results: { verdict: Verdict; reason: string }[] = [
    ...found.walks.map((each) => ({
      verdict: each.verdict,
      reason: `${each.name}: ${each.reason ?? outcomeText(each)}`,
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
  await out.finish();
  return exitCodes[verdict];
}

/** The plan as the lab's file has it now, for its walks and drills; its nodes are those that stand. */
async function currentPlan({ word, plan }: StandingLab): Promise<Plan> {
  const now = await loadPlan(word, plan.size).catch(() => plan);
  if (sameNodes(now, plan)) return now;
  process.stderr.write(
    `${plan.name} was changed since it stands: walking it as it was. Take it down to try the new one.\n`,
  );
  return plan;
}
