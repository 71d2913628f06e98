import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Run } from '../compare/compare.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';
import type { Document } from '../record/document.ts';
import type { Results } from '../report/runtimes/results.ts';
import { typed } from './output.ts';

/** The runs in files that `matrix --json` or `verify --json` printed; a runtime that is in several is told by its file. */
export function runsInFiles(files: string[]): Run[] {
  const all = files.flatMap((file) => read(file).map((run) => ({ file, run })));
  return all.map(({ file, run }) => {
    const again = all.some((other) => other.file !== file && isSame(other.run, run));
    return again ? { ...run, runtime: `${run.runtime} (${basename(file, extname(file))})` } : run;
  });
}

/** What to type for a file of this version. */
const AGAIN = `Run it again: ${typed('verify', 'LAB', '--json')} or ${typed('matrix', '--json')}`;

const isSame = (a: Run, b: Run) => a.lab === b.lab && a.runtime === b.runtime;

function read(file: string): Run[] {
  const path = fromHere(file);
  const bad = (why: string, ...next: string[]) => new BadUsage(`${path}: ${why}`, ...next);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw bad(`cannot be read: ${(error as Error).message}`);
  }
  let content: Partial<Results & Document> | null;
  try {
    content = JSON.parse(text) as Partial<Results & Document> | null;
  } catch {
    throw bad('is no JSON');
  }
  const version: unknown = content?.schemaVersion;
  if (version === 1) throw bad(`is of version 1, which an older packetwalk printed: compared is version 2`, AGAIN);
  if (content?.schemaVersion !== 2)
    throw bad(
      `is no result of \`matrix --json\` or \`verify --json\` of this version${version ? `, 2, but of ${version}` : ''}`,
    );
  if (Array.isArray(content.runs)) return content.runs;
  if (!Array.isArray(content.walks)) throw bad('is no result of `matrix --json` or `verify --json`');
  const document = content as Document;
  const { lab, runtime, verdict, reason, durations } = document;
  return [{ lab, runtime, verdict, reason, durationMs: durations.totalMs, document }];
}
