import { setTimeout } from 'node:timers/promises';
import type { Difference } from '../explain/state/compare.ts';
import type { Typed } from '../plan/plan.ts';
import { wrapped } from '../report/terminal/text.ts';
import { differenceText, linesFor, undone, whereToLook } from './hints.ts';
import { type BuildItem, conditionOf, givenFile, linesOfKind } from './items.ts';
import type { Context, Play, Told } from './play.ts';
import { unseenOf } from './sight.ts';
import { give, shownLine, typeLines } from './type.ts';

/** How long what daemons do may take to come about once they run, and how often it is looked at. */
const [PATIENCE_MS, PAUSE_MS] = [3000, 100];

/** How many differences are told at once. */
const SHOWN = 6;

/** A step of setting up: done once all places are as in the hidden copy that has taken it. */
export function build(context: Context, item: BuildItem): Play {
  const { plan, lab, reference, deviations, columns } = context;
  const { commands } = item;
  const waits = linesOfKind(plan, commands, 'awaited');

  const missing = async (): Promise<Difference[]> => deviations(await reference.after(item.after), await lab().like());
  /** What daemons do comes about by and by: once they all run it is waited for, but not for long. */
  const missingInTime = async (): Promise<Difference[]> => {
    const late = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await missing();
      const mayCome = plan.daemons.length > 0 && waits.length > 0 && !found.some(({ what }) => what === 'daemon');
      if (!found.length || !mayCome || performance.now() > late) return found;
      await setTimeout(PAUSE_MS);
    }
  };

  return {
    solvesFromStart: true,
    async open() {
      await give(context, commands);
      // The hidden copy takes the step meanwhile; where it cannot, that is told by the check.
      void reference.after(item.after).catch(() => {});
      const files = byPlaces(linesOfKind(plan, commands, 'given'), (line) => givenFile(line));
      const counts = linesOfKind(plan, commands, 'typed').map(
        ({ place, lines }) => `${place} (${lines.length} ${lines.length === 1 ? 'line' : 'lines'})`,
      );
      return [
        ...(counts.length ? [`To be done on ${counts.join(', ')}`] : []),
        ...files.map(({ what, places }) => `The file ${what} is there, on ${places.join(', ')}`),
        ...byPlaces(waits, (line) => conditionOf(plan, line)).map(
          ({ what, places }) => `It is done once this holds on ${places.join(', ')}: ${what}`,
        ),
      ].flatMap((line) => wrapped(line, columns()));
    },
    async check(isAsked) {
      if (item.see) return seen(context, item, isAsked);
      const found = await missingInTime();
      return told(found);
    },
    async hint(level) {
      if (item.see) return sightHints(context, item, level);
      const found = await missing();
      if (!found.length) return ['Nothing differs: type `check`.'];
      if (level === 1) return whereToLook(found);
      if (level === 2) return listed(found);
      const before = deviations(await reference.after(item.after - 1), await lab().like());
      const gone = undone(found, before, linesOfKind(plan, commands, 'typed'));
      if (!gone.length) return lineHints(context, commands, found);
      return [
        'What was there before this step is not as it was:',
        ...listed(gone).map((each) => `  ${each}`),
        'Bring it back, or begin this one anew: reset',
      ];
    },
    solve: (place) => typeLines(context, place ? commands.filter((each) => each.place === place) : commands),
  };
}

/** What lines are about, each with the places where it is. */
function byPlaces(commands: readonly Typed[], about: (line: string) => string | undefined) {
  const all = commands.flatMap(({ place, lines }) => lines.map((line) => ({ place, what: about(line) })));
  const whats = [...new Set(all.flatMap(({ what }) => what ?? []))];
  return whats.map((what) => ({
    what,
    places: [...new Set(all.filter((each) => each.what === what).map(({ place }) => place))],
  }));
}

/** A step of which its author says what is seen: whatever else differs then serves equally. */
async function seen({ lab, reference, deviations, accept }: Context, item: BuildItem, isAsked: boolean): Promise<Told> {
  const unseen = await unseenOf(lab().runtime, item, isAsked);
  if (unseen.length)
    return { passed: false, lines: [`It does not show yet on ${unseen.map(({ node }) => node).join(', ')}`] };
  accept(deviations(await reference.after(item.after), await lab().like()));
  return { passed: true, lines: [] };
}

async function sightHints({ lab, plan }: Context, item: BuildItem, level: number): Promise<string[]> {
  const unseen = await unseenOf(lab().runtime, item, true);
  if (!unseen.length) return ['It shows everywhere: type `check`.'];
  if (level === 1) return unseen.map(({ node, command }) => `Look on ${node}: \`${command}\``);
  if (level === 2)
    return unseen.map(({ node, reason, output }) => [`${node}: ${reason}`, ...output.split('\n').slice(-1)].join('; '));
  return lineTexts(linesOfKind(plan, item.commands, 'typed'));
}

const lineTexts = (typed: readonly Typed[]): string[] =>
  typed.flatMap(({ place, lines }) => lines.map((line) => `${place}# ${shownLine(line)}`));

/** The lines that lead to what is missing. */
function lineHints({ plan }: Context, commands: readonly Typed[], found: readonly Difference[]): string[] {
  const typed = linesOfKind(plan, commands, 'typed');
  const meant = linesFor(typed, found);
  const surplus = found.every(({ change }) => change === 'new');
  if (surplus && !meant.length) return ['What should not be there was typed besides: take it away, or `reset`.'];
  return lineTexts(meant.length ? meant : typed);
}

/** What differs, by place. */
const listed = (found: readonly Difference[]): string[] => [
  ...found.slice(0, SHOWN).map((each) => `${each.place}: ${differenceText(each)}`),
  ...(found.length > SHOWN ? [`and ${found.length - SHOWN} more`] : []),
];

/** How far it is, in a line: how many things differ, and where. */
function told(found: readonly Difference[]): Told {
  if (!found.length) return { passed: true, lines: [] };
  const places = [...new Set(found.map(({ place }) => place))];
  const counts = places.map((place) => `${place} ${found.filter((each) => each.place === place).length}`);
  const things = `${found.length} ${found.length === 1 ? 'thing differs' : 'things differ'}`;
  return { passed: false, lines: [`${things} from what this step leads to: ${counts.join(', ')}`] };
}
