import { dim } from 'yoctocolors';
import {
  type DaemonImage,
  daemonImages,
  imageLine,
  readReference,
  refuseUnpinned,
  tagged,
} from '../machine/daemons/images.ts';
import { needsLibraries } from '../machine/daemons/program-file.ts';
import { keepTaken, lastTaken, originOf } from '../machine/daemons/taken.ts';
import { hint } from '../plan/nearest.ts';
import { BadUsage, exitCodes } from '../plan/usage.ts';
import { imageFiles, type TakeFile } from '../runtime/index.ts';
import { tellRows } from './daemons.ts';
import { mended, onInterrupt } from './interrupt.ts';
import { say } from './output.ts';

/**
 * The daemons that are to be taken out of images: those of some names and those whose images are given, NAME=IMAGE each; without any, all
 * whose digest is known. Throws a BadUsage.
 */
export function wantedImages(names: string[], given: string[], rows = daemonImages()): DaemonImage[] {
  const known = rows.map(({ name }) => name);
  const row = (name: string): DaemonImage => {
    const found = rows.find((each) => each.name === name);
    if (found) return found;
    throw new BadUsage(`there is no image known of ${name}. ${hint(name, known)}`, `There is ${known.join(', ')}.`);
  };
  const own = given.map((text): DaemonImage => {
    const [name = '', ...rest] = text.split('=');
    const image = readReference(rest.join('='));
    if (image) return { ...row(name), image };
    const [example] = rows;
    throw new BadUsage(
      `--image is NAME=IMAGE@sha256:…, not ${text}`,
      `Type, for example: ${imageLine(example!.name, example!.image)}`,
    );
  });
  const listed = names.filter((name) => !own.some((each) => each.name === name)).map(row);
  const wanted = [...listed, ...own];
  for (const each of wanted) refuseUnpinned(each);
  return wanted.length ? wanted : rows.filter(({ image }) => image.digest);
}

/** Takes daemons out of their images into the cache, one after another; one that cannot be had keeps no other from it. */
export async function takeDaemons(wanted: readonly DaemonImage[]): Promise<number> {
  const take = await imageFiles((line) => process.stderr.write(`${dim(`  ${line}`)}\n`));
  let failed = 0;
  for (const daemon of wanted) {
    const stop = new AbortController();
    const taking = taken(daemon, take, stop.signal);
    using _ = onInterrupt(() => mended(stop, taking), 'removing what is half taken');
    failed += (await taking) ? 0 : 1;
    // What interrupted us ends this process.
    if (stop.signal.aborted) await new Promise(() => {});
  }
  return failed ? exitCodes.unknown : exitCodes.passed;
}

async function taken(daemon: DaemonImage, take: TakeFile, signal: AbortSignal): Promise<boolean> {
  const { name, image, program } = daemon;
  const { repository, digest = '' } = image;
  const title = [name, image.tag].filter(Boolean).join(' ');
  const began = performance.now();
  try {
    const { file, wasThere } = await keepTaken(daemon, (path) =>
      take({ repository, digest, file: program }, path, signal),
    );
    const how = wasThere ? 'was taken before' : `taken in ${Math.round((performance.now() - began) / 1000)} s`;
    say(`${title}: ${how}, out of ${tagged(image)}`, dim(`  ${file}`), dim(`  sha256 ${originOf(file).sha256}`));
    if (needsLibraries(file)) say('  It needs libraries: a node that lacks them cannot run it.');
    return true;
  } catch (error) {
    const lines = [(error as Error).message, `To take it out of another image: ${imageLine(name, image)}`];
    if (!signal.aborted) process.stderr.write(`${lines.join('\n')}\n`);
    return false;
  }
}

/** Tells out of which images daemons are taken; of those that are, out of which one the last was that runs use. */
export function tellImages(wanted: readonly DaemonImage[], json: boolean): number {
  const rows = wanted.map(({ name, image }) => {
    const taken = lastTaken(name);
    const whole = taken?.origin.image ?? `${tagged(image)}@${image.digest}`;
    return { name, version: readReference(whole)?.tag ?? '', image: whole, file: taken?.file ?? null };
  });
  return tellRows(rows, json, 'not taken');
}
