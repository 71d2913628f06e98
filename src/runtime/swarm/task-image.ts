import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type Docker from 'dockerode';
import { ownFolder } from '../../machine/own-folder.ts';
import { find } from '../../machine/programs.ts';
import { image } from '../docker/image.ts';
import { CannotBuild, follow, refusal } from '../docker/progress.ts';
import type { Say } from '../runtime.ts';

/** An image in which tasks run packetwalk. */
export interface TaskImage {
  /** How a person calls it. */
  name: string;
  /** How all machines find the same one: by its content, where this engine has it. */
  id: string;
  /** Whether it was made here, and is in no registry. */
  isMade: boolean;
}

/** What of packetwalk a task needs. */
const PARTS = ['package.json', 'bin', 'daemons', 'dist', 'labs'];

/** The image that is given; or the image of nodes with this packetwalk and this Node in it, which is built where the engine lacks it. */
export async function taskImage(docker: Docker, given: string | undefined, say: Say): Promise<TaskImage> {
  if (given !== undefined) return { name: given, id: await contentOf(docker, given), isMade: false };
  const base = await image(docker, say);
  const root = ownFolder();
  const name = `packetwalk/task:${digestOf(base, root)}`;
  const known = await idOf(docker, name);
  if (known) return { name, id: known, isMade: true };
  say(`Building ${name} on ${base} (once)`);
  await build(docker, name, base, root);
  return { name, id: (await idOf(docker, name))!, isMade: true };
}

/** What was pulled is named by its digest, so that all machines run the same; what is here alone by its own id. */
async function contentOf(docker: Docker, name: string): Promise<string> {
  const found = await inspected(docker, name);
  return found ? (found.RepoDigests?.[0] ?? found.Id) : name;
}

const idOf = async (docker: Docker, name: string) => (await inspected(docker, name))?.Id;

const inspected = (docker: Docker, name: string) =>
  docker
    .getImage(name)
    .inspect()
    .catch((error) => {
      if (error.statusCode === 404) return undefined;
      throw error;
    });

/** Changes with whatever the image is made of. */
function digestOf(base: string, root: string): string {
  const hash = createHash('sha256').update(`${base} ${process.version} ${arch()} ${recipe(base)}`);
  const files = [...PARTS.flatMap((part) => filesIn(join(root, part))), ...serverFiles()];
  for (const file of files) hash.update(`\0${file.replace(root, '')}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/** This machine's SSH server and its libraries, for labs that are put over several machines; none where it has no server. */
function serverFiles(): string[] {
  const server = find('dropbear');
  if (!server) return [];
  const libraries = spawnSync('ldd', [server], { encoding: 'utf8' }).stdout?.match(/\/\S+\.so\S*/g) ?? [];
  return [server, ...libraries.filter((path) => !/\/(libc|ld-linux)\b/.test(path))];
}

function filesIn(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const recipe = (base: string) => `FROM ${base}
COPY node packetwalk /usr/local/bin/
COPY package /opt/packetwalk
COPY dropbear /opt/dropbear
`;

const COMMAND = '#!/bin/sh\nexec node /opt/packetwalk/bin/packetwalk.js "$@"\n';

async function build(docker: Docker, t: string, base: string, root: string): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), 'packetwalk-task-'));
  const log: string[] = [];
  try {
    gather(context, root);
    writeFileSync(join(context, 'Dockerfile'), recipe(base));
    const made = await docker.buildImage(packed(context), { t, rm: true, forcerm: true });
    await follow(made, (line) => log.push(line));
  } catch (error) {
    throw new CannotBuild(
      'unknown',
      `the image of tasks cannot be built on ${base}`,
      [...log, refusal(error)],
      'Give one of your own by --image: docs/shards.md says how it is made.',
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** A folder as tar(1) packs it: the engine's client would compress it, which takes longer than all the rest. */
function packed(folder: string): NodeJS.ReadableStream {
  const tar = spawn('tar', ['--create', '--directory', folder, '.'], { stdio: ['ignore', 'pipe', 'ignore'] });
  tar.once('error', (error) => tar.stdout.destroy(error));
  return tar.stdout;
}

/** Puts together what the image has besides its base: this Node, packetwalk, and what reads labs of one's own. */
function gather(context: string, root: string): void {
  const to = join(context, 'package');
  mkdirSync(to);
  mkdirSync(join(context, 'dropbear'));
  for (const file of serverFiles()) copyFileSync(file, join(context, 'dropbear', basename(file)));
  writeFileSync(join(context, 'packetwalk'), COMMAND, { mode: 0o755 });
  copyFileSync(process.execPath, join(context, 'node'), constants.COPYFILE_FICLONE);
  const copy = (from: string, name: string) => cpSync(from, join(to, name), { recursive: true, dereference: true });
  for (const part of PARTS) if (existsSync(join(root, part))) copy(join(root, part), part);
  const require = createRequire(join(root, 'package.json'));
  for (const name of ['esbuild', `@esbuild/linux-${arch()}`])
    try {
      copy(dirname(require.resolve(`${name}/package.json`)), join('node_modules', name));
    } catch {}
}
