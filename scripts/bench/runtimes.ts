import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { startEngine, whyNot } from '../engine-in-namespace.js';
import { lab, type Timed, time, untimed } from './command-line.ts';
import { quiet } from './quiet.ts';

const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');

/** One way to have a lab proven, and what is done before each run of it. */
interface Way {
  words: string;
  env: Record<string, string>;
  about?: string;
  before?(): void;
}

/** Times a lab's proof on every runtime that is up within seconds, one round of all after another. */
export async function timeRuntimes(folder: string, rounds: number): Promise<Timed[]> {
  const home = join(folder, 'runtimes');
  const cold = join(folder, 'cold');
  mkdirSync(home);
  const why = process.env.DOCKER_HOST ? undefined : whyNot();
  const engine = why || process.env.DOCKER_HOST ? undefined : await startEngine();
  const warm = { XDG_CACHE_HOME: CACHE, DOCKER_HOST: engine?.host ?? process.env.DOCKER_HOST ?? '' };
  const ways: Way[] = [
    { words: '--runtime netns', env: warm },
    ...(why ? [] : [{ words: '--runtime docker', env: warm }]),
    { words: '--runtime vm', env: warm },
    { words: '--runtime vm --machines per-node', env: warm },
    {
      words: '--runtime vm',
      env: { ...warm, XDG_CACHE_HOME: cold },
      about: 'without a snapshot: a boot, which makes one',
      before: () => withoutSnapshots(cold),
    },
  ];
  const timed = ways.map(({ words, about }) => ({
    ...untimed(`node scripts/lab.js verify flannel-vxlan ${words} --json`),
    ...(about && { about }),
  }));
  try {
    // What is made once, the image of containers and that of machines, is no part of it.
    for (const { words, env } of ways.slice(0, -1))
      await time(lab(`verify flannel-vxlan ${words} --json`), home, untimed(''), env);
    for (let round = 0; round < rounds; round++)
      for (const [i, { words, env, before }] of ways.entries()) {
        before?.();
        await quiet();
        await time(lab(`verify flannel-vxlan ${words} --json`), home, timed[i]!, env);
      }
  } finally {
    await engine?.stop();
  }
  return timed;
}

/** A cache with the machines' images, but nothing to start them from. */
function withoutSnapshots(cold: string): void {
  const own = join('packetwalk', 'vm');
  rmSync(cold, { recursive: true, force: true });
  mkdirSync(join(cold, own), { recursive: true, mode: 0o700 });
  cpSync(join(CACHE, own), join(cold, own), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  for (const image of readdirSync(join(cold, own)).filter((name) => name.startsWith('image-')))
    for (const name of readdirSync(join(cold, own, image)).filter((each) => each.startsWith('snapshot-')))
      rmSync(join(cold, own, image, name), { recursive: true });
}
