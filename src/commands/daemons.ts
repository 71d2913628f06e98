import { existsSync } from 'node:fs';
import { dim } from 'yoctocolors';
import { buildDaemon } from '../machine/daemons/build.ts';
import { type Buildable, buildables, builtFile, moduleFolder, pinnedVersion } from '../machine/daemons/catalogue.ts';
import { hint } from '../plan/nearest.ts';
import { BadUsage, exitCodes } from '../plan/usage.ts';
import { say, sayJson } from './output.ts';

export interface DaemonsOptions {
  /** Whether they are taken out of images in place of being built. */
  images?: boolean;
  /** Images in the place of those that are known, NAME=IMAGE@DIGEST each. */
  image?: string[];
  list?: boolean;
  json?: boolean;
}

/** Builds real daemons into the cache, or takes them out of images, one after another; one that cannot be had keeps no other from it. */
export async function daemons(names: string[], options: DaemonsOptions): Promise<number> {
  const { image = [], list, json = false } = options;
  const images = options.images || image.length > 0;
  if (images) {
    const { takeDaemons, tellImages, wantedImages } = await import('./daemon-images.ts');
    const wanted = wantedImages(names, image);
    return list || json ? tellImages(wanted, json) : takeDaemons(wanted);
  }
  const known = buildables.map(({ name }) => name);
  for (const name of names)
    if (!known.includes(name))
      throw new BadUsage(`there is no daemon ${name} to build. ${hint(name, known)}`, `There is ${known.join(', ')}.`);
  const wanted = buildables.filter(({ name }) => !names.length || names.includes(name));
  if (list || json) return tell(wanted, json);
  let failed = 0;
  for (const each of wanted) failed += (await built(each)) ? 0 : 1;
  return failed ? exitCodes.unknown : exitCodes.passed;
}

const versionOf = (daemon: Buildable): string => pinnedVersion(moduleFolder(daemon), daemon.module) ?? 'unpinned';

function tell(wanted: readonly Buildable[], json: boolean): number {
  const rows = wanted.map((each) => {
    const file = builtFile(each);
    return { name: each.name, version: versionOf(each), module: each.module, file: existsSync(file) ? file : null };
  });
  return tellRows(rows, json, 'not built');
}

/** Tells of daemons that can be had, a line each, or as JSON. */
export function tellRows(
  rows: readonly { name: string; version: string; file: string | null }[],
  json: boolean,
  absent: string,
): number {
  const width = Math.max(...rows.map(({ name }) => name.length));
  if (json) sayJson(rows);
  else
    say(
      ...rows.map(({ name, version, file }) => `${name.padEnd(width)}  ${version.padEnd(9)}  ${file ?? dim(absent)}`),
    );
  return exitCodes.passed;
}

async function built(daemon: Buildable): Promise<boolean> {
  const title = `${daemon.name} ${versionOf(daemon)}`;
  const began = performance.now();
  if (!existsSync(builtFile(daemon))) process.stderr.write(`Building ${title} …\n`);
  try {
    const { file, wasThere } = await buildDaemon(daemon);
    say(
      `${title}: ${wasThere ? 'was built before' : `built in ${Math.round((performance.now() - began) / 1000)} s`}`,
      dim(`  ${file}`),
    );
    return true;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return false;
  }
}
