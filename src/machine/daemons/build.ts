import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CannotRun } from '../../plan/usage.ts';
import { find } from '../programs.ts';
import { type Buildable, buildLine, builtFile, daemonsCache, moduleFolder, pinnedVersion } from './catalogue.ts';
import { whyNotBuilt } from './go-says.ts';

/** Where things are for a build; without it, in packetwalk’s own folders. */
export interface BuildPlaces {
  folder?: string;
  cache?: string;
  /** The go command; undefined where there is none. */
  go?: string | undefined;
}

/** A daemon that is built: its file, and whether it was there already. */
export interface Built {
  file: string;
  wasThere: boolean;
}

/**
 * Builds a daemon from its pinned modules, unless it is built. Nothing is there under its name until all of it is. Throws a CannotRun
 * with Go’s own words and what to type.
 */
export async function buildDaemon(daemon: Buildable, places: BuildPlaces = {}): Promise<Built> {
  const { folder = moduleFolder(daemon), cache = daemonsCache() } = places;
  const file = builtFile(daemon, folder, cache);
  if (existsSync(file)) return { file, wasThere: true };
  const go = await checkedGo('go' in places ? places.go : findGo(), folder, daemon.name);
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(join(cache, `.building-${daemon.name}-`));
  try {
    const { code, said } = await run(
      go,
      ['build', ...words(daemon, folder), '-o', join(draft, daemon.name), daemon.package],
      folder,
      daemon.hasC ? '1' : '0',
    );
    if (code !== 0) throw new CannotRun('unknown', ...whyNotBuilt(daemon, said));
    await chmod(draft, 0o755);
    await takeWhole(draft, dirname(file));
    return { file, wasThere: false };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Has a folder appear in the cache under its name. Somebody else may have made the same meanwhile: either will do. */
export async function takeWhole(draft: string, folder: string): Promise<void> {
  await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
  });
}

/** The words of a build: what is pinned is what is built, and a static program needs no library of its node. */
function words({ module, versionIn = [], hasC }: Buildable, folder: string): string[] {
  const version = pinnedVersion(folder, module);
  const stamps = versionIn.map((name) => `-X ${name}=${version}`);
  const flags = ['-s', '-w', ...stamps, ...(hasC ? ['-linkmode', 'external', "-extldflags '-static'"] : [])];
  return ['-mod=readonly', '-trimpath', ...(hasC ? ['-tags', 'netgo,osusergo'] : []), '-ldflags', flags.join(' ')];
}

export const findGo = (): string | undefined =>
  find('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined);

/** The go command. Throws where there is none, or one that is older than what a go.mod asks for. */
async function checkedGo(go: string | undefined, folder: string, name: string): Promise<string> {
  const needed = /^go (\S+)/m.exec(readFileSync(join(folder, 'go.mod'), 'utf8'))?.[1] ?? '1';
  const install = `Install Go ${needed} or later (https://go.dev/doc/install), then type: ${buildLine(name)}`;
  if (!go) throw new CannotRun('unknown', `there is no Go on this machine to build ${name} with.`, install);
  const { code, said } = await run(go, ['env', 'GOVERSION'], '/');
  const version = said.trim().replace(/^go/, '');
  if (code !== 0 || !/^\d/.test(version))
    throw new CannotRun('unknown', `${go} does not say its version: ${said.trim().slice(-200)}`, install);
  if (isOlder(version, needed))
    throw new CannotRun('unknown', `Go ${version} is too old: ${name} needs ${needed}.`, install);
  return go;
}

/** Whether one version of Go comes before another: `1.25.3` before `1.26`. */
export function isOlder(version: string, needed: string): boolean {
  const numbers = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(version), numbers(needed)];
  const at = b.findIndex((part, i) => (a[i] ?? 0) !== part);
  return at >= 0 && (a[at] ?? 0) < b[at]!;
}

const KEPT = 16_000;

/** Runs go in a folder, and keeps the end of what it says. */
function run(go: string, argv: string[], cwd: string, cgo = '0'): Promise<{ code: number; said: string }> {
  const env = { ...process.env, CGO_ENABLED: cgo, GOTOOLCHAIN: 'local', GOWORK: 'off' };
  const child = spawn(go, argv, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT);
    });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, said: `${basename(go)}: ${error.message}` }));
    child.once('close', (code) => resolve({ code: code ?? 1, said }));
  });
}
