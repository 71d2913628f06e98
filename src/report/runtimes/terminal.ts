import { bold, dim } from 'yoctocolors';
import { type Comparison, haveKernels, type Run } from '../../compare/compare.ts';
import type { Verdict } from '../../judge/result.ts';
import { duration } from '../duration.ts';
import { sign, styleOf } from '../terminal/sign.ts';
import { bareTable } from '../terminal/table.ts';
import { indented, plain, wrapped } from '../terminal/text.ts';
import { daemonsOf } from './daemons.ts';
import { kernelsOf } from './kernels.ts';
import type { Results } from './results.ts';

/** How many differences of a lab are printed; all are in the JSON document. */
const MOST = 12;

/** How one run ended, in a line. */
export const runLine = ({ lab, runtime, verdict, durationMs }: Run): string =>
  `${sign(verdict)} ${lab} on ${runtime}  ${dim(verdict === 'skipped' ? 'skipped' : duration(durationMs))}`;

/** Labs in rows, runtimes (or what else is compared) in columns, and beneath that why what did not pass did not. */
export function resultLines(all: Results, columns: number, compared = 'runtimes'): string[] {
  const { verdict, reason, runs, comparisons, durationMs, shard } = all;
  const count = (list: { verdict: Verdict }[]) =>
    `${list.filter((each) => each.verdict === 'passed').length} of ${list.length}`;
  const facts = comparisons.reduce((sum, each) => sum + each.compared, 0);
  const sides = compared === 'runtimes' && haveKernels(runs) ? 'kernels' : compared;
  const agreed = `; on ${count(comparisons)} labs the ${sides} agree, in ${facts} facts compared`;
  const whole = shard ? `shard ${shard.index} of ${shard.of}` : compared === 'runtimes' ? 'matrix' : compared;
  return [
    table(all),
    '',
    ...kernelsOf(runs).map(({ runtime, release }) => dim(`  ${runtime}: Linux ${release}`)),
    ...daemonsOf(runs).flatMap(({ runtime, daemons }) =>
      indented(wrapped(plain(`${runtime}: ${daemons}`), columns - 2).map(dim), 2),
    ),
    ...reasons(runs).flatMap(({ verdict, text }) => beneath(verdict, text, columns)),
    ...comparisons.flatMap((each) => comparisonLines(each, columns)),
    `${sign(verdict)} ${bold(styleOf(verdict)(`${whole}: ${verdict}`))}`,
    ...(reason ? [`  ${reason}`] : []),
    `  ${count(runs)} runs passed${shard ? '' : agreed}`,
    ...(durationMs ? [dim(`  ${duration(durationMs)} in all`)] : []),
  ];
}

function table({ labs, runtimes, runs, comparisons, shard }: Results): string {
  const grid = bareTable();
  grid.push(['', ...runtimes, ...(shard ? [] : ['they agree'])].map((text) => bold(text)));
  for (const lab of labs) {
    const cells = runtimes.map((runtime) => {
      const run = runs.find((each) => each.lab === lab && each.runtime === runtime);
      if (!run) return '';
      const took = run.durationMs ? duration(run.durationMs) : '';
      return `${sign(run.verdict)} ${dim(run.verdict === 'skipped' ? 'skipped' : took)}`;
    });
    const comparison = comparisons.find((each) => each.lab === lab);
    grid.push([lab, ...cells, ...(comparison ? [sign(comparison.verdict)] : [])]);
  }
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Why runs did not pass: what several labs have in common on a runtime is said once. */
function reasons(runs: Run[]): { verdict: Verdict; text: string }[] {
  const open = runs.filter(({ verdict }) => verdict !== 'passed');
  const key = ({ runtime, verdict, reason }: Run) => JSON.stringify([runtime, verdict, reason]);
  return [...new Set(open.map(key))].map((each) => {
    const alike = open.filter((run) => key(run) === each);
    const { runtime, verdict, reason } = alike[0]!;
    return { verdict, text: `${alike.map(({ lab }) => lab).join(', ')} on ${runtime}: ${reason}` };
  });
}

function comparisonLines({ lab, verdict, reason, differences }: Comparison, columns: number): string[] {
  if (verdict === 'passed') return [];
  if (!differences.length) return beneath(verdict, `${lab}: ${reason}`, columns);
  const more = differences.length - MOST;
  return [
    ...differences.slice(0, MOST).flatMap((each) => beneath(verdict, `${lab}: ${each}`, columns)),
    ...(more > 0 ? beneath(verdict, `${lab}: ${more} more differences, which --json tells`, columns) : []),
  ];
}

function beneath(verdict: Verdict, text: string, columns: number): string[] {
  const [first = '', ...rest] = wrapped(plain(text), columns - 2);
  return [`${sign(verdict)} ${first}`, ...indented(rest, 2)];
}
