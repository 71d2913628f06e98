import { addressesOf, addressOf } from '../../lab/read.ts';
import type { Check, Expectation, Matrix } from '../../lab/words.ts';
import type { Problem } from '../bad-lab.ts';
import { claimProblem, type Known, named, nodeProblem, placeProblems } from './known.ts';

/** What is wrong with checks and matrices. */
export const checkProblems = (known: Known): Problem[] =>
  named(known.lab.checks).flatMap(([title, check]) => {
    const where = `checks['${title}']`;
    return [
      ...(check.claim ? claimProblem(known, `${where}.claim`, check.claim) : []),
      ...('run' in check ? outputProblems(known, `${where}.see`, check) : pairProblems(known, `${where}.pairs`, check)),
    ];
  });

/** What is wrong with what is to be seen of a command. */
export function outputProblems(known: Known, where: string, { see }: Pick<Check, 'see'>): Problem[] {
  const places = Object.entries<Expectation | Expectation[] | undefined>(see);
  if (!places.length) return [{ where, what: 'a check that looks nowhere proves nothing' }];
  return places.flatMap(([name, expected]) => {
    const all = [expected ?? []].flat();
    const proves = all.length && !all.some(expectsNothing);
    return [
      ...placeProblems(known, where, [name]),
      ...(proves ? [] : [{ where: `${where}.${name}`, what: 'expects nothing, and so proves nothing' }]),
    ];
  });
}

const expectsNothing = (expectation: Expectation) =>
  ('lines' in expectation && !expectation.lines.length) || ('lacks' in expectation && !expectation.lacks.length);

function pairProblems(known: Known, where: string, { pairs }: Matrix): Problem[] {
  const sends = pairs.some(({ from, to }) => from.some((a) => to.some((b) => a !== b)));
  const places = new Set(pairs.flatMap(({ from, to }) => [...from, ...to]));
  return [
    ...(sends ? [] : [{ where, what: 'nobody sends to anybody: it proves nothing' }]),
    ...[...places].flatMap((name) => {
      const unknown = nodeProblem(known, where, name);
      return unknown.length ? unknown : addressProblem(known, where, name);
    }),
  ];
}

function addressProblem({ wired }: Known, where: string, name: string): Problem[] {
  if (addressOf(wired, name)) return [];
  const shared = addressesOf(wired, name);
  const what = shared.length
    ? `${name} has no address of its own: another place has ${shared.join(' and ')}, too`
    : `${name} has no address`;
  return [{ where, what }];
}
