import type { Part } from '../../lab/part.ts';
import type { Hop, Walk } from '../../lab/words.ts';
import type { Problem } from '../bad-lab.ts';
import { listedHops, listsOf, plannedHops } from '../hops.ts';
import { isPing, mentionsPing, unfollowable } from '../ping.ts';
import { waysOf } from '../ways.ts';
import { formProblems, hopProblems } from './hops.ts';
import { claimProblem, type Known, named, nodeProblem } from './known.ts';
import { orderProblems } from './order.ts';
import { taughtProblems } from './setup.ts';
import { wayProblems } from './ways.ts';

/** What is wrong with walks. */
export const walkProblems = (known: Known): Problem[] =>
  named(known.lab.walks).length
    ? named(known.lab.walks).flatMap(([name, walk]) => oneWalk(known, `walks['${name}']`, walk))
    : [{ where: 'walks', what: 'a lab has at least one walk' }];

function oneWalk(known: Known, where: string, walk: Walk): Problem[] {
  const listed = (check: (here: string, hop: Hop) => Problem[]) =>
    listsOf(walk).flatMap((list) =>
      listedHops(list.listing).flatMap(({ hop, path }) => check(`${where}.${list.path}${path} at ${hop.at}`, hop)),
    );
  const found = [
    ...nodeProblem(known, `${where}.send`, walk.send.from),
    ...sendProblems(where, walk),
    ...listed((here, hop) => hopProblems(known, here, hop)),
  ];
  const readable = !listed((here, hop) => formProblems(here, hop)).length;
  const planned = readable ? plannedHops(walk) : [];
  const wrongWays = wayProblems(where, walk, planned);
  const isKnown = [walk.send.from, ...planned.map(({ place }) => place)].every((each) =>
    Object.hasOwn(known.lab.nodes, each),
  );
  return [
    ...found,
    ...wrongWays,
    ...(isKnown && !wrongWays.length
      ? waysOf(planned).flatMap(({ names, hops }) =>
          orderProblems(known, names.length ? `${where} (${names.join(', ')})` : where, walk, hops),
        )
      : []),
    ...(walk.claims ?? []).flatMap((claim) => claimProblem(known, `${where}.claims`, claim)),
    ...taughtProblems(known, where, walk),
  ];
}

function sendProblems(where: string, walk: Walk): Problem[] {
  const { command } = walk.send;
  const why = unfollowable(command);
  const found: { at: Part | 'send' | 'unanswered'; what: string }[] = [
    ...(why ? [{ at: 'send' as const, what: why }] : []),
    ...(walk.end && isPing(command) ? [{ at: 'end' as const, what: 'a ping has no connection that could end' }] : []),
    ...(walk.unanswered && !mentionsPing(command)
      ? [{ at: 'unanswered' as const, what: 'only the sender of a ping is told that it was answered: leave it out' }]
      : []),
    ...(walk.unanswered && walk.reply?.length === 0
      ? [{ at: 'unanswered' as const, what: '`reply: []` says already that there is no answer: leave one out' }]
      : []),
  ];
  return found.map(({ at, what }) => ({ where: `${where}.${at}`, what }));
}
