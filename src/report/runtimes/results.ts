import { type Comparison, compare, type Run } from '../../compare/compare.ts';
import { type Verdict, worst } from '../../judge/result.ts';

/** Labs on runtimes, as one JSON document: `matrix --json` prints it. Durations are rounded to 0.1 ms. */
export interface Results {
  schemaVersion: 2;
  verdict: Verdict;
  reason: string;
  labs: string[];
  runtimes: string[];
  runs: Run[];
  comparisons: Comparison[];
  durationMs: number;
}

/** What came of some runs, and whether the runtimes agree on each lab. */
export function results(runs: Run[], durationMs: number): Results {
  const labs = [...new Set(runs.map(({ lab }) => lab))];
  const runtimes = [...new Set(runs.map(({ runtime }) => runtime))];
  const comparisons = labs.map((lab) =>
    compare(
      lab,
      runs.filter((run) => run.lab === lab),
    ),
  );
  const judged = [...runs, ...comparisons];
  const verdict = worst(judged.map((each) => each.verdict));
  const share = (what: string, list: { verdict: Verdict }[]) => {
    const count = list.filter((each) => each.verdict === verdict).length;
    return count ? [`${count} of ${list.length} ${what}`] : [];
  };
  const shares = [...share('runs', runs), ...share('comparisons', comparisons)];
  return {
    schemaVersion: 2,
    verdict,
    reason: verdict === 'passed' ? '' : `${shares.join(' and ')} ${verdict}`,
    labs,
    runtimes,
    runs: runs.map((run) => ({ ...run, durationMs: tenths(run.durationMs) })),
    comparisons,
    durationMs: tenths(durationMs),
  };
}

const tenths = (ms: number) => Math.round(ms * 10) / 10;
