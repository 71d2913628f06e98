import { resolve } from 'node:path';
import { BadUsage } from '../../plan/usage.ts';

/** A kernel as it is asked for: one of the distribution's packages, or a file with the folder of its modules. */
export type KernelWord = { version: string; flavour: string } | { image: string; modules?: string };

/** The parts of a release: the `6.12.9+deb12` and the `cloud-amd64` of `6.12.9+deb12-cloud-amd64`. */
const RELEASE = /^(\d+(?:\.\d+)+(?:[+~][\w.+~]*)?(?:-\d+(?:\.[\w.]+)?(?!\w))?)(?:-([a-z0-9][\w.+-]*))?$/;

/** What `--kernel` names: `6.12`, `6.12-cloud`, `6.1.0-50-amd64`, `./bzImage`, `./bzImage:./modules`. Throws a BadUsage. */
export function kernelWord(text: string, absolute: (path: string) => string = (path) => resolve(path)): KernelWord {
  if (text.includes('/')) return fileWord(text, absolute);
  const [, version, flavour = ''] = RELEASE.exec(text.replace(/^linux-image-/, '')) ?? [];
  if (version) return { version, flavour };
  throw new BadUsage(
    `--kernel is a version or the path of a bzImage, not ${text || 'nothing'}`,
    'Type, for example: --kernel 6.1, --kernel 6.12-cloud, --kernel 6.1.0-50-amd64, --kernel ./bzImage:./lib/modules/6.9.0',
  );
}

function fileWord(text: string, absolute: (path: string) => string): KernelWord {
  const cut = text.indexOf(':');
  if (cut < 0) return { image: absolute(text) };
  const [image, modules] = [text.slice(0, cut), text.slice(cut + 1)];
  if (!image || !modules) throw new BadUsage(`--kernel is PATH or PATH:MODULES, not ${text}`);
  return { image: absolute(image), modules: absolute(modules) };
}

/** A kernel as it can be typed anywhere. */
export const kernelText = (word: KernelWord): string =>
  'version' in word
    ? [word.version, word.flavour].filter(Boolean).join('-')
    : [word.image, word.modules].filter(Boolean).join(':');

/** What was typed, so that it can be typed anywhere. Throws a BadUsage. */
export const kernelTyped = (text: string, absolute?: (path: string) => string): string =>
  kernelText(kernelWord(text, absolute));

/** A kernel made for virtual machines starts sooner; one for real time is for who asks for it. */
const rank = (flavour: string): number => {
  if (/^(cloud|virtual|kvm)\b/.test(flavour)) return 2;
  return Number(!/^rt\b/.test(flavour));
};

const newerFirst = (a: string, b: string) => b.localeCompare(a, 'en', { numeric: true });

const parts = (release: string) => {
  const [, version = release, flavour = ''] = RELEASE.exec(release) ?? [];
  return { release, version, flavour };
};

const begins = (whole: string, start: string, next: RegExp) =>
  whole === start || (whole.startsWith(start) && next.test(whole.slice(start.length)));

/** The releases that a version and a flavour mean, the best first: those for virtual machines, the newest of them. */
export function meant({ version, flavour }: { version: string; flavour: string }, releases: string[]): string[] {
  return releases
    .map(parts)
    .filter((each) => begins(each.version, version, /^[.+~-]/) && (!flavour || begins(each.flavour, flavour, /^-/)))
    .sort((a, b) => rank(b.flavour) - rank(a.flavour) || newerFirst(a.version, b.version))
    .map(({ release }) => release);
}

/** The versions of some releases, in short: `6.1, 6.12`. */
export const series = (releases: string[]): string[] =>
  [...new Set(releases.flatMap((release) => /^\d+\.\d+/.exec(release) ?? []))].sort((a, b) => newerFirst(b, a));
