import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { find } from '../../machine/programs.ts';
import { BadUsage } from '../../plan/usage.ts';
import type { Say } from '../runtime.ts';
import { releaseOf } from './bzimage.ts';
import { cacheFolder, guest } from './guest.ts';
import {
  askedFolder,
  download,
  isSuitable,
  type Kernel,
  kernelsIn,
  lacking,
  moduleFiles,
  modulesIn,
} from './kernel.ts';
import { type KernelWord, kernelText, kernelWord, meant, series } from './kernel-word.ts';
import { qemu } from './machine.ts';
import { known, output } from './packages.ts';

/** What a word stands for: a kernel that is here, or one that has to be downloaded. */
export type FoundKernel = { release: string; kernel: Kernel } | { release: string; kernel?: undefined };

/** Finds the kernel that `--kernel` names, and downloads nothing. Throws a BadUsage where it is not to be had, or of no use. */
export async function foundKernel(text: string, cache = cacheFolder()): Promise<FoundKernel> {
  const word = kernelWord(text);
  if (!('version' in word)) return fromFile(word);
  const here = ['/', ...unpackedIn(cache)].flatMap((root) => kernelsIn(root)).filter(isSuitable);
  const byRelease = new Map(here.reverse().map((kernel) => [kernel.release, kernel]));
  const [release] = meant(word, [...byRelease.keys()]);
  if (release) return { release, kernel: byRelease.get(release)! };
  return { release: await packaged(word) };
}

/** The same, downloaded where need be. */
export async function chosenKernel(text: string, say: Say): Promise<Kernel> {
  const { release, kernel } = await foundKernel(text);
  if (kernel) return kernel;
  const got = await download(release, cacheFolder(), say, askedFolder(release));
  refuseLacking(got);
  return got;
}

/** Downloads a kernel, and makes what its machines start from, where machines can be started at all. */
export async function prepareKernel(text: string, say: Say): Promise<void> {
  if (find(qemu)) await guest(say, await chosenKernel(text, say));
  else await foundKernel(text);
}

/** Folders of what earlier runs downloaded, for machines whose kernel was asked for by name or was not. */
const unpackedIn = (cache: string): string[] =>
  (existsSync(cache) ? readdirSync(cache) : [])
    .filter((name) => /^(packages|kernel)-/.test(name) && !/\.\w{6}$/.test(name))
    // What is there for who asks for no kernel comes first: its image is there as well.
    .sort()
    .reverse()
    .map((name) => join(cache, name));

/** The release of the distribution's package that is meant. */
async function packaged(word: { version: string; flavour: string }): Promise<string> {
  const images = (await known('^linux-image-[0-9]')).filter((name) => !/-(dbg|dbgsym|unsigned|template)$/.test(name));
  const releases = images.map((name) => name.slice('linux-image-'.length)).filter(isRelease);
  const [release] = meant(word, releases);
  if (release) return release;
  const text = kernelText(word);
  if (!releases.length && (await output('apt-cache', ['--version'])) === undefined)
    throw new BadUsage(
      `there is no Linux ${text} in /boot, and no apt-get on this machine that could download one`,
      'A kernel that is here is named by its path: --kernel ./bzImage',
    );
  const has = releases.length ? `apt has Linux ${series(releases).join(', ')}` : 'apt knows of no kernel at all';
  throw new BadUsage(
    `there is no Linux ${text} to be had: there is none in /boot, and ${has}`,
    'What apt has: apt-cache search --names-only linux-image; apt-get update has it look again.',
  );
}

/** Packages such as linux-image-6.12-amd64 only stand for the newest of their kind. */
const isRelease = (name: string) => /^\d+\.\d+\.\d+/.test(name);

/** A kernel by the path of its file, with the folder of its modules. */
function fromFile({ image, modules }: { image: string; modules?: string }): FoundKernel {
  const release = releaseOf(image);
  const kernel = { release, file: image, root: dirname(image), modules: modulesOf(image, release, modules), own: true };
  const other = releaseOfModules(kernel);
  if (other && other !== release)
    throw new BadUsage(`${kernel.modules} has the modules of Linux ${other}, and ${image} is Linux ${release}`);
  refuseLacking(kernel);
  return { release, kernel };
}

function modulesOf(image: string, release: string, given: string | undefined): string {
  const beside = dirname(image);
  const roots = [beside, dirname(beside), '/'].map((root) => modulesIn(root, release));
  const folders = given === undefined ? roots : [given, modulesIn(given, release)];
  const found = folders.find((folder) => existsSync(join(folder, 'modules.dep')));
  if (found) return found;
  if (given !== undefined)
    throw new BadUsage(
      `${given} has no modules.dep: it is no folder of the modules of Linux ${release}`,
      'Where a kernel was built, this makes one: make modules_install INSTALL_MOD_PATH=FOLDER',
    );
  throw new BadUsage(
    `there are no modules of Linux ${release} beside ${image}: none of ${folders.join(', ')} is there`,
    `Type: --kernel ${image}:FOLDER, with the folder that has their modules.dep`,
  );
}

/** The release that modules were built for, as one of them says; as their folder's name says, where none can be read. */
function releaseOfModules(kernel: Kernel): string | undefined {
  const files = moduleFiles(kernel).map((name) => join(kernel.modules, name));
  const file = files.find((path) => /\.ko(\.gz)?$/.test(path) && existsSync(path));
  const bytes = file && readFileSync(file);
  const text = bytes && (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
  const [, magic] = /\0vermagic=(\S+) /.exec(text ?? '') ?? [];
  const name = basename(kernel.modules);
  return magic ?? (isRelease(name) ? name : undefined);
}

function refuseLacking(kernel: Kernel): void {
  const lacks = lacking(kernel);
  if (lacks.length)
    throw new BadUsage(
      `Linux ${kernel.release} lacks ${lacks.join(', ')}, which labs need: neither in ${kernel.modules} nor built in`,
    );
}

/** What two kernels have in common only where they are the same: what their files hold, and which modules they have. */
export function identity({ release, kernel }: FoundKernel): string {
  if (!kernel) return release;
  const digest = createHash('sha256').update(readFileSync(kernel.file)).digest('hex');
  return `${digest} ${realpathSync(kernel.modules)}`;
}

/** A word as it can be typed anywhere, and as it stands for one kernel only. */
export const exactly = (text: string, { release }: FoundKernel): string => {
  const word: KernelWord = kernelWord(text);
  return 'version' in word ? release : kernelText(word);
};
