import type { OneOf, Walk } from '../../lab/words.ts';
import { compatible } from '../../packet/index.ts';
import type { Problem } from '../bad-lab.ts';
import { listsOf, type PlannedHop, whereText } from '../hops.ts';
import { choicesOf, type ListedWay, waysOf } from '../ways.ts';

/** More ways than a person reads, or the judge tries. */
const MOST = 64;

/** What is wrong with the ways of which a walk's packet takes one. */
export function wayProblems(where: string, walk: Walk, planned: PlannedHop[]): Problem[] {
  const listed = listsOf(walk).flatMap(({ path, listing }) =>
    listing.flatMap((each, i) => ('oneOf' in each ? choiceProblems(`${where}.${path}[${i}]`, each) : [])),
  );
  if (listed.length) return listed;
  const choices = choicesOf(planned);
  const mixed = choices.flat().find((name, i, all) => all.indexOf(name) < i);
  if (mixed !== undefined) {
    const what = `two of its choices have a way '${mixed}', and not all the others: name all alike, or none`;
    return [{ where, what }];
  }
  const count = choices.reduce((product, { length }) => product * length, 1);
  if (count > MOST) return [{ where, what: `lists ${count} ways: ${MOST} at most` }];
  const ways = waysOf(planned);
  const empty = ways.find(({ hops }) => !hops.some(({ part }) => part === 'request'));
  if (empty && planned.length) return [{ where, what: `lists no hop on the way '${empty.names.join(', ')}'` }];
  return ways.flatMap((one, i) => {
    const same = ways.slice(i + 1).find((other) => isMetByOne(one, other));
    const names = same && [one, same].map((each) => `'${each.names.join(', ')}'`).join(' and ');
    return names ? [{ where, what: `${names} are met by one and the same packet: state what tells them apart` }] : [];
  });
}

function choiceProblems(where: string, { oneOf }: OneOf): Problem[] {
  const ways = Object.entries(oneOf);
  if (ways.length < 2)
    return [{ where, what: 'a choice has two ways or more: oneOf({ NAME: [at(…)], NAME: [at(…)] })' }];
  return ways.every(([, hops]) => !hops.length) ? [{ where, what: 'none of its ways has a hop' }] : [];
}

/** Whether one packet could go as two ways say, hop by hop. */
const isMetByOne = ({ hops: a }: ListedWay<PlannedHop>, { hops: b }: ListedWay<PlannedHop>): boolean =>
  a.length === b.length && a.every((hop, i) => bothHold(hop, b[i]!));

function bothHold(a: PlannedHop, b: PlannedHop): boolean {
  if (a.part !== b.part || whereText(a) !== whereText(b)) return false;
  if (a.kind === 'point') return b.kind === 'point' && compatible(a.headers, b.headers);
  return b.kind === 'hook' && JSON.stringify(a.way) === JSON.stringify(b.way);
}
