import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Part, together } from '../compare/shards.ts';
import { worst } from '../judge/result.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';
import { results } from '../report/runtimes/results.ts';
import { SHARD_LINE } from './kubernetes-job.ts';
import { typed } from './output.ts';
import { resultsIn, resultsOf, textIn } from './results-files.ts';
import { finish, type MatrixOptions } from './runtimes.ts';

const isPart = (name: string) => /^shard-\d+-of-\d+\.json$|\.log$/.test(name);

/** The files of shards in a folder, or in its folders, as a CI keeps one for each machine; and logs of pods, which have their shards. */
function partsIn(folder: string): string[] {
  try {
    const entries = readdirSync(fromHere(folder), { recursive: true, encoding: 'utf8' });
    return entries
      .filter((entry) => isPart(entry.split('/').at(-1)!))
      .map((entry) => join(folder, entry))
      .sort();
  } catch (error) {
    throw new BadUsage(`${folder}: cannot be read: ${(error as Error).message}`);
  }
}

const shardIn = (file: string) => [{ file, ...resultsIn(file) }];

/** The shards that pods have printed, as `kubectl logs` tells them; one that was cut off in the middle is none. */
const shardsInLog = (file: string) =>
  textIn(file)
    .split('\n')
    .flatMap((line, i) => {
      if (!line.startsWith(SHARD_LINE)) return [];
      const [where, text] = [`${file}:${i + 1}`, line.slice(SHARD_LINE.length)];
      return isWhole(text) ? [{ file: where, ...resultsOf(text, where) }] : [];
    });

const isWhole = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Puts together what the shards of a matrix found out; where one is missing or there twice the whole is unknown. */
export async function merge(
  folders: string[],
  options: Pick<MatrixOptions, 'json' | 'junit' | 'markdown' | 'html' | 'strict'>,
): Promise<number> {
  if (options.html) (await import('../report/html/file.ts')).checkWritable('--html', options.html);
  const found = folders.flatMap(partsIn).flatMap((file) => (file.endsWith('.log') ? shardsInLog(file) : shardIn(file)));
  if (!found.length)
    throw new BadUsage(
      `there is no shard in ${folders.join(', ')}`,
      `One is written there by: ${typed('matrix', '--shard', '1/2', '--out', folders[0]!)}`,
    );
  const parts = found.map(({ file, runs, shard, durationMs }): Part & { durationMs: number } => {
    if (!shard) throw new BadUsage(`${file}: is no shard of a matrix`);
    return { file, runs, shard, durationMs };
  });
  const { runs, problems } = together(parts);
  const all = results(runs, Math.max(...parts.map(({ durationMs }) => durationMs)));
  if (!problems.length) return finish(all, options);
  const verdict = worst([all.verdict, 'unknown']);
  const reason = [...(all.verdict === 'failed' ? [all.reason] : []), ...problems].join('; ');
  return finish({ ...all, verdict, reason }, options);
}
