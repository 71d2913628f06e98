import { expect } from 'chai';
import { atMost } from '../../src/observe/at-most.ts';

describe('work of which only so much is under way', () => {
  it('begins in the order of asking, whoever asks, and none too early', async () => {
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const work = (i: number) => () => {
      begun.push(i);
      return new Promise<number>((resolve) => ends.push(() => resolve(i)));
    };
    const all = [0, 1, 2, 3].map((i) => atMost(2, work(i)));
    await Promise.resolve();
    expect(begun).to.deep.equal([0, 1]);
    ends[1]!();
    expect(await all[1]).to.equal(1);
    await Promise.resolve();
    expect(begun).to.deep.equal([0, 1, 2]);
    ends[0]!();
    ends[2]!();
    await Promise.all([all[0], all[2]]);
    ends[3]!();
    expect(await Promise.all(all)).to.deep.equal([0, 1, 2, 3]);
  });

  it('makes room when it fails', async () => {
    const failed = atMost(1, () => Promise.reject(new Error('no')));
    const next = atMost(1, async () => 'done');
    expect(await failed.catch(({ message }) => message)).to.equal('no');
    expect(await next).to.equal('done');
  });
});
