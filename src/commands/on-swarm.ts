import type { Run } from '../compare/compare.ts';
import { version } from '../machine/own-folder.ts';
import { isPath } from '../plan/load.ts';
import { hint } from '../plan/nearest.ts';
import { BadUsage } from '../plan/usage.ts';
import { type EnteredSwarm, enterSwarm, type Swarm } from '../runtime/swarm/swarm.ts';
import { onInterrupt } from './interrupt.ts';
import { runAll } from './run-all.ts';
import type { Cell, MatrixOptions } from './runtimes.ts';

/** What else than this machine can run labs. */
const PLACES = ['swarm'];

/** Options that have no meaning where runs are on other machines. */
const HERE = ['hosts', 'captures'] as const;

/** Refuses what no swarm can do, before anything runs. */
export function checkOn(cells: Cell[], options: MatrixOptions & { on: string }): void {
  const { on, image } = options;
  if (!PLACES.includes(on))
    throw new BadUsage(`--on ${on}: there is no such place. ${hint(on, PLACES)}`, `There is ${PLACES.join(', ')}.`);
  const here = HERE.find((name) => options[name]);
  if (here) throw new BadUsage(`--on ${on} runs labs on other machines: --${here} has no meaning there`);
  const other = cells.find(({ variant }) => variant.prepares)?.variant;
  if (other) throw new BadUsage(`a task has nothing that ${other.name} needs: leave --runtimes out`);
  const own = cells.find(({ word }) => isPath(word))?.word;
  if (own && image === undefined)
    throw new BadUsage(
      `${own} is a lab of your own, which no machine of the swarm has`,
      'Put it into an image, and name that by --image: docs/shards.md says how.',
    );
}

/** Runs labs on the machines of a swarm, each in a task of its own. Nothing of that is left there when it returns or is interrupted. */
export async function runOnSwarm(
  cells: Cell[],
  cores: number | undefined,
  options: MatrixOptions,
  length: (cell: Cell) => number,
): Promise<Run[]> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const entered = await enterSwarm(say);
  const leave = async () => {
    for (const line of await entered.close()) say(line);
  };
  try {
    const { cores: all, start } = await prepared(entered, options.image, leave);
    // What a lab needs is in the image: no run prepares anything for others. A task is given a core.
    const tasks = cells.map(({ kind: _, ...cell }) => ({ ...cell, cores: 1 }));
    return await runAll(tasks, cores ?? all, options, length, { start, leave });
  } finally {
    await leave();
  }
}

async function prepared(entered: EnteredSwarm, image: string | undefined, leave: () => Promise<void>): Promise<Swarm> {
  using _ = onInterrupt(leave);
  return await entered.prepare(image, version());
}
