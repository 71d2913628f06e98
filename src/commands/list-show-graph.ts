import { writeFileSync } from 'node:fs';
import { bold, dim } from 'yoctocolors';
import { endedText } from '../judge/outcome.ts';
import { podsNode } from '../lab/read.ts';
import { endTracing, traceEverything } from '../observe/netfilter/index.ts';
import { type PlannedHop, whereText } from '../plan/hops.ts';
import { labNames, loadLab, loadPlan } from '../plan/load.ts';
import { isPing, pingLine } from '../plan/ping.ts';
import { hookedPlaces, type Plan, type PlannedWalk, type Step, type Typed } from '../plan/plan.ts';
import { together } from '../plan/script.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';
import { standingLabs } from '../record/standing.ts';
import { mermaid, svg } from '../report/graph.ts';
import { headerText, throughText } from '../report/notation.ts';
import { ownCommands } from '../runtime/index.ts';
import { say, sayJson, typed } from './output.ts';
import { type SizeOptions, sizeOf } from './size.ts';

/** Lists the labs there are, and whether each stands. */
export async function list({ json }: { json?: boolean }): Promise<number> {
  const standing = new Set((await standingLabs()).map(({ name }) => name));
  const labs = await Promise.all(labNames().map(async (name) => ({ name, ...(await loadLab(name)) })));
  const rows = labs.map(({ name, title, nodes, walks, faults = {} }) => {
    const pods = Object.values(nodes).filter(podsNode).length;
    return {
      lab: name,
      title,
      nodes: Object.keys(nodes).length - pods,
      pods,
      walks: Object.keys(walks).length,
      drills: Object.keys(faults).length,
      stands: standing.has(name),
    };
  });
  if (json) sayJson(rows);
  else {
    const width = Math.max(...rows.map(({ lab }) => lab.length));
    say(
      ...rows.map(({ lab, title, stands }) => `${bold(lab.padEnd(width))}  ${title}${stands ? dim('  (stands)') : ''}`),
    );
    say('', `Prove one: ${typed('LAB')}     Read one: ${typed('show', 'LAB')}`);
  }
  return 0;
}

/** Prints a lab's plan: every command, in order, and what will be looked at. */
export async function show(word: string, { json, ...size }: { json?: boolean } & SizeOptions): Promise<number> {
  const plan = await loadPlan(word, sizeOf(size));
  if (json) sayJson(plan);
  else say(...planLines(plan));
  return 0;
}

function planLines(plan: Plan): string[] {
  const { title, about, steps, walks, checks, matrices, faults } = plan;
  const commands = ({ place, lines }: Typed) => lines.map((line) => `${dim(place ? `${place}#` : '#')} ${line}`);
  const step = ({ title, cables, commands: all = [] }: Step) => [
    '',
    bold(title),
    ...(cables ? ownCommands.layCables(plan, cables).flatMap(commands) : []),
    ...together(all).flatMap(commands),
  ];
  return [
    bold(title),
    ...(about ? [about] : []),
    ...plan.warnings.map((warning) => `Warning: ${warning}`),
    '',
    bold('Start the nodes'),
    ...ownCommands.addNodes(plan).map((line) => `${dim('#')} ${line}`),
    ...steps.flatMap(step),
    ...walks.flatMap(walkLines),
    ...matrices.flatMap(({ title, pairs }) => [
      '',
      bold(`Check: ${title}`),
      ...pairs.map(
        ({ from, to }) => `  an ICMP echo request from each of ${from.join(', ')} to each of ${to.join(', ')}`,
      ),
    ]),
    ...checks.flatMap(({ title, run, see }) => [
      '',
      bold(`Check: ${title}`),
      ...run
        .trim()
        .split('\n')
        .map((line) => `${dim(`${Object.keys(see).join(', ')}#`)} ${line.trim()}`),
    ]),
    ...faults.flatMap((fault) => [
      '',
      bold(`Drill: ${fault.fault}`),
      ...fault.break.flatMap(commands),
      `  '${fault.walk}': ${endedText(fault.fails)}`,
      ...fault.fix.flatMap(commands),
    ]),
  ];
}

/** How long a ping waits for its answer where a lab does not say so. */
const PING_WAIT_S = 1;

function walkLines(walk: PlannedWalk): string[] {
  const { name, send, hops } = walk;
  const line = isPing(send.command)
    ? `${pingLine(send.command, 'PATTERN', PING_WAIT_S)}   ${dim('(PATTERN: 8 bytes of its own, by which it is followed)')}`
    : send.command;
  return [
    '',
    bold(`Walk: ${name}`),
    `${dim(`${send.from}#`)} ${line}`,
    ...hops.flatMap((hop, i) => [
      ...(hop.part === (hops[i - 1] ?? hops[0])!.part ? [] : [`  ${hop.part}`]),
      hopLine(hop),
    ]),
    ...hookedPlaces([walk]).flatMap((place) =>
      [`${traceEverything}   ${dim('(before it)')}`, `${endTracing}   ${dim('(after it)')}`].map(
        (line) => `${dim(`${place}#`)} ${line}`,
      ),
    ),
  ];
}

function hopLine(hop: PlannedHop): string {
  const what = hop.kind === 'point' ? hop.headers.map(headerText).join(', ') : throughText(hop, hop.way);
  return `  ${whereText(hop)}  ${hop.because}\n      ${dim(what)}`;
}

/** Draws a lab: as Mermaid on standard output, or as an SVG file. */
export async function graph(word: string, options: { svg?: string } & SizeOptions): Promise<number> {
  const plan = await loadPlan(word, sizeOf(options));
  if (!options.svg) {
    say(mermaid(plan));
    return 0;
  }
  const path = fromHere(options.svg);
  const picture = await svg(plan);
  try {
    writeFileSync(path, picture);
  } catch (error) {
    throw new BadUsage(`cannot write ${path}: ${(error as Error).message}`);
  }
  say(`The picture is in ${path}.`);
  return 0;
}
