import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { image } from '../../../src/runtime/docker/image.ts';
import { type Engine, startEngine, whyNot } from '../../engine-in-namespace.js';
import { median, spread, spreadOfCounts } from '../numbers.ts';
import { quiet } from '../quiet.ts';
import { table } from '../tables.ts';
import { engineNow } from './engine.ts';
import { type Peer, peers } from './peers.ts';
import { onStage, type Staged } from './stage.ts';

const SIZES = [2, 10, 50];
const ROUNDS = 3;

/** What one peer took for so many hosts, once for each round. */
export interface Compared {
  size: number;
  name: string;
  runs: Staged[];
}

/** Asserts one ping, of which Mininet’s first is lost while its bridge does not forward yet: it is tried for some seconds. */
const pingTo = (address: string) => `for i in 1 2 3 4 5; do ping -c 1 -W 1 ${address} && break; done`;

/** Stands hosts on one bridge up beside other tools, and prints what each took and left behind. */
export async function benchPeers(words: string[]): Promise<void> {
  const { rounds, sizes } = asked(words);
  if (process.getuid?.() !== 0)
    throw new Error('peers: what tools take is measured in namespaces and layers that only root makes');
  const folder = await mkdtemp(join(tmpdir(), 'packetwalk-bench-'));
  const all = peers();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const why = whyNot();
  const engine = why ? undefined : await startEngine();
  try {
    const able = all.map((peer) => (peer.needsEngine && why && !peer.absent ? { ...peer, absent: why } : peer));
    const compared = await compare(able, sizes, rounds, { folder, engine, say });
    process.stdout.write(`${peersTable(compared)}\n\n${absences(able)}`);
  } finally {
    await engine?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function asked(words: string[]): { rounds: number; sizes: number[] } {
  const at = words.indexOf('--rounds');
  const rounds = at < 0 ? ROUNDS : Number(words[at + 1]);
  const sizes = words.filter((_, i) => at < 0 || (i !== at && i !== at + 1)).map(Number);
  if (!(rounds >= 1) || !sizes.every((size) => size >= 2 && size <= 250))
    throw new Error(`peers: numbers of hosts from 2 to 250, and --rounds N, and not ${words.join(' ')}`);
  return { rounds, sizes: sizes.length ? sizes : SIZES };
}

/** Runs each peer that can be had, in turn, for each size. */
export async function compare(
  all: Peer[],
  sizes: number[],
  rounds: number,
  { folder, engine, say }: { folder: string; engine?: Engine | undefined; say(line: string): void },
): Promise<Compared[]> {
  const able = all.filter(({ absent }) => !absent);
  const tag = engine ? await image(new Docker({ socketPath: engine.socketPath }), say) : '';
  // What the stage takes by itself.
  const itself = await onStage(['sh', '-c', 'echo up; read host; echo ", 0% packet loss"'], '', 'host1');
  const compared = sizes.flatMap((size) => able.map(({ name }): Compared => ({ size, name, runs: [] })));
  for (const size of sizes)
    for (let round = 0; round < rounds; round++)
      for (const peer of able) {
        say(`Measuring ${peer.name} with ${size} hosts …`);
        await quiet();
        const run = await once(peer, size, folder, tag, peer.needsEngine ? engine : undefined);
        const own = { processorMs: run.processorMs - itself.processorMs, processes: run.processes - itself.processes };
        compared.find((each) => each.size === size && each.name === peer.name)!.runs.push({ ...run, ...own });
      }
  return compared;
}

async function once(peer: Peer, size: number, folder: string, tag: string, engine?: Engine): Promise<Staged> {
  const before = engine && (await engineNow(engine));
  const words = await peer.words!(size, folder, tag);
  const run = await onStage(words, pingTo(`10.0.0.${size}`), 'host1', engine);
  if (!engine || !before) return run;
  const after = await engineNow(engine);
  return {
    ...run,
    processorMs: run.processorMs + after.processorMs - before.processorMs,
    processes: run.processes + after.processes - before.processes - 1,
    left: [...run.left, ...after.kept.filter((line) => !before.kept.includes(line))],
  };
}

/** The table of what each took. */
export const peersTable = (compared: Compared[]): string =>
  table(
    ['hosts', 'stood up by', 'up', 'ping', 'down', 'processor', 'memory in MB', 'processes', 'leaves behind'],
    compared.map(({ size, name, runs }) => [
      String(size),
      name,
      spread(runs.map(({ upMs }) => upMs)),
      spread(runs.map(({ pingMs }) => pingMs)),
      spread(runs.map(({ downMs }) => downMs)),
      spread(runs.map(({ processorMs }) => processorMs)),
      String(Math.round(median(runs.map(({ memoryKb }) => memoryKb)) / 1024)),
      spreadOfCounts(runs.map(({ processes }) => processes)),
      leftBehind(runs.flatMap(({ left }) => left)),
    ]),
  );

/** What runs left behind, each thing once. */
const leftBehind = (lines: string[]): string => {
  const all = [...new Set(lines)];
  return all.length > 4 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more` : all.join(', ') || 'nothing';
};

/** Which peers could not be had, and why, a line each. */
export const absences = (all: Peer[]): string =>
  all.flatMap(({ name, absent }) => (absent ? [`- **${name}** could not be had: ${absent}.\n`] : [])).join('');
