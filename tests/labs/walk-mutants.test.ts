import { expect } from 'chai';
import { names, orSkip, seed } from './every-lab.ts';
import { proof } from './proof.ts';

describe(`No listing of a walk passes that is changed in one place (LABS_SEED=${seed})`, function () {
  this.timeout(300_000);
  const tried = { mutants: 0, walks: 0, refused: 0 };

  for (const name of names)
    it(name, async function () {
      const { planned, scores } = await orSkip(this, proof(name));
      expect(scores.filter(({ verdict }) => verdict !== 'passed').map(({ walk }) => walk)).to.deep.equal([]);
      for (const { score } of scores) {
        tried.walks++;
        tried.refused += score.killed;
        tried.mutants += score.killed + score.survived.length;
      }
      const survived = scores.flatMap(({ walk, score }) => score.survived.map((what) => `${walk}: ${what}`));
      expect(survived).to.deep.equal([]);
      expect(scores).to.have.length(planned.walks.length);
    });

  after(() => {
    const { mutants, walks, refused } = tried;
    const all = refused === mutants ? 'all refused' : `${refused} refused`;
    console.log(`    ${mutants} mutants of ${walks} walks: ${all} (${((100 * refused) / mutants).toFixed(1)} %)`);
  });
});
