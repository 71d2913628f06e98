import { expect } from 'chai';
import { claims as ledger } from '../../labs/claims.ts';
import { isAt } from '../../src/plan/hops.ts';
import { verdictOf } from '../../src/prove/run.ts';
import { claimResults } from '../../src/record/claims.ts';
import { names, orSkip, seed } from './every-lab.ts';
import { type Proof, proof } from './proof.ts';

/** What every claim of every lab came to, by id. */
const ended = new Map<string, Set<string>>();
let proven = 0;

for (const name of names)
  describe(`The lab ${name}`, function () {
    this.timeout(300_000);
    let run: Proof;
    before(async function () {
      run = await orSkip(this, proof(name));
      proven++;
      for (const { id, verdict } of claimResults(run.planned, run.found))
        ended.set(id, (ended.get(id) ?? new Set()).add(verdict));
    });

    it('passes, with every walk as listed and every check true', () => {
      expect(verdictOf(run.planned, run.found, { drills: true })).to.deep.equal({ verdict: 'passed', reason: '' });
      expect(run.found.walks).to.have.length(run.planned.walks.length);
    });

    it(`has every drill fail as predicted, at its stated hop, and healed, in any order (LABS_SEED=${seed})`, () => {
      const drills = run.found.drills.map(({ fault, expected, failed, healed }) => ({
        fault,
        expected,
        isMet:
          failed?.outcome === expected.outcome && failed.part === expected.part && isAt(expected.where, failed.where),
        healed,
      }));
      const predicted = run.planned.faults.map(({ fault, fails }) => ({
        fault,
        expected: fails,
        isMet: true,
        healed: true,
      }));
      expect(drills).to.deep.equal(predicted);
      expect(drills.length).to.be.at.least(4);
    });

    it('survives being written down: its plan is plain data', () => {
      expect(JSON.parse(JSON.stringify(run.planned))).to.deep.equal(run.planned);
    });
  });

describe('The claims of the documents', () => {
  const corrected = [
    ...['NB-03', 'NB-04', 'PS-02', 'NF-01', 'NF-04', 'NF-05', 'CN-01', 'CN-02', 'CN-05', 'CN-06', 'CN-10'],
    ...['FV-07', 'FV-12', 'FV-19', 'KR-04'],
  ];

  it('are all confirmed or corrected by some lab, and nowhere refuted', () => {
    // Where this machine cannot have a lab, or none was asked for, what it would show is not known.
    const isWhole = proven === names.length;
    const shown = Object.keys(ledger).filter((id) => isWhole || ended.has(id));
    const expected = shown.map((id) => [id, corrected.includes(id) ? ['corrected'] : ['confirmed']]);
    expect(shown.map((id) => [id, [...(ended.get(id) ?? [])]])).to.deep.equal(expected);
  });
});
