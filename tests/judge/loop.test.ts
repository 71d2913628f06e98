import { expect } from 'chai';
import { loopOf, rounds } from '../../src/judge/loop.ts';
import { journey, type Step, wired } from './sightings.ts';

describe('rounds', () => {
  const found = (keys: string) => rounds([...keys]);

  it('are found wherever they begin, and counted as far as they are whole', () => {
    expect(found('xyabcabcabcab')).to.deep.equal({ from: 2, length: 3, times: 3 });
    expect(found('abababz')).to.deep.equal({ from: 0, length: 2, times: 3 });
  });

  it('are three at least, and of two elements at least', () => {
    for (const keys of ['', 'abcdef', 'abab', 'aaaaaaa', 'abcabxabc']) expect(found(keys), keys).to.equal(undefined);
  });
});

describe('loopOf', () => {
  const around = (times: number, ...round: Step[]): Step[] =>
    Array.from({ length: times }, (_, i) =>
      round.map(([at, way, ttl]): Step => [at, way, ttl - i * (round.length / 2)]),
    ).flat();
  const wires = wired({
    cables: [
      ['a:e', 'b:e'],
      ['b:f', 'a:f'],
    ],
  });

  it('is a ring that spends TTL, though it goes by no wire', () => {
    const steps = around(5, ['m:flan', 'out', 63], ['m:flan', 'in', 63]);
    expect(loopOf(journey([['m:br', 'in', 64], ...steps]), wired({}))).to.deep.equal({
      part: 'request',
      ring: [
        { place: 'm', device: 'flan', direction: 'out' },
        { place: 'm', device: 'flan', direction: 'in' },
      ],
      times: 5,
    });
  });

  it('is a ring of bridges, which spend none, where each point leads to the next', () => {
    const round: Step[] = [
      ['a:e', 'out', 64],
      ['b:e', 'in', 64],
      ['b:f', 'out', 64],
      ['a:f', 'in', 64],
    ];
    const steps = Array.from({ length: 4 }, () => round).flat();
    expect(loopOf(journey(steps), wires)).to.include({ times: 4 });
  });

  it('is none where copies took one way, one after another', () => {
    const way: Step[] = [
      ['a:e', 'out', 64],
      ['b:e', 'in', 64],
    ];
    expect(loopOf(journey([...way, ...way, ...way, ...way]), wires)).to.equal(undefined);
  });
});
