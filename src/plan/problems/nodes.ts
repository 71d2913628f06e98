import { podsNode } from '../../lab/read.ts';
import type { Lab } from '../../lab/words.ts';
import type { Problem } from '../bad-lab.ts';
import { hint } from '../nearest.ts';

/** What is wrong with the names and kinds of nodes and pods. */
export function nodeProblems({ nodes }: Pick<Lab, 'nodes'>): Problem[] {
  const homes = Object.keys(nodes).filter((each) => ['host', 'router'].includes(nodes[each]!));
  return Object.entries(nodes).flatMap(([name, kind]): Problem[] => {
    const where = `nodes.${name}`;
    const home = podsNode(kind);
    const found: Problem[] = [];
    if (!/^[a-zA-Z][\w.-]*$/.test(name))
      found.push({ where, what: 'a name begins with a letter and has letters, digits, - _ . only' });
    if (!home && !['host', 'router', 'switch'].includes(kind))
      found.push({
        where,
        what: `${kind} is no kind of node.`,
        hint: hint(kind, ['host', 'router', 'switch', 'pod on NODE']),
      });
    if (home && !homes.includes(home))
      found.push({ where, what: `there is no node ${home} for a pod to live in.`, hint: hint(home, homes) });
    return found;
  });
}
