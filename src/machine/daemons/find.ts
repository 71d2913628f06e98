import { existsSync } from 'node:fs';
import type { RealDaemon } from '../../plan/real-daemons.ts';
import { BadUsage, CannotRun } from '../../plan/usage.ts';
import { find } from '../programs.ts';
import { buildables, buildLine, builtFile, moduleFolder, pinnedVersion } from './catalogue.ts';
import { whyNoProgram } from './program-file.ts';

/**
 * Where some real daemons are on this machine: where it was said (`given`, a path by name), among its programs, or built. Throws a
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

function whereIs(name: string, given: ReadonlyMap<string, string>): Omit<RealDaemon, 'name'> {
  const path = given.get(name) ?? find(name);
  const buildable = buildables.find((each) => each.name === name);
  const pinned = buildable && pinnedVersion(moduleFolder(buildable), buildable.module);
  if (path) return { path, ...(pinned && { provenWith: pinned }) };
  return buildable && existsSync(builtFile(buildable))
    ? { path: builtFile(buildable), ...(pinned && { version: pinned, provenWith: pinned }) }
    : {};
}

function missingLines(absent: string[]): string[] {
  const buildable = absent.filter(isBuildable);
  return [
    `the real ${absent.join(', ')} ${absent.length > 1 ? 'are' : 'is'} not on this machine.`,
    ...(buildable.length ? [`Build ${buildable.length > 1 ? 'them' : 'it'}, with Go: ${buildLine(...buildable)}`] : []),
    `${buildable.length ? 'Or say' : 'Say'} where ${absent.length > 1 ? 'each' : 'it'} is: ${absent.map((name) => `--daemon ${name}=PATH`).join(' ')}`,
  ];
}
