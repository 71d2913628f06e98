import { writeFileSync } from 'node:fs';
import { bold, dim } from 'yoctocolors';
import { endedText } from '../judge/outcome.ts';
import type { Taught } from '../lab/taught.ts';
import { endTracing, listConnections, traceEverything } from '../observe/netfilter/index.ts';
import { hookedPlaces, type PlannedHop, whereText } from '../plan/hops.ts';
import { loadPlan } from '../plan/load.ts';
import { commandOf } from '../plan/needs.ts';
import { isPing, pingLine } from '../plan/ping.ts';
import type { Plan, PlannedWalk, Step, Typed } from '../plan/plan.ts';
import { together } from '../plan/script.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';
import { mermaid, svg } from '../report/graph.ts';
import { headerText, partText, throughText } from '../report/notation.ts';
import { ownCommands } from '../runtime/index.ts';
import { say, sayJson } from './output.ts';
import { daemonsOf } from './runtime-options.ts';
import { type SizeOptions, sizeOf } from './size.ts';

/** Prints a lab's plan: every command, in order, and what will be looked at. */
export async function show(
  word: string,
  { json, daemons, ...size }: { json?: boolean; daemons?: string } & SizeOptions,
): Promise<number> {
  const chosen = daemonsOf({ ...(daemons && { daemons }) }).daemons;
  if (chosen === 'both') throw new BadUsage('--daemons both belongs to verify: show prints one plan');
  const plan = await loadPlan(word, sizeOf(size), chosen);
  if (json) sayJson(plan);
  else say(...planLines(plan));
  return 0;
}

function planLines(plan: Plan): string[] {
  const { title, about, steps, walks, checks, matrices, faults, waits = [] } = plan;
  const commands = ({ place, lines }: Typed) =>
    lines.flatMap((line) => {
      const wait = waits.find((each) => each.line === line);
      const typed = `${dim(place ? `${place}#` : '#')} ${line}`;
      return wait ? [dim(`  (it waits until this is so, ${wait.within} at most: ${wait.until})`), typed] : [typed];
    });
  const step = ({ title, cables, commands: all = [], see, ...said }: Step) => [
    '',
    bold(title),
    ...taughtLines(said),
    ...(see ? [dim(`  (seen on ${Object.keys(see.see).join(', ')} by: ${see.run.trim()})`)] : []),
    ...(cables ? ownCommands.layCables(plan, cables).flatMap(commands) : []),
    ...together(all).flatMap(commands),
  ];
  return [
    bold(title),
    ...(about ? [about] : []),
    ...taughtLines(plan),
    ...needsLines(plan),
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
    ...checks.flatMap(({ title, run, see, within, changes }) => [
      '',
      bold(`Check: ${title}`),
      ...(changes ? [dim('  (alone, after all others: it alters the lab)')] : []),
      ...(within ? [dim(`  (again until it is so, for ${within} at most)`)] : []),
      ...run
        .trim()
        .split('\n')
        .map((line) => `${dim(`${Object.keys(see).join(', ')}#`)} ${line.trim()}`),
    ]),
    ...faults.flatMap((fault) => [
      '',
      bold(`Drill: ${fault.fault}`),
      ...taughtLines(fault),
      ...fault.break.flatMap(commands),
      `  '${fault.walk}': ${endedText(fault.fails)}`,
      ...fault.fix.flatMap(commands),
    ]),
  ];
}

/** What a workshop says of something, and what it asks. */
const taughtLines = ({ notes, ask }: Taught): string[] => [
  ...(notes ? [dim(`  (notes: ${notes})`)] : []),
  ...(ask ? [dim(`  (asked: ${ask.question} ${[ask.answer].flat().join(', or ')})`)] : []),
];

/** What a lab states that it needs. */
const needsLines = ({ needs = {} }: Plan): string[] =>
  Object.entries({
    programs: needs.programs?.map(commandOf),
    'parts of a kernel': needs.kernel?.map((each) => (typeof each === 'string' ? each : each.part)),
    devices: needs.devices,
  }).flatMap(([what, names]) => (names?.length ? [`It needs ${what}: ${names.join(', ')}`] : []));

function walkLines(walk: PlannedWalk): string[] {
  const { name, send, hops } = walk;
  const line = isPing(send.command)
    ? `${pingLine(send.command, 'PATTERN')}   ${dim('(PATTERN: 8 bytes of its own, by which it is followed)')}`
    : send.command;
  return [
    '',
    bold(`Walk: ${name}`),
    ...taughtLines(walk),
    `${dim(`${send.from}#`)} ${line}`,
    ...hops.flatMap((hop, i) => [
      ...(hop.part === (hops[i - 1] ?? hops[0])!.part ? [] : [`  ${partText(hop.part, walk)}`]),
      ...wayHeading(hop, hops[i - 1]),
      ...hopLine(hop).map((line) => (hop.onWay ? `  ${line}` : line)),
    ]),
    ...hookedPlaces([walk]).flatMap((place) =>
      [
        `${traceEverything}   ${dim('(before it)')}`,
        `${endTracing}   ${dim('(after it)')}`,
        `${listConnections}   ${dim('(where it was translated)')}`,
      ].map((line) => `${dim(`${place}#`)} ${line}`),
    ),
  ];
}

/** The line above the first hop of one of several ways. */
function wayHeading({ part, onWay }: PlannedHop, before?: PlannedHop): string[] {
  const isSame = part === before?.part && onWay?.name === before.onWay?.name;
  return !onWay || isSame ? [] : [`  ${dim(`one of ${onWay.of.length} ways:`)} ${onWay.name}`];
}

function hopLine(hop: PlannedHop): string[] {
  const what = hop.kind === 'point' ? hop.headers.map(headerText).join(', ') : throughText(hop, hop.way);
  return [`  ${whereText(hop)}  ${hop.because}`, `      ${dim(what)}`];
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
