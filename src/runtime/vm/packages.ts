import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { searchPath } from '../../machine/path.ts';

const exec = promisify(execFile);

/** Runs a program and gives what it printed, or undefined where it is absent or fails. */
export const output = (command: string, words: string[], env: Record<string, string> = {}) =>
  exec(command, words, {
    env: { ...process.env, LC_ALL: 'C', PATH: searchPath, ...env },
    maxBuffer: 64 << 20,
    cwd: '/',
  }).then(
    ({ stdout }) => stdout,
    () => undefined,
  );

/** The packages that have to be there for some others, those themselves included, but for what is installed. */
export async function closure(packages: string[]): Promise<string[]> {
  const words = ['--simulate', '--no-install-recommends', '-o', 'Debug::NoLocking=1', 'install', ...packages];
  const told = (await output('apt-get', words)) ?? '';
  return [...new Set([...packages, ...[...told.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name!)])];
}

/** What a package that stands for the newest of its kind depends on. */
export async function dependencies(name: string): Promise<string[]> {
  const told = (await output('apt-cache', ['depends', '--important', name])) ?? '';
  return [...told.matchAll(/^ +\|?Depends: ([a-z0-9][\w.+-]*)$/gm)].map(([, each]) => each!);
}

/** The packages whose names match a regular expression of apt's; none where there is no apt. */
export async function known(pattern: string): Promise<string[]> {
  const told = (await output('apt-cache', ['search', '--names-only', pattern])) ?? '';
  return [...told.matchAll(/^(\S+) - /gm)].map(([, name]) => name!);
}

export const isKnown = async (name: string) => /^Package: /m.test((await output('apt-cache', ['show', name])) ?? '');

/** The name of the folder of some packages. */
const folderOf = (packages: string[]) =>
  `packages-${createHash('sha256')
    .update([...packages].sort().join())
    .digest('hex')
    .slice(0, 16)}`;

/**
 * Downloads packages and unpacks them side by side into one folder below `cache`; rejects with what apt-get said.
 * Needs no rights: nothing is installed. `finish` runs before the folder is there for others to see.
 */
export async function unpacked(
  cache: string,
  packages: string[],
  say: (line: string) => void,
  finish: (root: string) => Promise<void> = async () => {},
  name = folderOf(packages),
): Promise<string> {
  const sorted = [...packages].sort();
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  say(`Downloading ${sorted.join(', ')} (once)`);
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(`${folder}.`);
  try {
    await download(draft, sorted);
    const archives = (await readdir(draft)).filter((name) => name.endsWith('.deb'));
    const root = join(draft, 'root');
    for (const archive of archives) await exec('dpkg-deb', ['-x', join(draft, archive), root]);
    await relink(root);
    await finish(root);
    await renameUnlessThere(root, folder);
    return folder;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Lets absolute links, which are meant for an installed package, point into its folder. */
async function relink(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const target = await readlink(path);
    if (!target.startsWith('/')) continue;
    await rm(path);
    await symlink(relative(entry.parentPath, join(root, target)), path);
  }
}

async function download(folder: string, packages: string[]): Promise<void> {
  const options = ['-o', 'APT::Sandbox::User=', '-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20'];
  try {
    await exec('apt-get', [...options, 'download', ...packages], {
      cwd: folder,
      env: { ...process.env, LC_ALL: 'C', PATH: searchPath },
    });
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') throw new Error('there is no apt-get on this machine');
    const [why] = stderr.split('\n').filter((line) => line.startsWith('E: '));
    throw new Error(`apt-get download failed: ${why?.slice(3) ?? stderr.trim()}`);
  }
}

/** Puts a finished folder in its place, and says so; where another process was first, its folder stays. */
export async function renameUnlessThere(draft: string, folder: string): Promise<boolean> {
  try {
    await rename(draft, folder);
    return true;
  } catch (error) {
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}
