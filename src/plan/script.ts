import type { StandIn } from '../lab/stand-in.ts';
import type { Commands, Daemon, Script, Until } from '../lab/words.ts';

/** Lines to type at one place, a node or a pod. */
export interface Typed {
  place: string;
  lines: string[];
}

/** A daemon as it is started at a place: the lines that are typed for it, and what each waits for. */
export interface PlannedDaemon {
  place: string;
  name: string;
  log: string;
  start: string;
  awaits: { condition: string; line: string; tries: string }[];
}

/** How long a daemon has for each of its conditions, at least. An emulated machine is some ten times as slow as a real one. */
export const READY_S = 60;

/** Seconds between two tries: where many wait at once, their tries alone would keep a machine busy. */
const pauseS = (waiting: number) => Math.max(0.02, waiting / 400);

/** The exit code of a line that waits when the daemon had time enough, as of timeout(1). */
export const OVERDUE = 124;

/** How a daemon is started at a place, and what is waited for; so many daemons may wait at the same time. */
function planned(place: string, { daemon: name, run, ready }: Daemon, waiting: number): PlannedDaemon {
  const log = `/run/${name}.log`;
  const pause = pauseS(waiting);
  const runs = `read pid </run/${name}.pid && kill -0 $pid || exit 1`;
  const inTime = `[ $((tries += 1)) -lt ${Math.round(READY_S / pause)} ] || exit ${OVERDUE}`;
  return {
    place,
    name,
    log,
    start: `${run.trim()} </dev/null >${log} 2>&1 & echo $! >/run/${name}.pid`,
    awaits: Object.entries(ready).map(([condition, tries]) => ({
      condition,
      tries,
      line: `until ${tries} >/dev/null 2>&1; do ${runs}; ${inTime}; sleep ${pause}; done`,
    })),
  };
}

/** The command that says whether a daemon runs, and if not shows the end of its log. */
export const liveness = ({ name, log }: Pick<PlannedDaemon, 'name' | 'log'>) =>
  `kill -0 $(cat /run/${name}.pid) 2>/dev/null && echo ${name} runs || { echo ${name} has ended: ; tail -n 8 ${log}; }`;

type Part = string | Daemon | Until;

const listed = <T>(some: T | readonly T[] | undefined): readonly T[] =>
  some === undefined ? [] : Array.isArray(some) ? some : [some as T];

/** What is typed: of a stand-in, what the small daemon takes. */
const parts = (script: Script | undefined): readonly Part[] =>
  listed<Part | StandIn>(script).flatMap((part) =>
    typeof part === 'object' && 'standsFor' in part ? listed<Part>(part.small) : [part],
  );

/** What is said of each part of some commands, and where it stands. */
const eachPart = <T>(commands: Commands, tell: (part: Part, place: string) => T[]): T[] =>
  Object.entries<Script | undefined>(commands).flatMap(([place, script]) =>
    parts(script).flatMap((part) => tell(part, place)),
  );

/** The daemons among some commands. */
export function daemonsOf(commands: Commands): PlannedDaemon[] {
  const all = eachPart(commands, (part, place) =>
    typeof part === 'object' && 'daemon' in part ? [{ place, part }] : [],
  );
  return all.map(({ place, part }) => planned(place, part, all.length));
}

/** A condition that is waited for at a place: the line that is typed for it, and what it waits for. */
export interface PlannedWait extends Until {
  place: string;
  line: string;
}

/** Seconds between two tries of a condition. */
const PAUSE_S = 0.1;

/**
 * The line that waits for a condition; it ends with OVERDUE, how often it tried, and what the last try said. The clock of date(1) has
 * whole seconds: one more is never less than what was stated.
 */
const waitingLine = ({ run, within }: Until) =>
  `tries=1 end=$(($(date +%s) + ${secondsOf(within) + 1})); until said=$( (${run.trim()}) 2>&1 ); do ` +
  `[ $(date +%s) -lt $end ] || { echo $tries; echo "$said"; exit ${OVERDUE}; }; tries=$((tries + 1)); sleep ${PAUSE_S}; done`;

export const secondsOf = (within: string): number => Number(within.replace(/ s$/, ''));

/** The conditions among some commands that are waited for. */
export const waitsOf = (commands: Commands): PlannedWait[] =>
  eachPart(commands, (part, place) =>
    typeof part === 'object' && 'until' in part ? [{ ...part, place, line: waitingLine(part) }] : [],
  );

/** The lines to type at each place; daemons are lines like any other. */
export function typed(commands: Commands): Typed[] {
  const daemons = daemonsOf(commands);
  return Object.entries<Script | undefined>(commands).flatMap(([place, script]) => {
    const lines = parts(script).flatMap((part) => {
      if (typeof part === 'string') return linesOf(part);
      if ('until' in part) return [waitingLine(part)];
      const { start, awaits } = daemons.find((each) => each.place === place && each.name === part.daemon)!;
      return [start, ...awaits.map(({ line }) => line)];
    });
    return lines.length ? [{ place, lines }] : [];
  });
}

/** One command a line; what a backslash continues, and a here-document, is one command. */
function linesOf(script: string): string[] {
  const list: string[] = [];
  const rest = script.replaceAll('\\\n', '').split('\n');
  for (let line = rest.shift(); line !== undefined; line = rest.shift()) {
    const command = line.trim();
    if (!command || command.startsWith('#')) continue;
    const end = /<<-? ?'?(\w+)'?/.exec(command)?.[1];
    const last = end ? rest.findIndex((each) => each.trim() === end) : -1;
    if (last < 0) list.push(command);
    else list.push([command, ...dedented(rest.splice(0, last + 1).slice(0, -1)), end].join('\n'));
  }
  return list;
}

function dedented(lines: string[]): string[] {
  const indents = lines.filter((line) => line.trim()).map((line) => line.search(/\S/));
  return lines.map((line) => line.slice(Math.min(...indents)));
}

/** A line wider than this is long to read twice. */
export const WIDE = 120;

/** The lines as they are shown: of a wide one that is typed at several places only the first, with the names of all. */
export function together(commands: Typed[]): Typed[] {
  const single = commands.flatMap(({ place, lines }) => lines.map((line) => ({ place, line })));
  const alike = (line: string) => single.filter((each) => each.line === line);
  return single.flatMap(({ place, line }) => {
    if (line.length <= WIDE) return [{ place, lines: [line] }];
    const places = alike(line).map((each) => each.place);
    return places[0] === place ? [{ place: places.join(', '), lines: [line] }] : [];
  });
}

/** The words of a line that could name an interface, whatever language it is written in. */
export const wordsOf = (line: string): string[] => line.split(/[\s"'=,:;|&<>(){}[\]]+/);
