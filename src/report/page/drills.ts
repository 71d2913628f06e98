import { endedText } from '../../judge/outcome.ts';
import { proven } from '../../lab/read.ts';
import type { Plan, PlannedFault } from '../../plan/plan.ts';
import { escaped } from '../markup.ts';
import { block, folded, typedLines } from './parts.ts';

/** The drills as exercises: where the packet is lost, and on demand the hint, and what is wrong. */
export function drillsPart({ name, faults, walks }: Plan): string {
  if (!faults.length) return '';
  return [
    '## Drills',
    `While the lab stands, \`npm run lab -- drill ${name} 1 --break\` breaks what drill 1 is about, and \`--fix\` mends it. Find out in between what is wrong: \`npm run lab walk ${name}\` shows where the packet is lost.`,
    ...faults.map((fault, i) => drill(fault, i + 1, walks.length)),
  ].join('\n\n');
}

function drill(fault: PlannedFault, number: number, walks: number): string {
  const { walk, fails, untouched, hint, claims = [] } = fault;
  const ids = claims.map((proof) => proven(proof).id);
  const all = untouched.length > 1 && untouched.length === walks - 1;
  const others = all ? 'all other walks' : untouched.map((each) => `‘${escaped(each)}’`).join(', ');
  const spared = untouched.length ? ` Unharmed: ${others}.` : '';
  const solution = [
    `${escaped(fault.fault)}${ids.length ? ` (${ids.join(', ')})` : ''}. It was broken by`,
    block(fault.break.flatMap(typedLines)),
    'and is mended by',
    block(fault.fix.flatMap(typedLines)),
  ];
  return [
    `**${number}.** ‘${escaped(walk)}’: ${endedText(fails).replace(/at (.*)$/, 'at `$1`')}.${spared}`,
    folded('A hint', escaped(hint)),
    folded('What is wrong', solution.join('\n\n')),
  ].join('\n\n');
}
