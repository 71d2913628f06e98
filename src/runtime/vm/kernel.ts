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
  /** Whether it is somebody's own, whose modules may be built anew at any time. */
  own?: boolean;
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

const installed = (root: string): Kernel | undefined =>
  kernelsIn(root)
    .sort((a, b) => rank(b.release) - rank(a.release) || b.release.localeCompare(a.release, 'en', { numeric: true }))
    .find(isSuitable);

/** The kernels that are installed or unpacked in a folder, of use or not. */
export function kernelsIn(root: string): Kernel[] {
  const boot = join(root, 'boot');
  return (existsSync(boot) ? readdirSync(boot) : [])
    .filter((name) => name.startsWith('vmlinuz-'))
    .map((name) => kernel(root, name.slice('vmlinuz-'.length)));
}

/** A kernel made for virtual machines starts sooner. */
const rank = (release: string) => Number(/cloud|virtual|kvm/.test(release));

function kernel(root: string, release: string): Kernel {
  return { release, file: join(root, 'boot', `vmlinuz-${release}`), root, modules: modulesIn(root, release) };
}

/** The folder of a kernel's modules in the folder that it is installed in. */
export function modulesIn(root: string, release: string): string {
  const modules = [join(root, 'lib/modules', release), join(root, 'usr/lib/modules', release)];
  return modules.find((path) => existsSync(path)) ?? modules[0]!;
}

/** Whether a kernel can be read, and has what labs need. */
export function isSuitable(kernel: Kernel): boolean {
  try {
    accessSync(kernel.file, constants.R_OK);
    return !lacking(kernel).length;
  } catch {
    return false;
  }
}

/** The modules that labs need, and a kernel has neither as a file nor built in. */
export function lacking(kernel: Kernel): string[] {
  const names = new Set([...Object.keys(dependencyTable(kernel)), ...builtIn(kernel)]);
  return neededModules.filter((name) => !names.has(name));
}

/** What an earlier run downloaded, because none was asked for by name. */
function cached(cache: string): Kernel | undefined {
  const folders = existsSync(cache) ? readdirSync(cache).filter((name) => /^packages-[0-9a-f]+$/.test(name)) : [];
  return folders.map((name) => installed(join(cache, name))).find(Boolean);
}

async function downloaded(cache: string, say: (line: string) => void): Promise<Kernel> {
  for (const name of newest) {
    const image = (await dependencies(name)).find((each) => /^linux-image-\d/.test(each));
    if (!image) continue;
    const release = image.slice('linux-image-'.length);
    const asked = kernelsIn(join(cache, askedFolder(release))).find(isSuitable);
    const found = asked ?? (await download(release, cache, say));
    if (isSuitable(found)) return found;
    throw new Error(`${image} lacks some of ${neededModules.join(', ')}`);
  }
  if ((await output('apt-get', ['--version'])) === undefined) throw new Error('there is no apt-get on this machine');
  throw new Error(`apt knows none of ${newest.join(', ')} (apt-get update makes it know)`);
}

/** The name of the folder of a kernel that was asked for: it is nobody's who asks for none, unless it is what they would get. */
export const askedFolder = (release: string) => `kernel-${release}`;

/** The kernel of the distribution's package, downloaded once; into a folder of that name, or one named by the packages. */
export async function download(
  release: string,
  cache: string,
  say: (line: string) => void,
  folder?: string,
): Promise<Kernel> {
  const parts = [`linux-modules-${release}`, `linux-modules-extra-${release}`];
  const known = await Promise.all(parts.map(isKnown));
  const packages = [`linux-image-${release}`, ...parts.filter((_, i) => known[i])];
  const index = (draft: string) => indexModules(cache, kernel(draft, release), say);
  return kernel(await unpacked(cache, packages, say, index, folder), release);
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

function builtIn({ modules }: Kernel): string[] {
  const list = join(modules, 'modules.builtin');
  return existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n').map(moduleName) : [];
}

/** The files of the modules that the guest takes along, with the indexes that modprobe reads. */
export function moduleFiles(kernel: Kernel): string[] {
  const table = dependencyTable(kernel);
  const chosen = Object.keys(table).filter(wantsModule);
  const indexes = readdirSync(kernel.modules).filter((name) =>
    /^modules\.(dep|alias|softdep|symbols|builtin)/.test(name),
  );
  return [...new Set([...indexes, ...chosen.flatMap((name) => table[name]!)].filter(Boolean))];
}
