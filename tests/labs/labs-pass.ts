import { expect } from 'chai';
import { isAt } from '../../src/plan/hops.ts';
import { verdictOf } from '../../src/prove/run.ts';
import { claimResults, claimsIfPassed } from '../../src/record/claims.ts';
import { needs } from '../../src/runtime/features.ts';
import { drawn, isNightly, load, names, orSkip, seed, shuffled } from './every-lab.ts';
import { type Choice, type Proof, proof } from './proof.ts';

/** Parts of a kernel that not every distribution's has: where it lacks one, the lab runs in a virtual machine. */
const rare = ['ipip', 'dummy', 'ip_vs'];

/** The labs whose nodes run on this kernel, and those that may need one of their own. */
export async function byKernel(): Promise<{ here: string[]; inMachines: string[] }> {
  const [here, inMachines]: [string[], string[]] = [[], []];
  for (const name of names) {
    const isRare = needs(await load(name)).some((feature) => rare.includes(feature));
    (isRare ? inMachines : here).push(name);
  }
  return { here, inMachines };
}

/** All drills of a lab, in an order of chance. */
const all: Choice = shuffled;

/** In an emulated machine each drill takes long: by day some of them, in an order of chance. */
export const some: Choice = (faults, name) => shuffled(drawn(faults, name), name);

/** Has mocha prove labs, each on one stand-up: walks, checks, claims, drills, and the mutants of its walks. */
export function labsPass(labs: string[], choice = all, runtime = 'auto'): void {
  const tried = { mutants: 0, walks: 0, refused: 0 };
  for (const name of labs)
    describe(`The lab ${name}${runtime === 'auto' ? '' : ` on ${runtime}`}`, function () {
      this.timeout(600_000);
      let run: Proof;
      before(async function () {
        run = await orSkip(this, proof(name, choice, runtime));
      });

      it('passes, with every walk as listed and every check true', () => {
        expect(verdictOf(run.planned, run.found, { drills: true })).to.deep.equal({ verdict: 'passed', reason: '' });
        expect(run.found.walks).to.have.length(run.planned.walks.length);
      });

      it('ends each of its claims as confirmed or corrected, as it says', () => {
        const ends = (claims: { id: string; verdict: string }[]) => claims.map(({ id, verdict }) => ({ id, verdict }));
        expect(ends(claimResults(run.planned, run.found))).to.deep.equal(ends(claimsIfPassed(run.planned)));
      });

      it(`has ${choice === all || isNightly ? 'every drill' : 'a seventh of its drills'} fail as predicted, at its stated hop, and healed, in any order (LABS_SEED=${seed})`, async () => {
        const drills = run.found.drills.map(({ fault, expected, failed, healed }) => ({
          fault,
          expected,
          isMet:
            failed?.outcome === expected.outcome &&
            [expected, ...(expected.others ?? [])].some(
              ({ part, where }) => part === failed.part && isAt(where, failed.where),
            ),
          healed,
        }));
        const predicted = run.planned.faults.map(({ fault, fails }) => ({
          fault,
          expected: fails,
          isMet: true,
          healed: true,
        }));
        expect(drills).to.deep.equal(predicted);
        expect((await load(name)).faults.length).to.be.at.least(4);
      });

      it('survives being written down: its plan is plain data', () => {
        expect(JSON.parse(JSON.stringify(run.planned))).to.deep.equal(run.planned);
      });

      it(`passes no listing of a walk that is changed in one place (LABS_SEED=${seed})`, () => {
        const { planned, scores } = run;
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
    });

  after(() => {
    const { mutants, walks, refused } = tried;
    const all = refused === mutants ? 'all refused' : `${refused} refused`;
    console.log(`    ${mutants} mutants of ${walks} walks: ${all} (${((100 * refused) / mutants).toFixed(1)} %)`);
  });
}
