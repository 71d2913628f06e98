import type { Verdict } from '../../judge/result.ts';
import { duration } from '../duration.ts';
import { escaped, table } from '../markup.ts';
import { daemonsOf } from './daemons.ts';
import { kernelsOf } from './kernels.ts';
import type { Results } from './results.ts';

const marks: Record<Verdict, string> = { passed: '✓', failed: '✗', unknown: '?', skipped: '-' };

/** Runs as a page of a CI job's summary: labs in rows, runtimes in columns, then what differs and why. */
export function resultsMarkdown({ verdict, reason, labs, runtimes, runs, comparisons }: Results): string {
  const rows = labs.map((lab) => [
    lab,
    ...runtimes.map((runtime) => {
      const run = runs.find((each) => each.lab === lab && each.runtime === runtime);
      return run ? `${marks[run.verdict]} ${run.verdict === 'skipped' ? 'skipped' : duration(run.durationMs)}` : '';
    }),
    marks[comparisons.find((each) => each.lab === lab)?.verdict ?? 'skipped'],
  ]);
  const blocks = [
    `## matrix: ${verdict}`,
    reason ? `**${escaped(reason)}**` : '',
    table('Labs', ['Lab', ...runtimes, 'They agree'], rows),
    table(
      'Kernels',
      ['Runtime', 'Linux'],
      kernelsOf(runs).map(({ runtime, release }) => [runtime, release]),
    ),
    table(
      'Real daemons',
      ['Run', 'Daemons'],
      daemonsOf(runs).map(({ runtime, daemons }) => [runtime, daemons]),
    ),
    table(
      'Why not',
      ['Lab', 'Runtime', 'Verdict', 'Reason'],
      runs
        .filter((run) => run.verdict !== 'passed')
        .map(({ lab, runtime, verdict, reason }) => [lab, runtime, verdict, reason]),
    ),
    table(
      'Differences',
      ['Lab', 'Difference'],
      comparisons.flatMap(({ lab, differences }) => differences.map((each) => [lab, each])),
    ),
    table(
      'Comparisons',
      ['Lab', 'Runtimes', 'Facts compared', 'Verdict', 'Reason'],
      comparisons.map(({ lab, runtimes, compared, verdict, reason }) => [
        lab,
        runtimes.join(', '),
        String(compared),
        verdict,
        reason,
      ]),
    ),
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}
