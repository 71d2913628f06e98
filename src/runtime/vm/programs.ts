import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Program, programs } from './contents.ts';
import { libraryPath } from './kernel.ts';
import type { Entry } from './newc.ts';
import { closure, output, unpacked } from './packages.ts';

/** Files of this machine, or of downloaded packages, that go into the guest, by their path there. */
export interface Gathered {
  entries: Entry[];
  /** Where they come from. */
  sources: string[];
  /** Programs that are nowhere. */
  absent: string[];
}

/** Gathers the programs of the guest with their libraries; those that this machine lacks are downloaded. */
export async function gatherPrograms(cache: string, say: (line: string) => void): Promise<Gathered> {
  const roots = ['/', ...(await download(cache, say)).map((root) => realpathSync(root))];
  const found = new Map<string, Found>();
  for (const { command } of programs) {
    const at = roots.map((root) => findProgram(root, command)).find(Boolean);
    if (at) found.set(command, at);
  }
  const missing = programs.find(({ command, needed }) => needed && !found.has(command));
  if (missing)
    throw new Error(`The guest needs ${missing.command}. Type: apt-get install ${missing.apt ?? missing.command}`);

  const files = new Map<string, string>();
  for (const { path, source } of found.values()) files.set(path, source);
  for (const [path, source] of foldersOf(found, roots)) files.set(path, source);
  for (const [path, source] of await perlFiles(found.get('perl')!)) files.set(path, source);
  for (const root of roots)
    for (const [path, source] of await libraries(root, [...files.values()])) files.set(path, source);
  return {
    entries: [
      ...[...files].sort().map(([path, source]) => file(path, source)),
      ...links(found),
      ...(await applets(found)),
    ],
    sources: [...new Set(files.values())].sort(),
    absent: programs.filter(({ command, of }) => !of && !found.has(command)).map(({ command }) => command),
  };
}

interface Found {
  /** The names it has in the guest besides its path. */
  name: string;
  path: string;
  source: string;
}

/** Folders that are one and the same where /bin is a link to /usr/bin, as it is in the guest. */
const merged = (path: string) => path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/');

const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

export function findProgram(root: string, command: string): Found | undefined {
  for (const folder of folders) {
    const path = join(root, folder, command);
    try {
      accessSync(path, constants.X_OK | constants.R_OK);
      const source = realpathSync(path);
      return { name: merged(join(folder, command)), path: merged(inside(root, source)), source };
    } catch {}
  }
  return undefined;
}

const inside = (root: string, path: string) => (root === '/' ? path : path.slice(root.length));

/** Downloads the programs that this machine lacks; where that fails, the guest does without those it can do without. */
async function download(cache: string, say: (line: string) => void): Promise<string[]> {
  const absent = programs.filter(({ apt, command }) => apt && !findProgram('/', command));
  if (!absent.length) return [];
  const packages = (some: Program[]) => [...new Set(some.flatMap(({ apt }) => apt!.split(' ')))];
  const get = async (some: Program[]) => [await unpacked(cache, await closure(packages(some)), say)];
  try {
    return await get(absent);
  } catch (error) {
    const needed = absent.filter((each) => each.needed);
    if (needed.length) {
      try {
        return await get(needed);
      } catch {
        throw new Error(
          `Virtual machines need ${needed.map(({ command }) => command).join(', ')}, and ${(error as Error).message}. ` +
            `With a network, type: apt-get update && apt-get install ${packages(needed).join(' ')}`,
        );
      }
    }
    say(`Virtual machines do without ${absent.map(({ command }) => command).join(', ')}: ${(error as Error).message}`);
    return [];
  }
}

function* foldersOf(found: Map<string, Found>, roots: string[]): Generator<[string, string]> {
  for (const { command, folders = [] } of programs)
    if (found.has(command))
      for (const folder of folders) {
        const root = roots.find((each) => existsSync(join(each, folder)));
        if (!root) continue;
        if (statSync(join(root, folder)).isFile()) yield [merged(folder), join(root, folder)];
        else
          for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
            const source = join(entry.parentPath, entry.name);
            if (statSync(source, { throwIfNoEntry: false })?.isFile()) yield [merged(inside(root, source)), source];
          }
      }
}

export const agentUses = 'strict warnings Config Errno Fcntl IO::File IO::Handle POSIX Socket'.split(' ');
/** A module that programs of labs load; perl-base does not have it. */
export const labsUse = 'Time::HiRes';

/** The modules that the agent loads, those of labs where this machine has them, and their shared objects. */
async function perlFiles({ source }: Found): Promise<[string, string][]> {
  const words = [
    ...agentUses.map((name) => `-M${name}`),
    '-e',
    `eval { require ${labsUse} }; print "$_\\n" for values %INC, @DynaLoader::dl_shared_objects`,
  ];
  const told = await output(source, words, { PERL5LIB: '', PERL5OPT: '' });
  if (told === undefined) throw new Error(`${source} cannot load ${agentUses.join(', ')}`);
  return told
    .trim()
    .split('\n')
    .map((path) => [merged(path), realpathSync(path)]);
}

/** The shared libraries of those files that lie in a root, as ldd(1) tells. */
async function libraries(root: string, files: string[]): Promise<[string, string][]> {
  const own = files.filter(
    (path) => (root === '/' ? !path.includes('/packages-') : path.startsWith(root)) && isElf(path),
  );
  if (!own.length) return [];
  const told = await output(
    'sh',
    ['-c', 'ldd "$@" 2>/dev/null || true', 'sh', ...own],
    root === '/' ? {} : libraryPath(root),
  );
  const paths = [...(told ?? '').matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path]) => path!);
  // Before version 2.34 of the GNU libc, what reads /etc/passwd was a library that no program names.
  const readers = paths.map((path) => path.replace(/\/libc\.so\.6$/, '/libnss_files.so.2'));
  return [...new Set([...paths, ...readers.filter((path) => existsSync(path))])].map((path) => [
    merged(path.startsWith(`${root}/`) ? inside(root, path) : path),
    realpathSync(path),
  ]);
}

function isElf(path: string): boolean {
  const start = Buffer.alloc(4);
  const file = openSync(path, 'r');
  readSync(file, start);
  closeSync(file);
  return start.equals(Buffer.from('\x7fELF', 'latin1'));
}

const file = (path: string, source: string): Entry => ({
  path,
  mode: statSync(source).mode & 0o755,
  bytes: readFileSync(source),
});

/** Other names of programs, such as /usr/sbin/iptables of /usr/sbin/xtables-nft-multi. */
function links(found: Map<string, Found>): Entry[] {
  const names = [...found.values()].filter(({ name, path }) => name !== path);
  const more = programs.flatMap(({ command, of }) => {
    const target = of && !found.has(command) && found.get(of);
    return target ? [{ name: `/usr/sbin/${command}`, path: target.path }] : [];
  });
  return [...names, ...more].map(({ name, path }) => ({ path: name, link: path }));
}

/** Busybox serves the names that no other program has. */
async function applets(found: Map<string, Found>): Promise<Entry[]> {
  const { source, path } = found.get('busybox')!;
  const names = ((await output(source, ['--list'])) ?? '').trim().split('\n');
  const taken = new Set(
    programs.flatMap(({ command, of }) => (found.has(command) || (of && found.has(of)) ? command : [])),
  );
  return names
    .filter((name) => !taken.has(name) && `/usr/bin/${name}` !== path)
    .map((name) => ({ path: `/usr/bin/${name}`, link: path }));
}
