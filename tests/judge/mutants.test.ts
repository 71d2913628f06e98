import { expect } from 'chai';
import fc from 'fast-check';
import { judge } from '../../src/judge/walk.ts';
import { journey, journeys } from './journeys.ts';
import { mutants, score } from './mutants.ts';

const walk = () => {
  for (const numbers of fc.sample(journeys, { numRuns: 400, seed: 3 })) {
    const one = journey(numbers);
    const { hops, observations, surroundings, parts } = one;
    const isTold = parts.every(({ events }) => !events.some(({ unled }) => unled));
    const isLong = hops.length > 10 && hops.some(({ kind }) => kind === 'hook') && parts.length > 1;
    if (isTold && isLong && judge(hops, observations, surroundings).verdict === 'passed') return one;
  }
  throw new Error('no long journey');
};
const directions = ({ parts }: ReturnType<typeof walk>) =>
  parts.flatMap(({ listed }) => listed.map(({ seen }) => (seen.kind === 'sighting' ? seen.direction : null)));

describe('Mutants of a walk', () => {
  it('are swaps, drops, doubles, moves and turns of its hops, each within its part', () => {
    const one = walk();
    const all = mutants(one.hops, directions(one));
    for (const word of ['after the next', 'left out', 'doubled', 'moved to', 'turned round'])
      expect(all.filter(({ what }) => what.includes(word)).length, word).to.be.above(5);
    const parts = (hops: { part: string }[]) => hops.map(({ part }) => part).join(' ');
    for (const { hops } of all) expect(parts(hops)).to.match(/^(request ?)+(reply ?)+$/);
  });

  it('are all told from the walk, but for those that are true as well', () => {
    const one = walk();
    const { killed, survived } = score(one.hops, one.observations, one.surroundings, directions(one));
    expect(survived).to.deep.equal([]);
    expect(killed).to.be.above(50);
  });

  it('are equivalent where nothing orders two neighbours', () => {
    const unordered = fc.sample(journeys, { numRuns: 50, seed: 5 }).flatMap((numbers) => {
      const one = journey(numbers);
      const { equivalent, survived } = score(one.hops, one.observations, one.surroundings, directions(one));
      expect(survived).to.deep.equal([]);
      return equivalent ? [one] : [];
    });
    expect(unordered.length).to.be.above(5);
  });
});
