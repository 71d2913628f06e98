import type { Lab } from '../../lab/words.ts';
import type { Problem } from '../bad-lab.ts';
import { links } from '../cables.ts';
import { cableProblems } from './cables.ts';
import { checkProblems } from './checks.ts';
import { faultProblems } from './faults.ts';
import { type Known, known, placeProblems } from './known.ts';
import { nodeProblems } from './nodes.ts';
import { walkProblems } from './walks.ts';

/** Everything that is inconsistent in a lab of the right shape; warnings are what may be right all the same. */
export function problems(lab: Lab): Problem[] {
  const wired = links(lab);
  const all = known(lab, wired.links);
  return [
    ...nodeProblems(lab),
    ...wired.problems,
    ...cableProblems(all),
    ...setupProblems(all),
    ...walkProblems(all),
    ...checkProblems(all),
    ...faultProblems(all),
  ];
}

const setupProblems = (known: Known): Problem[] =>
  Object.entries(known.lab.setup).flatMap(([title, commands]) =>
    placeProblems(known, `setup['${title}']`, Object.keys(commands)),
  );
