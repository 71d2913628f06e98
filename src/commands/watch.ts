import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch as watchFolder } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isPath } from '../plan/load.ts';
import { filesOf, labFile } from '../plan/load-file.ts';
import { BadUsage } from '../plan/usage.ts';
import { onInterrupt } from './interrupt.ts';
import { typed } from './output.ts';
import type { ProveOptions } from './prove.ts';
import { daemonsOf } from './runtime-options.ts';
import { type Beside, beside } from './subprocess.ts';
import { PASSED_FILE } from './watched.ts';
import { type Saved, standsFor, whatIsDue } from './what-is-due.ts';

/**
 * Does what was typed, and whenever a file of the lab was saved, again what that changed, until Ctrl-C. Between two savings the lab
 * stands: it goes where its nodes or steps are others by then, and at the end unless it is to stay.
 */
export async function watch(word: string, words: readonly string[], options: ProveOptions): Promise<number> {
  if (!isPath(word))
    throw new BadUsage(
      `${word} comes with packetwalk, and none of its files changes.`,
      `--watch is for a file of your own: ${typed('verify', './my-lab.ts', '--watch')}`,
    );
  const path = labFile(word);
  const goes = words[0] === 'verify' && !options.keep;
  const keeps = !goes || (await canStandMeanwhile(word, options));
  const again = words.filter((each, i) => each !== '--watch' && !(keeps && i === 0 && each === 'verify'));
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-watch-'));
  const passed = join(folder, 'passed.json');
  const settings: Record<string, string> = keeps ? { [PASSED_FILE]: passed } : {};
  let running: Beside | undefined;
  let interrupted = false;
  using _ = onInterrupt(
    async () => {
      interrupted = true;
      running?.interrupt();
      await running?.ended;
      const name = keeps && goes ? await standsFor(word) : undefined;
      if (name) await beside(['down', name]).ended;
      rmSync(folder, { recursive: true, force: true });
    },
    goes ? 'taking down' : 'ending',
  );
  let files = { modules: [path], besides: [] as string[] };
  for (let saved: Saved | undefined; ; ) {
    // As long as it cannot be read, what it was made of counts.
    files = await filesOf(path).catch(() => files);
    const all = [...files.modules, ...files.besides];
    using change = changeOf(all);
    if (!saved || !keeps || (await isDue(word, saved, options))) {
      running = beside(again, settings);
      void change.happened.then(() => running?.interrupt());
      await running.ended;
    }
    // What interrupted us ends this process once what runs has ended.
    if (interrupted) await new Promise(() => {});
    const standing = keeps ? await standsFor(word) : undefined;
    const names = all.map((file) => basename(file)).join(', ');
    process.stderr.write(`\n${standing ? `${standing} stands. ` : ''}Waiting until one of these is saved: ${names}\n`);
    const file = await change.happened;
    process.stderr.write(`\n${basename(file)} was changed:\n`);
    running = undefined;
    saved = { file, isModule: files.modules.includes(file), passed };
  }
}

/** Whether there is something to prove once a file was saved; tells what, and takes down what stands as it no longer is. */
async function isDue(word: string, saved: Saved, options: ProveOptions): Promise<boolean> {
  const due = await whatIsDue(word, saved, options);
  if (due.says) process.stderr.write(`${due.says}\n`);
  if (due.down) await beside(['down', due.down]).ended;
  return due.isDue;
}

/** Whether a lab that is taken down in the end can stand between two savings: not where one of its name stands for another's sake. */
async function canStandMeanwhile(word: string, options: ProveOptions): Promise<boolean> {
  return daemonsOf(options).daemons !== 'both' && !options.spread && !(await standsFor(word));
}

/** Editors write a file in several steps; what follows within this time belongs to the same saving. */
const SAVING_MS = 50;

/** The first of some files whose content becomes another than it is now. */
function changeOf(files: readonly string[]): { happened: Promise<string> } & Disposable {
  const before = new Map(files.map((file) => [file, digest(file)]));
  const folders = [...new Set(files.map((file) => dirname(file)))];
  let timer: NodeJS.Timeout | undefined;
  let resolve: (file: string) => void = () => {};
  const happened = new Promise<string>((settle) => {
    resolve = settle;
  });
  const look = () => {
    const changed = files.find((file) => digest(file) !== before.get(file));
    if (changed) resolve(changed);
  };
  const watchers = folders.map((folder) =>
    watchFolder(folder, () => {
      clearTimeout(timer);
      timer = setTimeout(look, SAVING_MS);
    }),
  );
  return {
    happened,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const each of watchers) each.close();
    },
  };
}

const digest = (file: string): string =>
  existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : '';
