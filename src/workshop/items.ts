import type { Taught } from '../lab/taught.ts';
import { foundations } from '../plan/foundations.ts';
import type { Plan, PlannedFault, PlannedWalk, Step, Typed } from '../plan/plan.ts';

/** The parts of a workshop, in their order. */
export const chapters = ['build', 'see', 'break'] as const;
export type Chapter = (typeof chapters)[number];

interface Common extends Taught {
  /** From 1, through all chapters. */
  number: number;
  /** What it is kept by; of a fault it gives away what is wrong. */
  title: string;
}

/** A step of setting up; `after` is how many of the plan's steps have been taken once it is done. */
export interface BuildItem extends Common {
  chapter: 'build';
  after: number;
  commands: Typed[];
  /** What is seen once it is taken, where its author says so. */
  see?: Step['see'];
}

export interface SeeItem extends Common {
  chapter: 'see';
  walk: PlannedWalk;
}

export interface BreakItem extends Common {
  chapter: 'break';
  fault: PlannedFault;
}

export type Item = BuildItem | SeeItem | BreakItem;

type Unnumbered = Omit<BuildItem, 'number'> | Omit<SeeItem, 'number'> | Omit<BreakItem, 'number'>;

/** How many of a plan's steps are done before the workshop begins: nodes, pods, cables and their addresses. */
export const foundationsOf = ({ nodes, pods, links }: Plan): number => foundations(nodes, pods, links).length;

/** All that a workshop asks for: each step at which something is to be typed, each walk, each fault. */
export function itemsOf(plan: Plan): Item[] {
  const before = foundationsOf(plan);
  const steps = plan.steps.slice(before).map(
    ({ cables: _, commands = [], ...step }, i): Omit<BuildItem, 'number'> => ({
      chapter: 'build',
      ...step,
      after: before + i + 1,
      commands,
    }),
  );
  const all: Unnumbered[] = [
    ...steps.filter(({ commands }) => linesOfKind(plan, commands, 'typed').length),
    ...plan.walks.map((walk) => ({ chapter: 'see' as const, title: walk.name, walk, ...taughtOf(walk) })),
    ...plan.faults.map((fault) => ({ chapter: 'break' as const, title: fault.fault, fault, ...taughtOf(fault) })),
  ];
  return all.map((item, i) => ({ ...item, number: i + 1 }));
}

const taughtOf = ({ notes, ask }: Taught): Taught => ({ ...(notes && { notes }), ...(ask && { ask }) });

/** The lines of those of a plan's first steps at which nothing is to be typed, in their order. */
export const untypedBefore = (plan: Plan, steps: number): Typed[] =>
  plan.steps
    .slice(foundationsOf(plan), steps)
    .flatMap(({ commands = [] }) => (linesOfKind(plan, commands, 'typed').length ? [] : commands));

/** What becomes of a line: files are given, conditions are waited for, and all others are for the attendee to type. */
export type LineKind = 'given' | 'awaited' | 'typed';

/** The file that a line of cat(1) writes; undefined of any other line. */
export const givenFile = (line: string): string | undefined => /^cat >>? ?(\S+) <</.exec(line)?.[1];

/** Lines by which a node gets folders that it may write to, a file system of its own for them included. */
const makesFolder = /^(test -w (\S+) \|\| mount -t tmpfs \S+ \2|mkdir -p [^&|;]+)$/;

/** A loop that waits, be it in a shell of its own that has a time limit. */
const untilLoop = /^(timeout \d+ sh -c '|(\w+=\S*; )*)until .*\bdone'?( \d?>\S+)*$/s;

/**
 * What kind of line this is. A here-document that cat(1) writes is a file, and is given together with its folder; an `until` loop is
 * a condition.
 */
export function kindOfLine({ daemons, waits = [] }: Pick<Plan, 'daemons' | 'waits'>, line: string): LineKind {
  if (givenFile(line) || makesFolder.test(line)) return 'given';
  const awaited = [...daemons.flatMap(({ awaits }) => awaits), ...waits];
  return awaited.some((each) => each.line === line) || untilLoop.test(line) ? 'awaited' : 'typed';
}

/** The lines of some commands that are of a kind, by place; places without one are left out. */
export const linesOfKind = (
  plan: Pick<Plan, 'daemons' | 'waits'>,
  commands: readonly Typed[],
  kind: LineKind,
): Typed[] =>
  commands.flatMap(({ place, lines }) => {
    const own = lines.filter((line) => kindOfLine(plan, line) === kind);
    return own.length ? [{ place, lines: own }] : [];
  });

/** What a line waits for, in words; the line itself where nobody said it. */
export function conditionOf({ daemons, waits = [] }: Pick<Plan, 'daemons' | 'waits'>, line: string): string {
  const awaited = daemons.flatMap(({ awaits }) => awaits).find((each) => each.line === line);
  return awaited?.condition ?? waits.find((each) => each.line === line)?.until ?? line;
}
