import { expect } from 'chai';
import fc from 'fast-check';
import { judgeWays } from '../../src/judge/ways.ts';
import type { PlannedHop } from '../../src/plan/hops.ts';
import { whereText } from '../../src/plan/hops.ts';
import { isPossibleOf } from './journeys/order.ts';
import { tape } from './journeys/tape.ts';
import { changedListings, changedObservations } from './journeys/wrong.ts';
import { type Journey, type JourneyPart, journey, journeys } from './journeys.ts';

const cases = Number(process.env.PROPERTY_CASES ?? 2000);

/** What is drawn follows from this number, by which it is drawn again. A case takes some 6 ms: the rest is for making a failure small. */
const seed = Number(process.env.PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const drawn = { seed, numRuns: cases, interruptAfterTimeLimit: 150 * cases };

const changes = fc.array(fc.nat({ max: 9999 }), { minLength: 100, maxLength: 120 });

const text = (hops: readonly PlannedHop[]) => hops.map((hop) => `${hop.part} ${whereText(hop)}`).join('\n  ');

const withPart = (whole: Journey, changed: JourneyPart, hops: PlannedHop[]) =>
  whole.parts.flatMap((part) => (part === changed ? hops : part.hops));

/** A hook that is listed, and of which nothing tells what led to it: what would pass may be unknown. */
const hasUnled = ({ parts }: Journey, hops: readonly PlannedHop[]) =>
  parts.some(({ part, events }) =>
    events.some(
      ({ seen, unled }) =>
        unled && hops.some((hop) => hop.kind === 'hook' && hop.part === part && hop.place === seen.place),
    ),
  );

/** Several lists as one, in which what is not the same of all is a choice. */
function choice(lists: readonly PlannedHop[][]): PlannedHop[] {
  const least = Math.min(...lists.map(({ length }) => length));
  const alike = (at: (list: PlannedHop[]) => PlannedHop | undefined) =>
    new Set(lists.map((list) => JSON.stringify(at(list)))).size === 1;
  let head = 0;
  while (head < least && alike((list) => list[head])) head++;
  let tail = 0;
  while (tail < least - head && alike((list) => list.at(-1 - tail))) tail++;
  const of = lists.map((_, i) => `way ${i}`);
  const between = (list: PlannedHop[], i: number) =>
    list.slice(head, list.length - tail).map((hop): PlannedHop => ({ ...hop, onWay: { name: of[i]!, of } }));
  return [...lists[0]!.slice(0, head), ...lists.flatMap(between), ...lists[0]!.slice(lists[0]!.length - tail)];
}

/** Fails with the listing, what is seen of it and why it was judged so. */
function verdictIs(
  whole: Journey,
  what: string,
  hops: PlannedHop[],
  wanted: readonly string[],
  seen = whole.observations,
) {
  const { verdict, outcome, reason } = judgeWays(hops, seen, whole.surroundings);
  if (wanted.includes(verdict)) return;
  if (wanted.includes('passed') && verdict === 'unknown' && hasUnled(whole, hops)) return;
  const truth = whole.parts.flatMap(({ hops }) => hops);
  throw new Error(
    `${what}: ${verdict} (${reason ?? outcome}), not ${wanted.join(' or ')}\nlisted:\n  ${text(hops)}\ntrue:\n  ${text(truth)}`,
  );
}

describe(`The judge, on ${cases} random journeys (PROPERTY_SEED=${seed})`, function () {
  this.timeout(0);

  const check = (property: (whole: Journey, decisions: number[]) => void) =>
    fc.assert(
      fc.property(journeys, changes, (numbers, decisions) => property(journey(numbers), decisions)),
      drawn,
    );

  it('passes what is true', () => check((whole) => verdictIs(whole, 'true', whole.hops, ['passed'])));

  it('passes a changed listing only where that is true, too', () => {
    const counts = { true: 0, wrong: 0, untold: 0 };
    check((whole, decisions) => {
      const decide = tape(decisions);
      const part = decide.pick(whole.parts);
      const { macOf } = whole.surroundings;
      for (const { what, hops } of changedListings(decide, part)) {
        const all = withPart(whole, part, hops);
        if (isPossibleOf(hops, part.events, false, macOf)) {
          counts.true++;
          verdictIs(whole, what, all, ['passed']);
        } else if (!isPossibleOf(hops, part.events, true, macOf)) {
          counts.wrong++;
          verdictIs(whole, what, all, ['failed']);
        } else counts.untold++;
      }
    });
    expect(counts.wrong).to.be.above(counts.true);
    expect(counts.wrong).to.be.above(10 * counts.untold);
  });

  it('passes ways of which the packet takes one where one of them is true, and only there', () => {
    const counts = { true: 0, wrong: 0, untold: 0 };
    check((whole, decisions) => {
      const decide = tape(decisions);
      const part = decide.pick(whole.parts);
      const { macOf } = whole.surroundings;
      const wrong = changedListings(decide, part).map(({ hops }) => hops);
      const lists = decide.chance(50) ? [...wrong.slice(0, 2), part.hops] : wrong.slice(0, 3);
      const hops = withPart(whole, part, choice(lists));
      const isPossible = (told: boolean) => lists.some((list) => isPossibleOf(list, part.events, told, macOf));
      if (isPossible(false)) {
        counts.true++;
        verdictIs(whole, 'a choice with a true way', hops, ['passed']);
      } else if (!isPossible(true)) {
        counts.wrong++;
        verdictIs(whole, 'a choice without a true way', hops, ['failed']);
      } else counts.untold++;
    });
    expect(Math.min(counts.true, counts.wrong)).to.be.above(5 * counts.untold);
  });

  it('passes nothing of which more or less was seen', () =>
    check((whole, decisions) => {
      for (const { what, hops, observations, verdict } of changedObservations(tape(decisions), whole))
        verdictIs(whole, what, hops, verdict === 'unknown' ? ['unknown'] : ['failed', 'unknown'], observations);
    }));
});
