import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CannotRun } from '../../plan/usage.ts';
import { type Built, takeWhole } from './build.ts';
import { daemonsCache } from './catalogue.ts';
import { type DaemonImage, tagged } from './images.ts';
import { whyNoProgram } from './program-file.ts';

/** Where a program comes from that was taken out of an image, and what it was then. It lies beside it. */
export interface Origin {
  name: string;
  image: string;
  program: string;
  sha256: string;
}

const ORIGIN = 'origin.json';

/** The file that a daemon is once it is taken out of its image; it appears there by rename(2), with its origin. */
export function takenFile({ name, image: { tag = 'untagged', digest = '' } }: DaemonImage, cache = daemonsCache()) {
  const key = digest.replace('sha256:', '').slice(0, 12);
  return join(cache, `${name}-${tag}-image-${key}-${process.arch}`, name);
}

/**
 * Keeps what `fetch` writes to the path that it is given, if that is a program that runs here, with its checksum. Nothing is there under
 * its name until all of it is.
 */
export async function keepTaken(
  daemon: DaemonImage,
  fetch: (path: string) => Promise<void>,
  cache = daemonsCache(),
): Promise<Built> {
  const { name, image, program } = daemon;
  const file = takenFile(daemon, cache);
  if (existsSync(file)) return { file, wasThere: true };
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(join(cache, `.taking-${name}-`));
  try {
    const path = join(draft, name);
    await fetch(path);
    await chmod(path, 0o755);
    const why = whyNoProgram(path);
    if (why) throw new CannotRun('unknown', `${name} is not taken: ${program} in ${tagged(image)} ${why}.`);
    const origin: Origin = { name, image: `${tagged(image)}@${image.digest}`, program, sha256: checksum(path) };
    await writeFile(join(draft, ORIGIN), `${JSON.stringify(origin, null, 2)}\n`);
    await chmod(draft, 0o755);
    await takeWhole(draft, dirname(file));
    return { file, wasThere: false };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A program that was taken out of an image: its file, and where it comes from. */
export interface Taken {
  file: string;
  origin: Origin;
}

/** What was taken last for a daemon out of an image; undefined where nothing was. */
export function lastTaken(name: string, cache = daemonsCache()): Taken | undefined {
  if (!existsSync(cache)) return undefined;
  const found = readdirSync(cache)
    .filter((folder) => folder.startsWith(`${name}-`) && folder.endsWith(`-${process.arch}`))
    .map((folder) => ({ file: join(cache, folder, name), at: join(cache, folder, ORIGIN) }))
    .filter(({ file, at }) => existsSync(file) && existsSync(at))
    .map(({ file, at }) => ({ file, origin: originIn(at), ms: statSync(at).mtimeMs }))
    .sort((a, b) => b.ms - a.ms);
  return found[0];
}

export const originOf = (file: string): Origin => originIn(join(dirname(file), ORIGIN));

const originIn = (path: string): Origin => JSON.parse(readFileSync(path, 'utf8'));

/** Whether a program still is what was taken. */
export const isAsTaken = ({ file, origin }: Taken): boolean => checksum(file) === origin.sha256;

/** The SHA-256 of a file, in hexadecimal. */
export function checksum(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(1 << 20);
    for (let count = readSync(file, bytes); count; count = readSync(file, bytes)) hash.update(bytes.subarray(0, count));
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}
