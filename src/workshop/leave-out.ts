import { setTimeout } from 'node:timers/promises';
import type { Difference } from '../explain/state/compare.ts';
import type { Typed } from '../plan/plan.ts';
import { linesFor } from './hints.ts';
import { type BuildItem, kindOfLine, linesOfKind } from './items.ts';
import { openShell, type Shell } from './shell.ts';
import { unseenOf } from './sight.ts';
import { differences, type Reference, type StartNodes, type Stood, standUp } from './stood.ts';
import { typeLines } from './type.ts';

/** A line that was left out, and whether that was found, and it was named. */
export interface LeftOut {
  place: string;
  line: string;
  isFound: boolean;
  isNamed: boolean;
}

/** How long a line that waits, and what daemons do by and by, has in vain. */
const [WAIT_MS, REST_MS, PAUSE_MS] = [3000, 1500, 100];

const SIZE = { rows: 40, columns: 200 };

/**
 * Takes a step in new labs, each time with one line of each place left out, the first of each, the second, and so on; says of
 * each whether the state tells that something is missing, and whether the hint names the line.
 */
export async function leaveOut(item: BuildItem, start: StartNodes, hidden: Reference, lab: Stood): Promise<LeftOut[]> {
  const { plan } = lab;
  const typed = linesOfKind(plan, item.commands, 'typed');
  const most = Math.max(0, ...typed.map(({ lines }) => lines.length));
  const found: LeftOut[] = [];
  for (let i = 0; i < most; i++) {
    const left = typed.flatMap(({ place, lines }) => lines.slice(i, i + 1).map((line) => ({ place, line })));
    await using stood = await standUp(plan, start);
    await stood.reach(item.after - 1);
    await typeWithout(stood, item.commands, i);
    const { places, named } = await missed(stood, hidden, item, typed);
    for (const { place, line } of left) {
      const isNamed = named.some((each) => each.place === place && each.lines.includes(line));
      // Lines of other places were left out as well: what is missing there says nothing of this one.
      found.push({ place, line, isFound: isNamed || places.includes(place), isNamed });
    }
  }
  return found;
}

/** The places where something is found to be missing, and the lines that a hint names then. */
async function missed(stood: Stood, hidden: Reference, item: BuildItem, typed: readonly Typed[]) {
  if (item.see) {
    const unseen = await unseenOf(stood.runtime, item, false);
    return { places: unseen.map(({ node }) => node), named: unseen.length ? typed : [] };
  }
  const told = await atRest(stood, hidden, item);
  return { places: told.map(({ place }) => place), named: linesFor(typed, told) };
}

async function typeWithout(stood: Stood, commands: readonly Typed[], index: number): Promise<void> {
  const { plan, runtime } = stood;
  const shells = new Map<string, Promise<Shell>>();
  const shell = (place: string) => {
    const known = shells.get(place) ?? openShell(runtime, place, SIZE, () => {});
    shells.set(place, known);
    return known;
  };
  const some = commands.map(({ place, lines }) => {
    let typed = 0;
    return { place, lines: lines.filter((line) => kindOfLine(plan, line) !== 'typed' || typed++ !== index) };
  });
  await typeLines({ plan, lab: () => stood, shell }, some, WAIT_MS);
}

/** What differs once what daemons do has come about. */
async function atRest(stood: Stood, hidden: Reference, { after }: BuildItem): Promise<Difference[]> {
  const toBe = await hidden.after(after);
  const late = performance.now() + (stood.plan.daemons.length ? REST_MS : 0);
  for (;;) {
    const found = differences(toBe, await stood.like());
    if (!found.length || performance.now() >= late) return found;
    await setTimeout(PAUSE_MS);
  }
}
