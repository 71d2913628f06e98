import { commandsOf, isTaught } from '../../lab/read.ts';
import type { Taught } from '../../lab/taught.ts';
import type { Problem } from '../bad-lab.ts';
import { outputProblems } from './checks.ts';
import { type Known, named, placeProblems } from './known.ts';

/** What is wrong with steps. */
export const setupProblems = (known: Known): Problem[] =>
  named(known.lab.setup).flatMap(([title, step]) => {
    const where = `setup['${title}']`;
    const commands = commandsOf(step);
    if (!isTaught(step) && 'notes' in step && !('notes' in known.lab.nodes))
      return [{ where: `${where}.notes`, what: 'a step with notes has its commands in do: { do: { … }, notes: … }' }];
    return [
      ...placeProblems(known, where, Object.keys(commands)),
      ...(isTaught(step) ? taughtProblems(known, where, step) : []),
      ...(isTaught(step) && step.see ? outputProblems(known, `${where}.see`, step.see) : []),
    ];
  });

/** What is wrong with what a workshop says of something. */
export const taughtProblems = (known: Known, where: string, { ask }: Taught): Problem[] =>
  ask ? placeProblems(known, `${where}.ask.shownBy`, [ask.shownBy.from]) : [];
