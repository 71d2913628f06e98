import { createWriteStream, rmSync } from 'node:fs';
import { type CapturePoint, pcapng } from '../packet/index.ts';
import { hint } from '../plan/nearest.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';
import { live } from '../prove/run.ts';
import { attach, reenter } from '../runtime/index.ts';
import { say, typed } from './output.ts';
import { place, standing } from './which-lab.ts';

/** Runs a command in a place of a standing lab, on this terminal; its exit code becomes ours. */
export async function exec(word: string, at: string, command: string[]): Promise<number> {
  const lab = await standing(word);
  const name = place(lab.plan, at);
  if (!command.length) throw new BadUsage('what shall be run there?', `For a shell: ${typed('shell', word, at)}`);
  return attach(lab.plan, lab.standing, name, command);
}

/** Opens a shell in a place of a standing lab. */
export async function shell(word: string, at: string): Promise<number> {
  const lab = await standing(word);
  const name = place(lab.plan, at);
  const prompt = { PS1: `${name}# `, ENV: '', HISTFILE: '' };
  return attach(lab.plan, lab.standing, name, ['sh', '-i'], prompt);
}

/** Captures at some points of a standing lab, or at all, into a pcapng file, until it is told to stop. */
export async function capture(
  word: string,
  points: string[],
  options: { write?: string; count?: string },
): Promise<number> {
  const lab = await standing(word);
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
