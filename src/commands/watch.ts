import { createHash } from 'node:crypto';
import { existsSync, readFileSync, watch as watchFolder } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isPath, loadPlan } from '../plan/load.ts';
import { filesOf, labFile } from '../plan/load-file.ts';
import { BadUsage } from '../plan/usage.ts';
import { isOurs, sameNodes, standingLabs } from '../record/standing.ts';
import { onInterrupt } from './interrupt.ts';
import { typed } from './output.ts';
import { type DaemonOptions, daemonsOf } from './runtime-options.ts';
import { type SizeOptions, sizeOf } from './size.ts';
import { type Beside, beside } from './subprocess.ts';

/** Does what was typed, and does it again whenever a file of the lab has changed, until Ctrl-C. */
export async function watch(
  word: string,
  words: readonly string[],
  options: SizeOptions & DaemonOptions,
): Promise<number> {
  if (!isPath(word))
    throw new BadUsage(
      `${word} comes with packetwalk, and none of its files changes.`,
      `--watch is for a file of your own: ${typed('verify', './my-lab.ts', '--watch')}`,
    );
  const path = labFile(word);
  const again = words.filter((each) => each !== '--watch');
  let running: Beside | undefined;
  let interrupted = false;
  using _ = onInterrupt(async () => {
    interrupted = true;
    running?.interrupt();
    await running?.ended;
  });
  let files = [path];
  for (;;) {
    // As long as it cannot be read, what it was made of counts.
    files = await filesOf(path).catch(() => files);
    using change = changeOf(files);
    running = beside(again);
    void change.happened.then(() => running?.interrupt());
    await running.ended;
    // What interrupted us ends this process once what runs has ended.
    if (interrupted) await new Promise(() => {});
    process.stderr.write(`\nWaiting until one of these is saved: ${files.map((file) => basename(file)).join(', ')}\n`);
    process.stderr.write(`\n${basename(await change.happened)} was changed:\n`);
    running = undefined;
    await takeDownIfAnother(word, options);
  }
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

/** A lab that stands as its file had it goes where its nodes or steps are others now; where only walks are, it stays. */
async function takeDownIfAnother(word: string, options: SizeOptions & DaemonOptions): Promise<void> {
  const { daemons } = daemonsOf(options);
  const plan = await loadPlan(word, sizeOf(options), daemons === 'real' ? daemons : 'small').catch(() => undefined);
  const standing = (await standingLabs()).find(({ name }) => name === plan?.name);
  if (plan && standing && isOurs(standing) && !sameNodes(standing.plan, plan)) await beside(['down', plan.name]).ended;
}
