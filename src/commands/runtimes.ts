import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Planned } from '../compare/shards.ts';
import { missing } from '../machine/install.ts';
import { galleryNames, labName, labNames, loadPlan } from '../plan/load.ts';
import { toolsOf } from '../plan/needs.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage, exitCodes, fromHere } from '../plan/usage.ts';
import { type Results, results } from '../report/runtimes/results.ts';
import type { Variant } from '../runtime/index.ts';
import type { Task } from './in-turn.ts';
import { say, sayJson } from './output.ts';
import { runAll } from './run-all.ts';
import { share } from './shards.ts';
import { chosenVariants, list } from './variants.ts';

export interface MatrixOptions {
  /** Names or paths of labs, and names of variants, with commas between them. */
  labs?: string;
  /** Whether it is the labs of the gallery that are run. */
  gallery?: boolean;
  runtimes?: string;
  /** Versions or paths of kernels for virtual machines, with commas between them. */
  kernels?: string;
  jobs?: string;
  drills?: boolean;
  hosts?: string;
  captures?: string;
  /** Which part of the runs: `2/3`. */
  shard?: string;
  /** The image in which pods of Kubernetes run the shards, instead of running anything here; and how many shards. */
  kubernetes?: string;
  shards?: string;
  /** What runs them in the place of this machine: `swarm`; and the image in which it does. */
  on?: string;
  image?: string;
  /** A file that says how long runs took. */
  durations?: string;
  /** A folder for what was found out, as `merge` reads it. */
  out?: string;
  /** Files of results to be compared, instead of running anything. */
  compare?: string[];
  list?: boolean;
  strict?: boolean;
  json?: boolean;
  junit?: string;
  markdown?: string;
  html?: string;
}

/** Runs labs on runtimes, each in a process of its own, and compares what they found out. */
export async function matrix(options: MatrixOptions): Promise<number> {
  if (options.html) (await import('../report/html/file.ts')).checkWritable('--html', options.html);
  if (options.compare) return compareFiles(options.compare, options);
  if (options.gallery && options.labs) throw new BadUsage('--gallery and --labs both say which labs: give one of them');
  const words = list('--labs', options.labs) ?? (options.gallery ? galleryNames() : labNames());
  const plans = await checkedPlans(words);
  const { kubernetes, on } = options;
  const chosen = await chosenVariants(options);
  const all = words.flatMap((word, i) => chosen.map((variant) => cell(word, variant, plans[i]!)));
  if (kubernetes) return (await import('./kubernetes-job.ts')).tellJob(all, { ...options, kubernetes });
  if (options.shards)
    throw new BadUsage('--shards says how many pods of --kubernetes there are; without, type --shard I/N');
  if (on !== undefined) (await import('./on-swarm.ts')).checkOn(all, { ...options, on });
  else if (options.image) throw new BadUsage('--image is what --on swarm runs labs in: without, it has no meaning');
  const cores = coresOf(options.jobs);
  const { cells, shard, length, keep } = share(all, options);
  if (options.list) return tellChoice(cells, options);
  if (options.kernels) await (await import('./kernels.ts')).prepareKernels(cells.map(({ variant }) => variant.kernel));
  if (options.captures) mkdirSync(fromHere(options.captures), { recursive: true });
  const runs =
    on === undefined
      ? await runAll(options.jobs ? cells.map((each) => ({ ...each, cores: 1 })) : cells, cores, options, length)
      : await (await import('./on-swarm.ts')).runOnSwarm(cells, options.jobs ? cores : undefined, options, length);
  const found = results(runs, performance.now(), options.shard ? shard : undefined);
  keep(found);
  return finish(found, options);
}

/** One lab on one runtime. */
export interface Cell extends Task, Planned {
  word: string;
  variant: Variant;
  /** How many packets are sent and conditions waited for, drills included: about what decides how long it takes. */
  work: number;
}

export const cell = (word: string, variant: Variant, plan: Plan): Cell => ({
  word,
  variant,
  lab: labName(word),
  runtime: variant.name,
  work: workOf(plan),
  // Tools that are missing are installed by the first run that needs them.
  kind: variant.prepares || missing(toolsOf(plan)).length ? (variant.kernel ?? variant.runtime) : undefined,
  cores: variant.cores,
});

/** Of a drill, each walk is taken before and after something is mended. */
function workOf({ steps, walks, faults }: Plan): number {
  const typed = [...steps.map(({ commands }) => commands ?? []), ...faults.flatMap((each) => [each.break, each.fix])];
  const waits = typed.flat().flatMap(({ lines }) => lines.filter((line) => /\buntil\b/.test(line)));
  return faults.reduce((sum, { untouched }) => sum + 2 * (1 + untouched.length), walks.length + waits.length);
}

async function checkedPlans(words: string[]): Promise<Plan[]> {
  const names = words.map(labName);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new BadUsage(`two of the labs are named ${twice}`);
  const plans: Plan[] = [];
  for (const word of words) plans.push(await loadPlan(word));
  return plans;
}

/** How many cores the runs may keep busy together; with `--jobs`, each counts as one. */
export function coresOf(jobs: string | undefined): number {
  if (jobs === undefined) return availableParallelism();
  if (!/^[1-9]\d*$/.test(jobs)) throw new BadUsage(`--jobs is a number from 1, not ${jobs}`);
  return Number(jobs);
}

function tellChoice(cells: Cell[], { json, shard }: MatrixOptions): number {
  const [labs, runtimes] = (['lab', 'runtime'] as const).map((each) => [...new Set(cells.map((cell) => cell[each]))]);
  if (json) sayJson({ labs, runtimes, ...(shard && { runs: cells.map(({ lab, runtime }) => ({ lab, runtime })) }) });
  else if (shard) say(...cells.map(({ lab, runtime }) => `${lab} on ${runtime}`));
  else say(`labs: ${labs!.join(', ')}`, `runtimes: ${runtimes!.join(', ')}`);
  return exitCodes.passed;
}

/** Compares what is in files; that nothing could be compared is an answer to no question, and so unknown. */
async function compareFiles(files: string[], options: MatrixOptions): Promise<number> {
  for (const name of [
    'labs',
    'gallery',
    'runtimes',
    'kernels',
    'jobs',
    'captures',
    'list',
    'hosts',
    'shard',
    'durations',
    'out',
    'on',
    'image',
  ] as const)
    if (options[name]) throw new BadUsage(`--compare runs nothing: --${name} has no meaning beside it`);
  const { runsInFiles } = await import('./results-files.ts');
  const all = results(runsInFiles(files), 0);
  const nothing = all.comparisons.every(({ compared }) => !compared);
  const open = nothing && all.verdict !== 'failed';
  return finish(open ? { ...all, verdict: 'unknown', reason: 'nothing could be compared' } : all, options);
}

/** Tells what came of some runs, in the forms that were asked for; `compared` is what they differ in. */
export async function finish(
  all: Results,
  { json, junit, markdown, html, strict }: Pick<MatrixOptions, 'json' | 'junit' | 'markdown' | 'html' | 'strict'>,
  compared = 'runtimes',
): Promise<number> {
  const { writeFile } = await import('node:fs/promises');
  if (json) sayJson(all);
  else {
    const { resultLines } = await import('../report/runtimes/terminal.ts');
    say('', ...resultLines(all, Math.max(process.stdout.columns || 80, 60), compared));
  }
  if (junit) await writeFile(fromHere(junit), await (await import('../report/runtimes/junit.ts')).resultsJunit(all));
  if (markdown)
    await writeFile(fromHere(markdown), (await import('../report/runtimes/markdown.ts')).resultsMarkdown(all));
  if (html) await writeResults(html, all);
  return strict && all.verdict === 'skipped' ? exitCodes.failed : exitCodes[all.verdict];
}

/** A lab that is known here by its name has its picture; of others there are their results. */
async function writeResults(file: string, all: Results): Promise<void> {
  const [{ writeHtml }, { resultsPage }] = await Promise.all([
    import('../report/html/file.ts'),
    import('../report/html/page-data.ts'),
  ]);
  await writeHtml(file, await resultsPage(all, (lab) => loadPlan(lab).catch(() => undefined)));
}
