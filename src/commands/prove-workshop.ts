import { dim, green, red } from 'yoctocolors';
import type { Plan } from '../plan/plan.ts';
import { exitCodes } from '../plan/usage.ts';
import { duration } from '../report/duration.ts';
import type { Item } from '../workshop/items.ts';
import { type Proven, proveWorkshop } from '../workshop/prove.ts';
import type { StartNodes } from '../workshop/stood.ts';
import { say } from './output.ts';

/** Proves a lab's workshop, or the items of it that are asked for, and tells of each as it is proven. */
export async function provenWorkshop(
  plan: Plan,
  start: StartNodes,
  only: (item: Item) => boolean = () => true,
): Promise<number> {
  const tell = (each: Proven) => say(...linesOf(each));
  const proven = await proveWorkshop(plan, start, { leavesOut: true, only, tell });
  const bad = proven.filter((each) => problemsOf(each).length);
  say(
    bad.length
      ? `${plan.name}: ${bad.length} of ${proven.length} are not as a workshop promises`
      : `${plan.name}: ${proven.length > 1 ? `all ${proven.length} can be done, and none is` : 'it can be done, and is not'} done before`,
  );
  return bad.length ? exitCodes.failed : exitCodes.passed;
}

const problemsOf = ({ problems, leftOut }: Proven): string[] => [
  ...problems,
  ...leftOut.flatMap(({ place, line, isFound, isNamed }) =>
    isFound && !isNamed ? [`left out and not named: ${place}# ${line}`] : [],
  ),
];

function linesOf(proven: Proven): string[] {
  const { item, leftOut, durationMs } = proven;
  const problems = problemsOf(proven);
  const unseen = leftOut.filter(({ isFound }) => !isFound);
  const counted = leftOut.length
    ? `   ${leftOut.length - unseen.length} of ${leftOut.length} lines missed when left out`
    : '';
  return [
    `${problems.length ? red('✗') : green('✓')} ${item.number} ${item.title}${dim(`${counted}   ${duration(durationMs)}`)}`,
    ...problems.map((each) => `    ${each}`),
    ...unseen.map(({ place, line }) => dim(`    leaves no trace: ${place}# ${line.split('\n')[0]}`)),
  ];
}
