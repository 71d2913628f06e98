import { mkdirSync, mkdtempSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { divided, expected, gone, type Planned, type Shard } from '../compare/shards.ts';
import { version } from '../machine/own-folder.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';
import type { Results } from '../report/runtimes/results.ts';
import { resultsIn } from './results-files.ts';
import type { MatrixOptions } from './runtimes.ts';

/** What of a matrix is to be run here, which part of it that is, and how what was found out is kept for `merge`. */
export interface Share<T> {
  cells: T[];
  shard: Shard;
  /** How long a run is expected to take, in some unit. */
  length(run: T): number;
  keep(found: Results): void;
}

/** The runs that `--shard` asks for, balanced by `--durations`; all of them without `--shard`. */
export function share<T extends Planned & { work: number }>(
  all: T[],
  { shard: part, durations, out }: MatrixOptions,
): Share<T> {
  const [index, of] = part === undefined ? [1, 1] : partOf(part);
  const before = durations === undefined ? [] : resultsIn(durations).runs;
  const others = gone(all, before);
  if (others.length) process.stderr.write(`${durations}: not in this matrix, and left out: ${others.join(', ')}\n`);
  const length = expected(all, before);
  const cells = divided(all, of, length)[index - 1]!;
  if (!cells.length) process.stderr.write(`no run falls to shard ${index} of ${of}: there are ${all.length}\n`);
  const planned = all.map(({ lab, runtime }) => ({ lab, runtime }));
  const shard = { index, of, version: version(), planned };
  const folder = out === undefined ? undefined : folderFor(out);
  return { cells, shard, length, keep: (found) => folder && write(folder, { ...found, shard }) };
}

function partOf(text: string): [number, number] {
  const [, index, of] = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? [];
  if (!index || !of) throw new BadUsage(`--shard is I/N, the I-th of N parts, as 2/3: not ${text}`);
  if (Number(index) > Number(of)) throw new BadUsage(`--shard ${text}: there is no part ${index} of ${of}`);
  return [Number(index), Number(of)];
}

/** A folder that can be written to, before anything runs. */
function folderFor(out: string): string {
  const folder = fromHere(out);
  try {
    mkdirSync(folder, { recursive: true });
    rmdirSync(mkdtempSync(join(folder, '.')));
  } catch (error) {
    throw new BadUsage(`--out ${out}: nothing can be written there: ${(error as Error).message}`);
  }
  return folder;
}

/** Whoever reads it finds a whole file or none. */
function write(folder: string, found: Results): void {
  const { index, of } = found.shard!;
  const file = join(folder, `shard-${index}-of-${of}.json`);
  writeFileSync(`${file}.part`, `${JSON.stringify(found)}\n`);
  renameSync(`${file}.part`, file);
}
