import { outcomeText } from '../judge/outcome.ts';
import type { WalkResult } from '../judge/result.ts';
import { watched } from '../lab/read.ts';
import { whereText } from '../plan/hops.ts';
import { check } from '../prove/check.ts';
import { breakFault, flowsOf } from '../prove/drill.ts';
import { checkMatrices } from '../prove/reachability.ts';
import { settled } from '../prove/settle.ts';
import { walk } from '../prove/walk.ts';
import { causeLines } from '../report/terminal/cause.ts';
import { type BreakItem, linesOfKind } from './items.ts';
import type { Like } from './look.ts';
import type { Context, Play, Told } from './play.ts';
import { differences } from './stood.ts';
import { typeLines } from './type.ts';

/** How long a command may take that shows what is wrong. */
const TIMEOUT_MS = 5000;

/** A fault: done once every walk and every check passes again, whatever was typed for it. */
export function broken(context: Context, { fault }: BreakItem): Play {
  const { plan, lab, live, columns } = context;
  const planned = plan.walks.find(({ name }) => name === fault.walk)!;
  let sick: Like | undefined;
  const lostAt = whereText(fault.fails.where).replace(/ (in|out)$/, '');

  /** The walk as it is now; of one that failed, all places forget what they learned of it. */
  const takeWalk = async (causes: boolean): Promise<WalkResult> => {
    const eyes = await live();
    await settled(eyes.runtime, eyes.watch, [...eyes.watch.places]);
    const [result] = await walk(eyes, [planned], { causes, expectsLossOf: planned.name });
    // What is remembered may be what is broken, until the attendee has changed something.
    if (result!.verdict === 'passed' || (await isUntouched())) return result!;
    await eyes.runtime.forget(watched(plan), flowsOf([result!]));
    const [again] = await walk(eyes, [planned], { causes, expectsLossOf: planned.name });
    return again!;
  };

  const isUntouched = async (now?: Like) =>
    sick !== undefined && !differences(sick, now ?? (await lab().like())).length;
  /** Whether nothing was changed that would show, the neighbours that places know by now included. */
  const isIdle = async () => {
    const now = await lab().like();
    return sick !== undefined && (await isUntouched(now)) && neighboursIn(sick) === neighboursIn(now);
  };

  return {
    async open() {
      const eyes = await live();
      // What is broken may be what its packet has left behind: a neighbour, a connection.
      const [healthy] = await walk(eyes, [planned]);
      if (healthy!.verdict !== 'passed')
        throw new Error(`“${planned.name}” does not pass before anything is broken: ${outcomeText(healthy!)}`);
      const failure = await breakFault(eyes, fault);
      if (failure) throw new Error(failure);
      if (fault.cold) await lab().runtime.forget(watched(plan), []);
      const { from, command } = planned.send;
      const quick = command.replace(/^ping (?!.*-W )/, 'ping -W 1 ');
      const ran = await lab().runtime.script(from, quick, { timeoutMs: TIMEOUT_MS });
      sick = await lab().like();
      const printed = `${ran.stdout}${ran.stderr}`.trim().split('\n').filter(Boolean).slice(-3);
      const ended = printed.length ? printed : [`(it prints nothing, and ends with exit code ${ran.code})`];
      return [
        `“${planned.name}” is no longer as it was:`,
        `${from}# ${command}`,
        ...ended.map((line) => `  ${line}`),
        'Find out why, and mend it in any way; `check` looks again.',
        'Say before where it fails, if you like: `predict PLACE:INTERFACE`.',
      ];
    },
    async check(isAsked) {
      if (!isAsked && (await isIdle())) return { passed: false, lines: [] };
      const result = await takeWalk(false);
      if (result.verdict !== 'passed') return { passed: false, lines: [`“${planned.name}” does not pass yet`] };
      const others = await sideEffects(context);
      return others.length
        ? { passed: false, lines: [`“${planned.name}” passes, but not all else does:`, ...others] }
        : {
            passed: true,
            lines: [
              `It failed at ${lostAt}. The lab itself would have mended it like this:`,
              ...fixLines(context, fault),
            ],
          };
    },
    async hint(level) {
      if (level === 1) return [fault.hint];
      if (level === 3) return fixLines(context, fault);
      const result = await takeWalk(true);
      return [`${planned.name}: ${outcomeText(result)}`, ...causeLines(result, columns())];
    },
    solve: () => typeLines(context, fault.fix),
    async predict(where): Promise<Told & { isRight: boolean }> {
      const isRight = where === lostAt;
      return {
        isRight,
        passed: false,
        lines: [
          isRight ? `✓ Yes: it fails at ${where}. Now mend it.` : `✗ No, it does not fail at ${where}. Now mend it.`,
        ],
      };
    },
  };
}

/** Who knows whom by which MAC. */
const neighboursIn = ({ states }: Like): string =>
  [...states]
    .flatMap(([place, { neighbours }]) => neighbours.map(({ address, mac = '' }) => `${place} ${address} ${mac}`))
    .sort()
    .join('\n');

/** What the lab types to mend it, but for files and conditions. */
const fixLines = ({ plan }: Context, { fix }: BreakItem['fault']): string[] =>
  linesOfKind(plan, fix, 'typed').flatMap(({ place, lines }) => lines.map((line) => `${place}# ${line}`));

/** A bridge floods its ports in the order in which they came to it, which is another one once a port was gone. */
const isAsListed = ({ verdict, outcome }: WalkResult) => verdict === 'passed' || outcome === 'out of order';

/** The walks and checks that do not pass, a line each; what alters the lab is not tried. */
async function sideEffects({ plan, live }: Context): Promise<string[]> {
  const eyes = await live();
  const walks: WalkResult[] = [];
  for (const planned of plan.walks) walks.push(...(await walk(eyes, [planned])));
  const checks = await checkMatrices(eyes, plan.matrices);
  for (const planned of plan.checks.filter(({ changes }) => !changes)) checks.push(...(await check(eyes, planned)));
  return [
    ...walks.flatMap((each) => (isAsListed(each) ? [] : [`${each.name}: ${outcomeText(each)}`])),
    ...checks.flatMap(({ verdict, title, node, reason }) =>
      verdict === 'passed' || verdict === 'skipped' ? [] : [`${title} (${node}): ${reason}`],
    ),
  ];
}
