import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bold } from 'yoctocolors';
import { type DumpDifference, dumpDifferences } from '../compare/dumps.ts';
import { grouped } from '../judge/grouped.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage, exitCodes, fromHere } from '../plan/usage.ts';
import { type Dump, dumpIn, dumpText } from '../record/dump.ts';
import { DumpFailed, takeDumps } from '../record/take-dump.ts';
import { reenter } from '../runtime/index.ts';
import { say, sayJson, typed } from './output.ts';
import { place, standing } from './which-lab.ts';

interface DumpOptions {
  out?: string;
  against?: string;
  daemon?: string[];
  json?: boolean;
}

/** Prints what the nodes of a standing lab are programmed with, keeps it in a folder, or holds it against what is kept in one. */
export async function dump(word: string, words: string[], options: DumpOptions): Promise<number> {
  const { out, against, daemon = [], json } = options;
  const { name, plan, standing: stood } = await standing(word);
  const nodes = words.length ? words.map((each) => place(plan, each)) : nodesOf(plan);
  const kept = against === undefined ? undefined : dumpsIn(fromHere(against), nodes, against);
  await using runtime = await reenter(plan, stood);
  const requests = kept
    ? kept.map(({ node, sections }) => ({ node, commands: sections.map(({ command }) => command) }))
    : nodes.map((node) => ({ node }));
  const taken = await takeDumps(runtime, placesOf(plan), requests).catch((error: unknown) => {
    if (error instanceof DumpFailed)
      throw new BadUsage(error.message, `Look there: ${typed('shell', word, error.node)}`);
    throw error;
  });
  const dumps = taken.map((each) => ({ ...each, daemons: daemon }));
  if (kept) return compared(name, kept, dumps, json);
  if (json) sayJson({ lab: name, dumps });
  else if (out === undefined) say(...dumps.map(dumpText));
  else keep(fromHere(out), dumps);
  return exitCodes.passed;
}

const placesOf = ({ nodes, pods }: Plan) => [...nodes, ...pods].map(({ name }) => name);

/** The nodes that something can be asked at: a switch is only wire. */
const nodesOf = ({ nodes }: Plan) => nodes.flatMap(({ name, kind }) => (kind === 'switch' ? [] : [name]));

function keep(folder: string, dumps: readonly Dump[]): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const each of dumps) writeFileSync(join(folder, `${each.node}.txt`), dumpText(each));
  } catch (error) {
    throw new BadUsage(`cannot write into ${folder}: ${(error as Error).message}`);
  }
  say(...dumps.map(({ node }) => `Written: ${join(folder, `${node}.txt`)}`));
}

/** The dumps that a folder keeps of some nodes. */
function dumpsIn(folder: string, nodes: readonly string[], word: string): Dump[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new BadUsage(`${word} is no folder of dumps.`, 'Record one: packetwalk dump LAB --out FOLDER');
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  const dumps = files.map((file) => dumpIn(readFileSync(join(folder, file), 'utf8'), join(word, file)));
  const own = dumps.filter(({ node }) => nodes.includes(node));
  if (own.length) return own;
  const known = dumps.map(({ node }) => node).join(', ') || 'nothing';
  throw new BadUsage(`${word} has no dump of ${nodes.join(', ')}: it has ${known}.`);
}

function compared(lab: string, kept: readonly Dump[], taken: readonly Dump[], json: boolean | undefined): number {
  const differences = kept.flatMap((each, i) => dumpDifferences(each, taken[i]!));
  const by = [...new Set(kept.flatMap(({ daemons, kernel }) => [...daemons, kernel]))].join('; ');
  if (json) sayJson({ lab, recorded: by, differences });
  else if (!differences.length) say(`${lab} is programmed as was recorded (${by}).`);
  else
    say(`${lab} is programmed otherwise than was recorded (${by}), in ${differences.length}:`, ...linesOf(differences));
  return differences.length ? exitCodes.failed : exitCodes.passed;
}

/** By node and command, and each thing that differs once, with all that was recorded of it and is now. */
const linesOf = (differences: readonly DumpDifference[]): string[] =>
  [...grouped(differences, ({ node, command }) => `${node}# ${command}`)].flatMap(([heading, ofCommand]) => [
    '',
    bold(heading),
    ...[...grouped(ofCommand, ({ what }) => what)].flatMap(([what, all]) => [
      `  ${what}`,
      ...all.flatMap(({ recorded, now }) => [
        ...(recorded === undefined ? [] : [`    - ${recorded}`]),
        ...(now === undefined ? [] : [`    + ${now}`]),
      ]),
    ]),
  ]);
