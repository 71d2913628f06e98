import { createWriteStream, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { hint } from '../nearest.ts';
import { type CapturePoint, pcapng } from '../packet/index.ts';
import { live } from '../run.ts';
import { inside, reenter } from '../runtime/index.ts';
import { searchPath } from '../runtime/path.ts';
import { BadUsage, fromHere } from '../usage.ts';
import { place, standing } from './find.ts';
import { say } from './say.ts';

/** Runs a command in a place of a standing lab, on this terminal; its exit code becomes ours. */
export async function exec(word: string, at: string, command: string[]): Promise<number> {
  const lab = standing(word);
  const name = place(lab.plan, at);
  if (!command.length) throw new BadUsage('what shall be run there?', `For a shell: ${word} ${at}`);
  return attach([...inside(lab.plan, lab.standing, name), ...command], process.env);
}

/** Opens a shell in a place of a standing lab. */
export async function shell(word: string, at: string): Promise<number> {
  const lab = standing(word);
  const name = place(lab.plan, at);
  const prompt = { PS1: `${name}# `, ENV: '', HISTFILE: '' };
  return attach([...inside(lab.plan, lab.standing, name), 'sh', '-i'], { ...process.env, ...prompt });
}

async function attach([command, ...words]: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { execa } = await import('execa');
  // The terminal sends Ctrl-C to both: it is the command's to act upon.
  process.on('SIGINT', () => {});
  const { exitCode, signal, failed, message } = await execa(command!, words, {
    stdio: 'inherit',
    env: { ...env, PATH: searchPath },
    cwd: '/',
    reject: false,
  });
  if (exitCode === undefined && !signal && failed) throw new Error(message);
  return exitCode ?? 128 + (signal ? constants.signals[signal as NodeJS.Signals] : 0);
}

/** Captures at some points of a standing lab, or at all, into a pcapng file, until it is told to stop. */
export async function capture(
  word: string,
  points: string[],
  options: { write?: string; count?: string },
): Promise<number> {
  const lab = standing(word);
  const count = options.count === undefined ? Number.POSITIVE_INFINITY : Number(options.count);
  if (!(count > 0)) throw new BadUsage(`${options.count} is no number of packets`);
  await using runtime = await reenter(lab.plan, lab.standing);
  const { watch } = await live(lab.plan, runtime);
  const known = watch.points();
  for (const point of points)
    if (!known.some(({ at }) => at === point))
      throw new BadUsage(
        `there is no point ${point}. ${hint(
          point,
          known.map(({ at }) => at),
        )}`,
      );
  const chosen: CapturePoint[] = known
    .filter(({ at }) => !points.length || points.includes(at))
    .map(({ at, link }) => ({ name: at, link }));

  const path = fromHere(options.write ?? `${lab.name}.pcapng`);
  const file = createWriteStream(path);
  await new Promise<void>((opened, fail) => {
    file.once('open', () => opened());
    file.once('error', (error) => fail(new BadUsage(`cannot write ${path}: ${error.message}`)));
  });
  const format = pcapng(chosen);
  file.write(format.header);
  process.stderr.write(`Capturing at ${chosen.length} points into ${path}. Ctrl-C ends it.\n`);

  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let written = 0;
  const dropped = new Set<string>();
  while (!stopped && written < count) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const drained = await watch.drain();
    for (const place of drained.dropped) dropped.add(place);
    const seen = drained.seen.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    for (const { at, time, direction, bytes } of seen) {
      const index = chosen.findIndex((point) => point.name === at);
      if (index < 0 || written >= count) continue;
      file.write(
        format.packet({ interface: index, timeNs: time, direction: direction === 'out' ? 'out' : 'in', frame: bytes }),
      );
      written++;
    }
  }
  await new Promise<void>((closed) => file.end(closed));
  if (!written) rmSync(path, { force: true });
  say(written ? `${written} packets in ${path}` : 'No packet was seen: no file is left.');
  if (dropped.size) say(`The kernel dropped some on ${[...dropped].join(', ')}.`);
  return dropped.size ? 2 : 0;
}
