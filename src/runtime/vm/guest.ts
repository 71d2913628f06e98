import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hostKeys, keyPair } from '../ssh/keys.ts';
import { releaseOf } from './bzimage.ts';
import { modules, programs } from './contents.ts';
import { files, folders, init } from './init.ts';
import { findKernel, type Kernel, moduleFiles } from './kernel.ts';
import { type Entry, newc } from './newc.ts';
import { renameUnlessThere } from './packages.ts';
import { agentUses, findProgram, type Gathered, gatherPrograms, labsUse } from './programs.ts';

/** A kernel and a first file system for machines, with the keys to enter them by SSH as root. */
export interface GuestImage {
  /** Where it lies; what belongs to it alone, such as snapshots, is kept here as well. */
  folder: string;
  kernel: string;
  /** The release of that kernel. */
  release: string;
  initramfs: string;
  /** In the format of OpenSSH. */
  privateKey: string;
  /** The machines' public key in base64, as a client gets to see it. */
  hostKey: string;
  /** Names all that it is made of. */
  digest: string;
}

/** What an image was made of: when that changes, the image is outdated. */
interface Manifest {
  kernel: string;
  /** The folder of its modules, where that kernel was asked for by name. */
  modules?: string;
  recipe: string;
  /** Size and time of each file, by its path. */
  sources: Record<string, string>;
  absent: string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** To be raised when an image is put together in another way. */
const FORMAT = 1;

export const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'packetwalk', 'vm');

/**
 * The image of this machine's virtual machines; it is built where there is none or it is outdated. Each kernel that was asked for
 * has one of its own, and so has the kernel of those who asked for none.
 */
export async function guest(say: (line: string) => void, chosen?: Kernel): Promise<GuestImage> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('Virtual machines are built from the programs of a Linux machine (x86-64): this is none');
  const cache = cacheFolder();
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const there = await current(cache, chosen);
  if (there) return there;
  const image = await build(cache, say, chosen);
  await forget(cache, image.folder);
  return image;
}

async function current(cache: string, chosen: Kernel | undefined): Promise<GuestImage | undefined> {
  for (const name of await readdir(cache)) {
    if (!/^image-[0-9a-f]+$/.test(name)) continue;
    const image = await currentIn(join(cache, name), chosen);
    if (!image) continue;
    await utimes(image.folder, new Date(), new Date());
    return image;
  }
  return undefined;
}

async function currentIn(folder: string, chosen: Kernel | undefined): Promise<GuestImage | undefined> {
  try {
    const manifest: Manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    return isOf(manifest, chosen) && isCurrent(manifest) ? await read(folder, manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** The image of those who asked for no kernel is as good for who asked for the one that it has. */
const isOf = ({ kernel, modules }: Manifest, chosen: Kernel | undefined) =>
  chosen ? kernel === chosen.file && (modules ?? (chosen.own ? '' : chosen.modules)) === chosen.modules : !modules;

const isCurrent = ({ recipe, modules, sources, absent }: Manifest) =>
  recipe === recipeNow(modules) &&
  Object.entries(sources).every(([path, stamp]) => stampOf(path) === stamp) &&
  absent.every((command) => !findProgram('/', command));

const hash = (...parts: unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);

/** An older packetwalk, for which every image is as good as another, must not take that of a kernel that was asked for. */
const recipeNow = (chosen?: string) =>
  hash(FORMAT, programs, agentUses, labsUse, modules, init, files, folders, ...(chosen === undefined ? [] : [chosen]));

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.size} ${found.mtimeMs}` : '';
}

async function read(folder: string, { kernel }: Manifest): Promise<GuestImage> {
  const [privateKey, hostKey] = await Promise.all(
    ['client_key', 'host_key.pub'].map((name) => readFile(join(folder, name), 'utf8')),
  );
  const initramfs = join(folder, 'initramfs');
  await access(initramfs);
  const digest = folder.replace(/^.*image-/, '');
  return { folder, kernel, release: releaseOf(kernel), initramfs, privateKey: privateKey!, hostKey: hostKey!, digest };
}

async function build(cache: string, say: (line: string) => void, chosen: Kernel | undefined): Promise<GuestImage> {
  const kernel = chosen ?? (await findKernel(cache, say));
  const programsFound = await gatherPrograms(cache, say);
  say(`Building the image of virtual machines: Linux ${kernel.release}`);
  const own = kernel.own ? moduleFiles(kernel).map((name) => join(kernel.modules, name)) : [];
  const paths = [kernel.file, join(kernel.modules, 'modules.dep'), ...own, ...programsFound.sources];
  const manifest: Manifest = {
    kernel: kernel.file,
    ...(chosen && { modules: chosen.modules }),
    recipe: recipeNow(chosen?.modules),
    sources: Object.fromEntries(paths.map((path) => [path, stampOf(path)])),
    absent: programsFound.absent,
  };
  const folder = join(cache, `image-${hash(manifest)}`);
  const draft = await mkdtemp(`${folder}.`);
  try {
    await write(draft, manifest, kernel, programsFound);
    await settle(draft, folder, chosen);
    return await read(folder, manifest);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Puts a whole image in its place, unless a current one is there: another process may have been quicker. */
async function settle(draft: string, folder: string, chosen: Kernel | undefined): Promise<void> {
  if ((await renameUnlessThere(draft, folder)) || (await currentIn(folder, chosen))) return;
  const aside = await mkdtemp(`${folder}.`);
  await rename(folder, join(aside, 'outdated')).catch(() => {});
  await rm(aside, { recursive: true, force: true });
  await renameUnlessThere(draft, folder);
}

async function write(draft: string, manifest: Manifest, kernel: Kernel, gathered: Gathered): Promise<void> {
  const client = await keyPair();
  const host = hostKeys();
  const keys: Entry[] = [
    { path: '/root/.ssh/authorized_keys', mode: 0o600, bytes: Buffer.from(`${client.public}\n`) },
    { path: '/etc/dropbear/host_key', mode: 0o600, bytes: host.private },
  ];
  const texts = {
    client_key: client.private,
    'host_key.pub': host.public,
    'manifest.json': JSON.stringify(manifest),
  };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(draft, name), text, { mode: 0o600 });
  await writeFile(join(draft, 'initramfs'), newc([...entriesOf(kernel, gathered), ...keys]), { mode: 0o600 });
}

function entriesOf(kernel: Kernel, { entries }: Gathered): Entry[] {
  return [
    ...folders.map((path) => ({ path, folder: true as const, mode: path.endsWith('tmp') ? 0o1777 : 0o755 })),
    ...['bin', 'sbin', 'lib', 'lib64'].map((name) => ({ path: `/${name}`, link: `usr/${name}` })),
    { path: '/var/run', link: '/run' },
    { path: '/root/.ssh', folder: true, mode: 0o700 },
    ...Object.entries(files).map(([path, text]) => ({ path, mode: 0o644, bytes: Buffer.from(text) })),
    ...['/etc/protocols', '/etc/services', '/etc/ld.so.cache', '/etc/ld.so.conf']
      .filter((path) => existsSync(path))
      .map((path) => ({ path, mode: 0o644, bytes: readFileSync(path) })),
    ...entries,
    ...moduleFiles(kernel).map((name) => ({
      path: `/usr/lib/modules/${kernel.release}/${name}`,
      mode: 0o644,
      bytes: readFileSync(join(kernel.modules, name)),
    })),
    { path: '/init', mode: 0o755, bytes: Buffer.from(init) },
  ];
}

/** Removes what nobody has used for a day: outdated images, and what an interrupted build left. */
async function forget(cache: string, keep: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    if (path === keep || !/^image-|\.\w{6}$/.test(name)) continue;
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (mtimeMs < Date.now() - DAY_MS) await rm(path, { recursive: true, force: true });
  }
}
