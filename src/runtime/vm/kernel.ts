import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { neededModules, wantsModule } from './contents.ts';
import { closure, dependencies, isKnown, output, unpacked } from './packages.ts';

/** A kernel and its modules; `root` is the folder that they are installed or unpacked in. */
export interface Kernel {
  release: string;
  file: string;
  root: string;
  modules: string;
}

/** The packages that stand for the newest kernel for virtual machines of Debian, and of Ubuntu. */
const newest = ['linux-image-cloud-amd64', 'linux-image-virtual', 'linux-image-amd64'];

/** The kernel that is installed, if it has what labs need, else one that is downloaded. */
export async function findKernel(cache: string, say: (line: string) => void): Promise<Kernel> {
  const there = installed('/') ?? cached(cache);
  if (there) return there;
  try {
    return await downloaded(cache, say);
  } catch (error) {
    throw new Error(
      `No kernel for virtual machines: ${(error as Error).message}. Needed is a readable /boot/vmlinuz-VERSION with ` +
        `its /lib/modules/VERSION. With a network, type: apt-get update && apt-get install linux-image-cloud-amd64`,
    );
  }
}

function installed(root: string): Kernel | undefined {
  const boot = join(root, 'boot');
  const releases = (existsSync(boot) ? readdirSync(boot) : [])
    .filter((name) => name.startsWith('vmlinuz-'))
    .map((name) => name.slice('vmlinuz-'.length))
    .sort((a, b) => rank(b) - rank(a) || b.localeCompare(a, 'en', { numeric: true }));
  return releases.map((release) => kernel(root, release)).find(isSuitable);
}

/** A kernel made for virtual machines starts sooner. */
const rank = (release: string) => Number(/cloud|virtual|kvm/.test(release));

function kernel(root: string, release: string): Kernel {
  const modules = [join(root, 'lib/modules', release), join(root, 'usr/lib/modules', release)];
  return {
    release,
    file: join(root, 'boot', `vmlinuz-${release}`),
    root,
    modules: modules.find((path) => existsSync(path)) ?? modules[0]!,
  };
}

function isSuitable(kernel: Kernel): boolean {
  try {
    accessSync(kernel.file, constants.R_OK);
    const names = new Set([...Object.keys(dependencyTable(kernel)), ...builtIn(kernel)]);
    return neededModules.every((name) => names.has(name));
  } catch {
    return false;
  }
}

/** What an earlier run downloaded. */
function cached(cache: string): Kernel | undefined {
  const folders = existsSync(cache) ? readdirSync(cache).filter((name) => /^packages-[0-9a-f]+$/.test(name)) : [];
  return folders.map((name) => installed(join(cache, name))).find(Boolean);
}

async function downloaded(cache: string, say: (line: string) => void): Promise<Kernel> {
  for (const name of newest) {
    const image = (await dependencies(name)).find((each) => /^linux-image-\d/.test(each));
    if (!image) continue;
    const release = image.slice('linux-image-'.length);
    const parts = [`linux-modules-${release}`, `linux-modules-extra-${release}`];
    const known = await Promise.all(parts.map(isKnown));
    const packages = [image, ...parts.filter((_, i) => known[i])];
    const root = await unpacked(cache, packages, say, (draft) => indexModules(cache, kernel(draft, release), say));
    const found = kernel(root, release);
    if (isSuitable(found)) return found;
    throw new Error(`${image} lacks some of ${neededModules.join(', ')}`);
  }
  if ((await output('apt-get', ['--version'])) === undefined) throw new Error('there is no apt-get on this machine');
  throw new Error(`apt knows none of ${newest.join(', ')} (apt-get update makes it know)`);
}

/** Writes modules.dep and the other indexes, which installing the package would have done. */
async function indexModules(cache: string, { root, release, modules }: Kernel, say: (line: string) => void) {
  if ((await output('depmod', ['-b', root, release])) !== undefined) return;
  const tools = await unpacked(cache, await closure(['kmod']), say);
  const depmod = [join(tools, 'sbin/depmod'), join(tools, 'usr/sbin/depmod')].find((path) => existsSync(path));
  if (!depmod || (await output(depmod, ['-b', root, release], libraryPath(tools))) === undefined)
    throw new Error(`depmod failed on ${modules}`);
}

/** What lets a downloaded program find the libraries that were downloaded with it. */
export function libraryPath(root: string): { LD_LIBRARY_PATH: string } {
  const triplets = ['x86_64-linux-gnu', 'aarch64-linux-gnu'];
  const folders = triplets.flatMap((triplet) => [join(root, 'usr/lib', triplet), join(root, 'lib', triplet)]);
  return { LD_LIBRARY_PATH: folders.join(':') };
}

const moduleName = (path: string) =>
  path
    .replace(/^.*\//, '')
    .replace(/\.ko.*$/, '')
    .replaceAll('-', '_');

/** By module: its file and those of the modules that it needs, below the folder of modules. */
function dependencyTable({ modules }: Kernel): Record<string, string[]> {
  const lines = readFileSync(join(modules, 'modules.dep'), 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => [moduleName(line.split(':')[0]!), line.replace(':', '').split(' ')]));
}

const builtIn = ({ modules }: Kernel) =>
  readFileSync(join(modules, 'modules.builtin'), 'utf8').trim().split('\n').map(moduleName);

/** The files of the modules that the guest takes along, with the indexes that modprobe reads. */
export function moduleFiles(kernel: Kernel): string[] {
  const table = dependencyTable(kernel);
  const chosen = Object.keys(table).filter(wantsModule);
  const indexes = readdirSync(kernel.modules).filter((name) =>
    /^modules\.(dep|alias|softdep|symbols|builtin)/.test(name),
  );
  return [...new Set([...indexes, ...chosen.flatMap((name) => table[name]!)].filter(Boolean))];
}
