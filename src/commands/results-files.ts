import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Run } from '../compare/compare.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';
import type { Document } from '../record/document.ts';
import type { Results } from '../report/runtimes/results.ts';
import { typed } from './output.ts';

/** The runs in files that `matrix --json` or `verify --json` printed; a runtime that is in several is told by its file. */
export function runsInFiles(files: string[]): Run[] {
  const all = files.flatMap((file) => resultsIn(file).runs.map((run) => ({ file, run })));
  return all.map(({ file, run }) => {
    const again = all.some((other) => other.file !== file && isSame(other.run, run));
    return again ? { ...run, runtime: `${run.runtime} (${basename(file, extname(file))})` } : run;
  });
}

/** What to type for a file of this version. */
const AGAIN = `Run it again: ${typed('verify', 'LAB', '--json')} or ${typed('matrix', '--json')}`;

const isSame = (a: Run, b: Run) => a.lab === b.lab && a.runtime === b.runtime;

const bad = (where: string, why: string, ...next: string[]) => new BadUsage(`${where}: ${why}`, ...next);

/** The text of a file. Throws a BadUsage where it cannot be read. */
export function textIn(file: string): string {
  const path = fromHere(file);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw bad(path, `cannot be read: ${(error as Error).message}`);
  }
}

/** What a file holds that `matrix --json`, `matrix --out` or `verify --json` wrote. */
export const resultsIn = (file: string) => resultsOf(textIn(file), fromHere(file));

/** The same, of its text; `where` says where that stood. */
export function resultsOf(text: string, where: string): Pick<Results, 'runs' | 'shard' | 'durationMs'> {
  let content: Partial<Results & Document> | null;
  try {
    content = JSON.parse(text) as Partial<Results & Document> | null;
  } catch {
    throw bad(where, 'is no JSON');
  }
  const version: unknown = content?.schemaVersion;
  if (version === 1)
    throw bad(where, `is of version 1, which an older packetwalk printed: compared is version 2`, AGAIN);
  if (content?.schemaVersion !== 2)
    throw bad(
      where,
      `is no result of \`matrix --json\` or \`verify --json\` of this version${version ? `, 2, but of ${version}` : ''}`,
    );
  if (Array.isArray(content.runs)) return content as Results;
  if (!Array.isArray(content.walks)) throw bad(where, 'is no result of `matrix --json` or `verify --json`');
  const document = content as Document;
  const { lab, runtime, kernel, verdict, reason, durations } = document;
  const durationMs = durations.totalMs;
  return { runs: [{ lab, runtime, ...(kernel && { kernel }), verdict, reason, durationMs, document }], durationMs };
}
