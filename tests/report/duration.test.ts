import { expect } from 'chai';
import { duration } from '../../src/report/duration.ts';

describe('duration', () => {
  for (const [ms, words] of [
    [0, '0.0 ms'],
    [6.44, '6.4 ms'],
    [99.96, '100 ms'],
    [552.4, '552 ms'],
    [999.7, '1.0 s'],
    [7392.8, '7.4 s'],
    [59_960, '1 min 0 s'],
    [125_000, '2 min 5 s'],
  ] as const)
    it(`reads ${ms} as ${words}`, () => expect(duration(ms)).to.equal(words));
});
