import { expect } from 'chai';
import fc from 'fast-check';
import type { Run } from '../../src/compare/compare.ts';
import { divided, expected, gone, type Part, together } from '../../src/compare/shards.ts';

const run = (lab: string, runtime: string, durationMs: number, more: Partial<Run> = {}): Run => ({
  ...{ lab, runtime, verdict: 'passed', reason: '', durationMs, document: null },
  ...more,
});

const all = [
  { lab: 'a', runtime: 'netns', work: 4 },
  { lab: 'a', runtime: 'vm', work: 4 },
  { lab: 'b', runtime: 'netns', work: 10 },
  { lab: 'b', runtime: 'vm', work: 10 },
];

describe('The parts of a matrix', () => {
  it('are the whole, each run in one of them, in the order of the whole, whatever their durations and number', () => {
    const cells = fc.uniqueArray(fc.record({ lab: fc.string(), runtime: fc.constantFrom('netns', 'vm') }), {
      selector: ({ lab, runtime }) => `${lab} on ${runtime}`,
    });
    fc.assert(
      fc.property(cells, fc.integer({ min: 1, max: 9 }), fc.func(fc.nat(1000)), (runs, parts, took) => {
        const shares = divided(runs, parts, took);
        expect(shares).to.have.length(parts);
        expect(shares.flat()).to.have.members(runs);
        for (const share of shares) expect(share).to.deep.equal(runs.filter((each) => share.includes(each)));
        expect(divided([...runs], parts, took)).to.deep.equal(shares);
      }),
    );
  });

  it('are alike in length: none is longer than another by more than one run', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        (took, parts) => {
          const runs = took.map((ms, i) => ({ lab: String(i), runtime: 'netns', ms }));
          const sums = divided(runs, parts, ({ ms }) => ms).map((share) => share.reduce((sum, { ms }) => sum + ms, 0));
          expect(Math.max(...sums) - Math.min(...sums)).to.be.at.most(Math.max(...took));
        },
      ),
    );
  });

  it('go by what runs took before; by others of their runtime where they were not run; by packets where none was', () => {
    const known = expected(all, [
      run('a', 'netns', 400),
      run('a', 'vm', 4000),
      run('b', 'vm', 1, { verdict: 'skipped' }),
    ]);
    expect(all.map(known)).to.deep.equal([400, 4000, 1000, 10000]);
    expect(all.map(expected(all, []))).to.deep.equal([4, 4, 10, 10]);
    expect(all.map(expected(all, [run('a', 'netns', 400)]))).to.deep.equal([400, 400, 1000, 1000]);
  });

  it('name the runs whose durations are kept, but which are gone', () => {
    expect(gone(all, [run('a', 'vm', 1), run('c', 'vm', 1)])).to.deep.equal(['c on vm']);
  });
});

describe('Parts of a matrix, put together', () => {
  const planned = all.map(({ lab, runtime }) => ({ lab, runtime }));
  const part = (file: string, index: number, runs: Run[], more: Partial<Part['shard']> = {}): Part => ({
    file,
    shard: { index, of: 2, version: '1.0.0', planned, ...more },
    runs,
  });
  const one = part('one', 1, [run('b', 'vm', 4)]);
  const two = part('two', 2, [run('a', 'netns', 1), run('a', 'vm', 2), run('b', 'netns', 3)]);

  it('are the whole, in its order, whichever is read first', () => {
    for (const parts of [
      [one, two],
      [two, one],
    ]) {
      const { runs, problems } = together(parts);
      expect(runs.map(({ durationMs }) => durationMs)).to.deep.equal([1, 2, 3, 4]);
      expect(problems).to.deep.equal([]);
    }
  });

  it('have a run that no part tells of as unknown, with the part that is missing', () => {
    const { runs, problems } = together([two]);
    expect(runs.at(-1)).to.deep.include({ lab: 'b', runtime: 'vm', verdict: 'unknown', document: null });
    expect(runs.at(-1)!.reason).to.equal('no shard tells of it: shard 1 of 2 is missing');
    expect(problems).to.deep.equal(['shard 1 of 2 is missing']);
  });

  it('have a run that a whole part leaves out as unknown', () => {
    const { runs } = together([one, { ...two, runs: two.runs.slice(1) }]);
    expect(runs[0]).to.include({ verdict: 'unknown', reason: 'no shard tells of it' });
  });

  it('have what is told twice as unknown, even where both say the same', () => {
    const { runs, problems } = together([one, two, { ...one, file: 'again' }]);
    expect(runs).to.have.length(4);
    expect(runs.at(-1)).to.include({ verdict: 'unknown', reason: 'told 2 times: by one and again' });
    expect(problems).to.deep.equal(['shard 1 of 2 is there 2 times: one, again']);
  });

  it('are not taken for one matrix where a runtime has one kernel in one and another in the next', () => {
    const on = (lab: string, runtime: string, kernel: string) => ({ ...run(lab, runtime, 1), kernel });
    const first = part('one', 1, [on('b', 'vm', '6.12.1')]);
    const second = (kernel: string) =>
      part('two', 2, [on('a', 'vm', kernel), ...two.runs.filter(({ runtime }) => runtime !== 'vm')]);
    expect(together([first, second('6.12.1')]).problems).to.deep.equal([]);
    expect(together([first, second('6.12.2')]).problems).to.deep.equal([
      'vm was Linux 6.12.2 in one shard, and in another 6.12.1',
    ]);
  });

  it('are not taken for one matrix where their number, their runs or their versions differ', () => {
    const said = (more: Partial<Part['shard']>) => together([one, part('two', 2, two.runs, more)]).problems;
    expect(said({ of: 3 })).to.include('two is one of 3 shards, one one of 2');
    expect(said({ planned: planned.slice(1) })).to.deep.equal([
      'two and one are of matrices with other labs or runtimes',
    ]);
    expect(said({ version: '2.0.0' })).to.deep.equal(['two was written by packetwalk 2.0.0, one by 1.0.0']);
  });
});
