import { type Comparison, compare, type Run } from '../../compare/compare.ts';
import type { Shard } from '../../compare/shards.ts';
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
  /** Of a part of a matrix, which one it is: nothing is compared before all parts are there. */
  shard?: Shard;
}

/** What came of some runs, and whether the runtimes agree on each lab; of a part of a matrix, what came of its runs alone. */
export function results(runs: Run[], durationMs: number, shard?: Shard): Results {
  const labs = [...new Set(runs.map(({ lab }) => lab))];
  const runtimes = [...new Set(runs.map(({ runtime }) => runtime))];
  const comparisons = shard
    ? []
    : labs.map((lab) =>
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
    ...(shard && { shard }),
  };
}

const tenths = (ms: number) => Math.round(ms * 10) / 10;
