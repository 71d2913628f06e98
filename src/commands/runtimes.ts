import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../compare/compare.ts';
import { labName, labNames, loadPlan } from '../plan/load.ts';
import { hint } from '../plan/nearest.ts';
import { BadUsage, exitCodes, fromHere } from '../plan/usage.ts';
import type { Document } from '../record/document.ts';
import { type Results, results } from '../report/runtimes/results.ts';
import { type Variant, variants } from '../runtime/index.ts';
import { inTurn, type Task } from './in-turn.ts';
import { onInterrupt } from './interrupt.ts';
import { say, sayJson } from './output.ts';
import { type Apart, apart } from './subprocess.ts';

export interface MatrixOptions {
  /** Names or paths of labs, and names of variants, with commas between them. */
  labs?: string;
  runtimes?: string;
  jobs?: string;
  drills?: boolean;
  hosts?: string;
  captures?: string;
  /** Files of results to be compared, instead of running anything. */
  compare?: string[];
  list?: boolean;
  strict?: boolean;
  json?: boolean;
  junit?: string;
  markdown?: string;
}

/** Runs labs on runtimes, each in a process of its own, and compares what they found out. */
export async function matrix(options: MatrixOptions): Promise<number> {
  if (options.compare) return compareFiles(options.compare, options);
  const words = list('--labs', options.labs) ?? labNames();
  await checkLabs(words);
  const chosen = chosenVariants(list('--runtimes', options.runtimes));
  const cores = coresOf(options.jobs);
  if (options.list) return tellChoice(words, chosen, options);
  if (options.captures) mkdirSync(fromHere(options.captures), { recursive: true });
  const cells = words.flatMap((word) => chosen.map((variant) => cell(word, variant)));
  return finish(results(await runAll(cells, cores, options), performance.now()), options);
}

/** One lab on one runtime. */
export interface Cell extends Task {
  word: string;
  variant: Variant;
}

export const cell = (word: string, variant: Variant): Cell => ({
  word,
  variant,
  kind: variant.runtime,
  cores: variant.cores,
});

function list(option: string, text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const words = [...new Set(text.split(',').map((word) => word.trim()))].filter(Boolean);
  if (!words.length) throw new BadUsage(`${option} names none`);
  return words;
}

async function checkLabs(words: string[]): Promise<void> {
  const names = words.map(labName);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new BadUsage(`two of the labs are named ${twice}`);
  for (const word of words) await loadPlan(word);
}

function chosenVariants(names: string[] | undefined): Variant[] {
  const known = variants.map(({ name }) => name);
  for (const name of names ?? [])
    if (!known.includes(name))
      throw new BadUsage(`there is no runtime ${name}. ${hint(name, known)}`, `There is ${known.join(', ')}.`);
  return names
    ? names.map((name) => variants.find((each) => each.name === name)!)
    : variants.filter((each) => each.byDefault);
}

/** Half of what there is, so that no run has to wait for its turn so long that it takes its packets for lost. */
export function coresOf(jobs: string | undefined): number {
  if (jobs === undefined) return availableParallelism();
  if (!/^[1-9]\d*$/.test(jobs)) throw new BadUsage(`--jobs is a number from 1, not ${jobs}`);
  return Number(jobs);
}

function tellChoice(words: string[], chosen: Variant[], { json }: MatrixOptions): number {
  const [labs, runtimes] = [words.map(labName), chosen.map(({ name }) => name)];
  if (json) sayJson({ labs, runtimes });
  else say(`labs: ${labs.join(', ')}`, `runtimes: ${runtimes.join(', ')}`);
  return exitCodes.passed;
}

/** Verifies labs, each in a process of its own, and tells how each ended. */
export async function runAll(cells: Cell[], cores: number, options: MatrixOptions): Promise<Run[]> {
  const { progressOf } = await import('../report/runtimes/progress.ts');
  const progress = progressOf(cells.length, options.json ? process.stderr : process.stdout);
  const runs = new Map<Cell, Run>();
  const running = new Set<Apart>();
  let interrupted = false;
  using _ = onInterrupt(async () => {
    interrupted = true;
    progress.stop();
    for (const child of running) child.interrupt();
    await Promise.allSettled([...running].map(({ ended }) => ended));
  });
  await inTurn(cells, cores, async (each) => {
    progress.begins(`${labName(each.word)} on ${each.variant.name}`);
    const child = apart(verifyLine(each, options));
    running.add(child);
    const run = await runOf(each, child);
    // What interrupted us ends this process once all children have ended.
    if (interrupted) await new Promise(() => {});
    running.delete(child);
    runs.set(each, run);
    progress.ended(run);
  });
  progress.stop();
  return cells.map((each) => runs.get(each)!);
}

function verifyLine({ word, variant }: Cell, { drills = true, hosts, captures }: MatrixOptions): string[] {
  const file = `${labName(word)}-${variant.name.replaceAll('/', '-')}.pcapng`;
  return [
    ...['verify', word, '--runtime', variant.runtime, ...variant.options, '--json'],
    ...(drills ? ['--drills'] : []),
    ...(hosts ? ['--hosts', hosts] : []),
    ...(captures ? ['--capture', join(fromHere(captures), file)] : []),
  ];
}

async function runOf({ word, variant }: Cell, child: Apart): Promise<Run> {
  const began = performance.now();
  const { code, stdout, stderr } = await child.ended;
  const document = parsed<Document>(stdout);
  const lastWords = stderr.trim().split('\n').slice(-3).join('; ');
  return {
    lab: labName(word),
    runtime: variant.name,
    verdict: document?.verdict ?? 'unknown',
    reason: document?.reason ?? `it ended with ${code} and told nothing${lastWords && `: ${lastWords}`}`,
    durationMs: performance.now() - began,
    document: document ?? null,
  };
}

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/** Compares what is in files; that nothing could be compared is an answer to no question, and so unknown. */
async function compareFiles(files: string[], options: MatrixOptions): Promise<number> {
  for (const name of ['labs', 'runtimes', 'jobs', 'captures', 'list', 'hosts'] as const)
    if (options[name]) throw new BadUsage(`--compare runs nothing: --${name} has no meaning beside it`);
  const { runsInFiles } = await import('./results-files.ts');
  const all = results(runsInFiles(files), 0);
  const nothing = all.comparisons.every(({ compared }) => !compared);
  const open = nothing && all.verdict !== 'failed';
  return finish(open ? { ...all, verdict: 'unknown', reason: 'nothing could be compared' } : all, options);
}

async function finish(all: Results, { json, junit, markdown, strict }: MatrixOptions): Promise<number> {
  const { writeFile } = await import('node:fs/promises');
  if (json) sayJson(all);
  else {
    const { resultLines } = await import('../report/runtimes/terminal.ts');
    say('', ...resultLines(all, Math.max(process.stdout.columns || 80, 60)));
  }
  if (junit) await writeFile(fromHere(junit), await (await import('../report/runtimes/junit.ts')).resultsJunit(all));
  if (markdown)
    await writeFile(fromHere(markdown), (await import('../report/runtimes/markdown.ts')).resultsMarkdown(all));
  return strict && all.verdict === 'skipped' ? exitCodes.failed : exitCodes[all.verdict];
}
