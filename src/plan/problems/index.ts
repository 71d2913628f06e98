import type { Lab } from '../../lab/words.ts';
import type { Problem } from '../bad-lab.ts';
import { links } from '../cables.ts';
import { cableProblems } from './cables.ts';
import { checkProblems } from './checks.ts';
import { faultProblems } from './faults.ts';
import { known } from './known.ts';
import { needsProblems } from './needs.ts';
import { nodeProblems } from './nodes.ts';
import { protocolProblems } from './protocols.ts';
import { setupProblems } from './setup.ts';
import { walkProblems } from './walks.ts';

/** Everything that is inconsistent in a lab of the right shape; warnings are what may be right all the same. */
export function problems(lab: Lab): Problem[] {
  const wired = links(lab);
  const all = known(lab, wired.links);
  return [
    ...needsProblems(lab.needs),
    ...nodeProblems(lab),
    ...wired.problems,
    ...cableProblems(all),
    ...protocolProblems(lab),
    ...setupProblems(all),
    ...walkProblems(all),
    ...checkProblems(all),
    ...faultProblems(all),
  ];
}
