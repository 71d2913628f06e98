import { bold } from 'yoctocolors';
import { type Difference, differencesOf } from '../explain/state/compare.ts';
import type { PlaceState } from '../explain/state/place-state.ts';
import { readStates } from '../explain/state/read.ts';
import { BadUsage, exitCodes } from '../plan/usage.ts';
import { type Baseline, keptBaseline } from '../record/baseline.ts';
import { reenter } from '../runtime/index.ts';
import { asking } from './keep-states.ts';
import { say, sayJson, typed } from './output.ts';
import { standing } from './which-lab.ts';

/** Says what a standing lab's places go by that they did not when it was proven, or set up. */
export async function diff(word: string, { json }: { json?: boolean }): Promise<number> {
  const lab = await standing(word);
  const baseline = keptBaseline(lab);
  if (!baseline)
    throw new BadUsage(
      `${lab.name} stands, but what its places were like when it was set up is not known.`,
      `Prove it, and it is known from then on: ${typed(word)}`,
    );
  const then = new Map(baseline.states);
  await using runtime = await reenter(lab.plan, lab.standing);
  const now = await readStates(runtime, lab.plan, [...then.keys()], asking(runtime));
  const differences = differencesOf(then, now);
  const unasked = notAskedNow(then, now);
  const { at, after } = baseline;
  if (json) sayJson({ lab: lab.name, at, after, differences, unasked });
  else say(...linesOf(lab.name, word, baseline, differences, unasked));
  if (differences.length) return exitCodes.failed;
  return unasked.length ? exitCodes.unknown : exitCodes.passed;
}

/** Why something could not be asked that could be at the earlier time. */
const notAskedNow = (then: ReadonlyMap<string, PlaceState>, now: ReadonlyMap<string, PlaceState>): string[] =>
  [...now].flatMap(([place, { unasked, unread }]) => {
    const before = then.get(place)?.unread ?? [];
    return unread.some((part) => !before.includes(part)) ? unasked : [];
  });

function linesOf(
  name: string,
  word: string,
  { at, after }: Baseline,
  differences: readonly Difference[],
  unasked: readonly string[],
): string[] {
  const when = `when it was ${after === 'proof' ? 'proven' : 'set up'}, ${new Date(at).toLocaleTimeString()}`;
  const open = unasked.length ? ['', bold('Not asked'), ...unasked.map((line) => `  ${line}`)] : [];
  if (!differences.length)
    return [`${name} is as it was ${when}${open.length ? ', as far as it could be asked' : ''}.`, ...open];
  const places = [...new Set(differences.map(({ place }) => place))];
  const count = `${differences.length} ${differences.length === 1 ? 'thing' : 'things'}`;
  return [
    `${name} differs in ${count} from ${when}:`,
    ...places.flatMap((place) => [
      '',
      bold(place),
      ...differences.flatMap((each) => (each.place === place ? [`  ${withoutPlace(each)}`] : [])),
    ]),
    ...open,
    '',
    `Stand it up anew: ${typed('down', name)}, then ${typed('up', word)}`,
  ];
}

const withoutPlace = ({ place, sentence }: Difference) => sentence.slice(`${place}: `.length);
