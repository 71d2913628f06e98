import { expect } from 'chai';
import fc from 'fast-check';
import { earlier, isPossibleOf } from './journeys/order.ts';
import { type Journey, journey, journeys } from './journeys.ts';

const sample = (count: number): Journey[] =>
  fc.sample(journeys, { numRuns: count, seed: 1 }).map((numbers) => journey(numbers));

const text = (one: Journey) =>
  one.parts.flatMap(({ events }) =>
    events.map(({ seen }) =>
      seen.kind === 'sighting' ? `${seen.at} ${seen.direction}` : `${seen.place} ${seen.table} ${seen.chain}`,
    ),
  );

describe('Random journeys', () => {
  it('are the simplest one where nothing is decided: two pods and a cable', () => {
    expect(text(journey([]))).to.deep.equal(['pod0:eth0 out', 'pod1:eth0 in']);
  });

  it('have a listing that is possible, by what is true and by what is told', () => {
    for (const { parts, surroundings } of sample(500))
      for (const { events, hops } of parts)
        for (const told of [true, false]) expect(isPossibleOf(hops, events, told, surroundings.macOf)).to.equal(true);
  });

  it('tell nothing that is not true', () => {
    for (const { parts } of sample(500))
      for (const { events } of parts) {
        const truth = earlier(events, false);
        for (const [event, before] of earlier(events, true))
          for (const each of before) expect(truth.get(event)?.has(each)).to.equal(true);
      }
  });

  it('have of everything: floods, tunnels, hooks, sticks, stacked devices, answers, losses', () => {
    const all = sample(500);
    const count = (is: (one: Journey) => boolean) => all.filter(is).length;
    const has = (pattern: RegExp) => count((one) => pattern.test(text(one).join('\n')));
    expect(has(/:tunl\d out$/m), 'ipip').to.be.above(10);
    expect(has(/:vxlan\d in$/m), 'vxlan').to.be.above(20);
    expect(has(/:macvlan\d in$/m), 'macvlan').to.be.above(10);
    expect(has(/:vlan\d in$/m), 'vlan').to.be.above(10);
    expect(has(/^(router\d+:\S+) in$[\s\S]*^\1 out$/m), 'router on a stick').to.be.above(10);
    expect(has(/^(switch\d+:veth\S+) in$[\s\S]*^\1 out$/m), 'hairpin').to.be.above(5);
    expect(has(/ FORWARD$/m), 'forward').to.be.above(50);
    expect(
      count(({ parts }) => parts.length === 2),
      'answers',
    ).to.be.above(50);
    expect(
      count(({ parts }) => parts.some(({ events }) => events.some(({ ignored }) => ignored))),
      'floods',
    ).to.be.above(50);
    expect(
      count(({ observations }) =>
        observations.some((each) => each.kind === 'passage' && each.ending?.verdict === 'drop'),
      ),
      'drops',
    ).to.be.above(10);
  });
});
