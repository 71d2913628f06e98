import { grouped } from '../judge/grouped.ts';
import type { Run } from './compare.ts';

/** One run of a matrix: a lab on a runtime, by their names. */
export type Planned = Pick<Run, 'lab' | 'runtime'>;

/** The part of a matrix that one machine ran: part `index` of `of`, from 1. */
export interface Shard {
  index: number;
  of: number;
  /** The version of packetwalk that ran it. */
  version: string;
  /** All runs of the whole matrix, in its order. */
  planned: Planned[];
}

/** What one machine ran, and where that is told. */
export interface Part {
  file: string;
  shard: Shard;
  runs: Run[];
}

const name = ({ lab, runtime }: Planned) => `${lab} on ${runtime}`;

/**
 * Divides runs into parts that take about as long as each other: the longest first, each to the part that has the least to do. The
 * same runs with the same durations are divided alike on every machine. Each part keeps the order of the whole.
 */
export function divided<T extends Planned>(all: readonly T[], parts: number, durationOf: (run: T) => number): T[][] {
  const shares = Array.from({ length: parts }, () => ({ sum: 0, runs: new Set<T>() }));
  const longestFirst = [...all].sort((a, b) => durationOf(b) - durationOf(a) || (name(a) < name(b) ? -1 : 1));
  for (const run of longestFirst) {
    const least = shares.reduce((a, b) => (b.sum < a.sum ? b : a));
    least.sum += durationOf(run);
    least.runs.add(run);
  }
  return shares.map(({ runs }) => all.filter((each) => runs.has(each)));
}

/**
 * How long each run is expected to take, in milliseconds: what it took before, or else as long for each piece of work as the others of its
 * runtime took, or as all others did.
 */
export function expected<T extends Planned & { work: number }>(
  all: readonly T[],
  before: readonly Run[],
): (run: T) => number {
  const took = new Map(
    before.flatMap((run) => (run.verdict === 'skipped' ? [] : [[name(run), run.durationMs] as const])),
  );
  const perPiece = (runs: readonly T[]) => {
    const known = runs.filter((run) => took.has(name(run)));
    const work = known.reduce((sum, run) => sum + run.work, 0);
    return work ? known.reduce((sum, run) => sum + took.get(name(run))!, 0) / work : undefined;
  };
  const overall = perPiece(all) ?? 1;
  const rates = new Map(
    [...new Set(all.map(({ runtime }) => runtime))].map((runtime) => [
      runtime,
      perPiece(all.filter((run) => run.runtime === runtime)) ?? overall,
    ]),
  );
  return (run) => took.get(name(run)) ?? run.work * rates.get(run.runtime)!;
}

/** Runs of which durations are kept, but which are not in a matrix. */
export const gone = (all: readonly Planned[], before: readonly Run[]): string[] => {
  const known = new Set(all.map(name));
  return before.map(name).filter((each) => !known.has(each));
};

/**
 * Puts the parts of a matrix together: each run of the whole has exactly one verdict, which is unknown where no part tells of it, or
 * more than one does. `problems` says what else is wrong with the parts.
 */
export function together(parts: readonly Part[]): { runs: Run[]; problems: string[] } {
  const planned = new Map(parts.flatMap(({ shard }) => shard.planned).map((each) => [name(each), each]));
  const missing = missingParts(parts);
  const told = grouped(
    parts.flatMap(({ file, runs }) => runs.map((run) => ({ file, run }))),
    ({ run }) => name(run),
  );
  const runs = [...planned].map(([key, { lab, runtime }]): Run => {
    const found = told.get(key) ?? [];
    if (found.length === 1) return found[0]!.run;
    const reason = found.length
      ? `told ${found.length} times: by ${found.map(({ file }) => file).join(' and ')}`
      : `no shard tells of it${missing.length ? `: ${missing.join(', ')}` : ''}`;
    return { lab, runtime, verdict: 'unknown', reason, durationMs: 0, document: null };
  });
  return { runs, problems: [...missing, ...doubledParts(parts), ...unlike(parts), ...unlikeKernels(runs)] };
}

const sizes = (parts: readonly Part[]) => [...new Set(parts.map(({ shard }) => shard.of))];

function missingParts(parts: readonly Part[]): string[] {
  return sizes(parts).flatMap((of) => {
    const there = new Set(parts.flatMap(({ shard }) => (shard.of === of ? [shard.index] : [])));
    return Array.from({ length: of }, (_, i) => i + 1).flatMap((index) =>
      there.has(index) ? [] : [`shard ${index} of ${of} is missing`],
    );
  });
}

const doubledParts = (parts: readonly Part[]): string[] =>
  [...grouped(parts, ({ shard: { index, of } }) => `shard ${index} of ${of}`)].flatMap(([which, all]) =>
    all.length > 1 ? [`${which} is there ${all.length} times: ${all.map(({ file }) => file).join(', ')}`] : [],
  );

/** In what parts differ that are of one matrix: in how many they are, the runs of the whole, and who ran them. */
function unlike(parts: readonly Part[]): string[] {
  const [first, ...others] = parts;
  return others.flatMap(({ file, shard }) => [
    ...(shard.of === first!.shard.of
      ? []
      : [`${file} is one of ${shard.of} shards, ${first!.file} one of ${first!.shard.of}`]),
    ...(shard.planned.map(name).join() === first!.shard.planned.map(name).join()
      ? []
      : [`${file} and ${first!.file} are of matrices with other labs or runtimes`]),
    ...(shard.version === first!.shard.version
      ? []
      : [`${file} was written by packetwalk ${shard.version}, ${first!.file} by ${first!.shard.version}`]),
  ]);
}

/** The runtimes that have one kernel in a part and another in the next: a version says no more than how a kernel's begins. */
const unlikeKernels = (runs: readonly Run[]): string[] =>
  [...grouped(runs, ({ runtime }) => runtime)].flatMap(([runtime, all]) => {
    const kernels = [...new Set(all.flatMap(({ kernel }) => kernel ?? []))];
    return kernels.length > 1 ? [`${runtime} was Linux ${kernels.join(' in one shard, and in another ')}`] : [];
  });
