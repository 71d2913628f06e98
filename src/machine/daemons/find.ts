import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RealDaemon } from '../../plan/real-daemons.ts';
import { BadUsage, CannotRun } from '../../plan/usage.ts';
import { find } from '../programs.ts';
import { type Buildable, buildables, buildLine, builtFile, moduleFolder, pinnedVersion } from './catalogue.ts';
import { daemonImages, takeLine } from './images.ts';
import { whyNoProgram } from './program-file.ts';
import { isAsTaken, lastTaken, type Taken } from './taken.ts';

/**
 * Where some real daemons are on this machine: where it was said (`given`, a path by name), among its programs, taken out of
 * an image, or built. Throws a
 * CannotRun that names those that are nowhere, and what to type, and a BadUsage where a path that was given is no program's.
 */
export function foundDaemons(wanted: readonly RealDaemon[], given: ReadonlyMap<string, string>): RealDaemon[] {
  const found = wanted.map((daemon) => ({ ...daemon, ...whereIs(daemon.name, given) }));
  const absent = found.filter(({ path }) => !path).map(({ name }) => name);
  if (absent.length) throw new CannotRun('skipped', ...missingLines(absent));
  for (const { name, path } of found) {
    const why = whyNoProgram(path!);
    if (!why) continue;
    const lines = [`${name}: ${path} ${why}.`, ...instead(name)];
    throw given.has(name) ? new BadUsage(...lines) : new CannotRun('unknown', ...lines);
  }
  return found;
}

/** What to type in place of a program that does not run here. */
const instead = (name: string): string[] => [
  ...(isBuildable(name) ? [`Build one, with Go: ${buildLine(name)}`] : []),
  `Say where one is that runs here: --daemon ${name}=PATH`,
];

const isBuildable = (name: string) => buildables.some((each) => each.name === name);

/** What was taken out of an image comes before what was built: it was asked for by name. */
function whereIs(name: string, given: ReadonlyMap<string, string>): Omit<RealDaemon, 'name'> {
  const buildable = buildables.find((each) => each.name === name);
  const provenWith = buildable && pinnedVersion(moduleFolder(buildable), buildable.module);
  const path = given.get(name) ?? find(name) ?? unaltered(lastTaken(name)) ?? (buildable && builtHere(buildable));
  return path ? { path, ...(provenWith && { provenWith }) } : {};
}

function builtHere(buildable: Buildable): string | undefined {
  const file = builtFile(buildable);
  return existsSync(file) ? file : undefined;
}

/** The file that was taken out of an image. Throws a CannotRun where it is no longer what it was then. */
function unaltered(taken: Taken | undefined): string | undefined {
  if (!taken || isAsTaken(taken)) return taken?.file;
  const { file, origin } = taken;
  throw new CannotRun(
    'unknown',
    `${origin.name}: ${file} is not what was taken out of ${origin.image}: its checksum was ${origin.sha256}.`,
    `Remove it: rm -r ${dirname(file)}`,
    `Then take it once more: ${takeLine(origin.name)}`,
  );
}

function missingLines(absent: string[]): string[] {
  const buildable = absent.filter(isBuildable);
  const images = daemonImages().map(({ name }) => name);
  const inImages = absent.filter((name) => images.includes(name));
  const those = ({ length }: string[]) => (length > 1 ? 'them' : 'it');
  const lines = [
    ...(buildable.length ? [`Build ${those(buildable)}, with Go: ${buildLine(...buildable)}`] : []),
    ...(inImages.length
      ? [`Take ${those(inImages)} out of official images, with a container engine: ${takeLine(...inImages)}`]
      : []),
    `Say where ${absent.length > 1 ? 'each' : 'it'} is: ${absent.map((name) => `--daemon ${name}=PATH`).join(' ')}`,
  ];
  return [
    `the real ${absent.join(', ')} ${absent.length > 1 ? 'are' : 'is'} not on this machine.`,
    ...lines.map((line, i) => (i ? `Or ${line[0]!.toLowerCase()}${line.slice(1)}` : line)),
  ];
}
