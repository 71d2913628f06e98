import type { Run } from '../compare/compare.ts';
import { loadPlan } from '../plan/load.ts';
import { type Plan, stillRuns } from '../plan/plan.ts';
import { BadUsage } from '../plan/usage.ts';
import { results } from '../report/runtimes/results.ts';
import type { Variant } from '../runtime/index.ts';
import type { ProveOptions } from './prove.ts';
import { withFoundDaemons } from './real-daemons.ts';
import { runAll } from './run-all.ts';
import { daemonsOf, whereOf } from './runtime-options.ts';
import { cell, finish } from './runtimes.ts';
import { sizeOf } from './size.ts';

/** Proves a lab with its small daemons, then with the real ones, and compares what both found out as runtimes are compared. */
export async function verifyBoth(word: string, options: ProveOptions): Promise<number> {
  for (const name of ['keep', 'capture', 'report', 'why', 'full'] as const)
    if (options[name]) throw new BadUsage(`--daemons both compares two runs: --${name} has no meaning beside it`);
  if (options.html) (await import('../report/html/file.ts')).checkWritable('--html', options.html);
  const { choice } = whereOf(word, options);
  if (choice.kernel) await (await import('./kernels.ts')).prepareKernels([choice.kernel]);
  const { given } = daemonsOf(options);
  const plan = await loadPlan(word, sizeOf(options));
  const real = await loadPlan(word, sizeOf(options), 'real');
  refuseBadPaths(real, given);
  const paths = [...given].flatMap(([name, path]) => ['--daemon', `${name}=${path}`]);
  const cells = [variant('small', options, []), variant('real', options, paths)].map((each) => cell(word, each, plan));
  const { drills = false, hosts } = options;
  // One after the other: neither is to wait for the other's processes.
  const runs = await runAll(cells, 1, { drills, ...(hosts && { hosts }), ...(options.json && { json: true }) });
  return finish(results(runs.map(withoutChecks(ofOneOnly(plan, real))), performance.now()), options, 'daemons');
}

/** What was typed is refused before anything runs; what is missing, the run with the real daemons tells. */
function refuseBadPaths(real: Plan, given: ReadonlyMap<string, string>): void {
  try {
    withFoundDaemons(real, given);
  } catch (error) {
    if (error instanceof BadUsage) throw error;
  }
}

/** The checks that daemons still run which only one of two plans starts: they are no difference between the two. */
function ofOneOnly(...plans: [Plan, Plan]): string[] {
  const [small, real] = plans.map(({ daemons }) => new Set(daemons.map(({ name }) => name))) as [
    Set<string>,
    Set<string>,
  ];
  return [...small, ...real].filter((name) => !(small.has(name) && real.has(name))).map(stillRuns);
}

const withoutChecks =
  (titles: string[]) =>
  (run: Run): Run =>
    run.document
      ? {
          ...run,
          document: { ...run.document, checks: run.document.checks.filter(({ title }) => !titles.includes(title)) },
        }
      : run;

const variant = (
  daemons: 'small' | 'real',
  { runtime = 'auto', machines, kernel, nodes, pods }: ProveOptions,
  more: string[],
): Variant => ({
  name: `${daemons} daemons`,
  runtime,
  options: [
    ...['--daemons', daemons, ...more],
    ...(machines ? ['--machines', machines] : []),
    ...(kernel ? ['--kernel', kernel] : []),
    ...(nodes ? ['--nodes', nodes] : []),
    ...(pods ? ['--pods', pods] : []),
  ],
  byDefault: false,
  cores: 1,
  prepares: false,
});
