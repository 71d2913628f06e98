import type { Fault } from '../../lab/words.ts';
import type { Problem } from '../bad-lab.ts';
import { failureOf, isAt, type PlannedHop, plannedHops, whereText } from '../hops.ts';
import { hint } from '../nearest.ts';
import { waysOf } from '../ways.ts';
import { whereProblem } from './hops.ts';
import { claimProblem, type Known, named, placeProblems } from './known.ts';
import { statesFragments } from './order.ts';
import { taughtProblems } from './setup.ts';

/** What is wrong with faults, and with what they predict. */
export const faultProblems = (known: Known): Problem[] =>
  named(known.lab.faults).flatMap(([name, fault]) => {
    const where = `faults['${name}']`;
    return [
      ...(fault.claims ?? []).flatMap((claim) => claimProblem(known, `${where}.claims`, claim)),
      ...taughtProblems(known, where, fault),
      ...placeProblems(known, `${where}.break`, Object.keys(fault.break)),
      ...placeProblems(known, `${where}.fix`, Object.keys(fault.fix)),
      ...walkNameProblems(known, where, fault),
      ...predictionProblems(known, where, fault),
    ];
  });

const walkOf = ({ lab }: Known, { walk }: Fault) => walk ?? Object.keys(lab.walks)[0] ?? '';

function walkNameProblems(known: Known, where: string, fault: Fault): Problem[] {
  const walks = Object.keys(known.lab.walks);
  const broken = walkOf(known, fault);
  const spared = Array.isArray(fault.untouched) ? fault.untouched : [];
  return [
    ...[broken, ...spared].flatMap((name) =>
      !name || walks.includes(name) ? [] : [{ where, what: `there is no walk '${name}'.`, hint: hint(name, walks) }],
    ),
    ...(spared.includes(broken) ? [{ where: `${where}.untouched`, what: `'${broken}' is the walk that is lost` }] : []),
  ];
}

function predictionProblems(known: Known, where: string, fault: Fault): Problem[] {
  const { lostAt, differsAt } = fault;
  if (lostAt !== undefined && differsAt !== undefined)
    return [{ where, what: 'a walk is lost at a hop or differs there: state lostAt or differsAt, not both' }];
  const stated = lostAt ?? differsAt;
  if (stated === undefined) return [{ where, what: 'says not where its walk fails: state lostAt or differsAt' }];
  const name = walkOf(known, fault);
  const walk = Object.hasOwn(known.lab.walks, name) ? known.lab.walks[name] : undefined;
  const at = `${where}.${lostAt === undefined ? 'differsAt' : 'lostAt'}`;
  return walk ? [stated].flat().flatMap((each) => hopOf(known, at, each, plannedHops(walk))) : [];
}

function hopOf({ lab }: Known, where: string, stated: string, hops: PlannedHop[]): Problem[] {
  const places = Object.keys(lab.nodes);
  const failure = failureOf(stated, places, hops);
  if (!failure) return [{ where, ...whereProblem(stated.replace(/^(reply|end|later \d+) /, ''))! }];
  const isMeant = (hop: PlannedHop) => hop.part === failure.part && isAt(failure.where, hop);
  if (!hops.some(isMeant))
    return [{ where, what: `its walk has no hop ${stated}.`, hint: hint(stated, [...new Set(hops.map(textOf))]) }];
  const doubts = waysOf(hops).map((way) =>
    ambiguity(stated, way.hops.filter(isMeant), statesFragments(way.hops, failure.part)),
  );
  return [...new Set(doubts)].flatMap((what) => (what ? [{ where, what }] : []));
}

/** A hop as a fault names it: that of an answer begins with `reply`. */
const textOf = (hop: PlannedHop) => `${hop.part === 'request' ? '' : `${hop.part} `}${whereText(hop)}`;

/** Why it cannot be told which of several hops is meant, and what to write. */
function ambiguity(stated: string, matches: PlannedHop[], fragments: boolean): string | undefined {
  const [first, ...others] = matches;
  if (!first || !others.length || fragments) return undefined;
  if (first.kind === 'point') {
    const directions = new Set(matches.flatMap((hop) => (hop.kind === 'point' ? [hop.direction] : [])));
    const { part, because, kind, place, device } = first;
    const bare = textOf({ part, because, kind, place, device, headers: [] });
    const say = `${bare} is crossed twice: say ${bare} in or ${bare} out`;
    if (directions.has(undefined)) return `${say}, and in the walk too`;
    return directions.size > 1 ? say : undefined;
  }
  const families = [...new Set(matches.map((hop) => (hop.kind === 'hook' ? (hop.family ?? 'ip') : '')))];
  if (families.length < 2) return undefined;
  const { place, table, chain } = first;
  return `${stated} is listed in ${families.length} families: say ${families.map((family) => `${place} ${family} ${table} ${chain}`).join(' or ')}`;
}
