import { expect } from 'chai';
import { claims as ledger } from '../../labs/claims.ts';
import { claimsIfPassed } from '../../src/record/claims.ts';
import { load, names } from './every-lab.ts';
import { byKernel, labsPass } from './labs-pass.ts';

labsPass((await byKernel()).here);

const corrected = [
  ...['NB-03', 'NB-04', 'PS-02', 'NF-01', 'NF-04', 'NF-05', 'CN-01', 'CN-02', 'CN-05', 'CN-06', 'CN-10'],
  ...['FV-07', 'FV-12', 'FV-19', 'KR-04', 'SC-07', 'SC-08', 'SN-03', 'SI-02', 'SI-04', 'SI-05', 'SH-01'],
  ...['NP-01', 'NT-01', 'NT-02', 'FN-02'],
];

/** Where agents masquerade, and where they do not; in kube-router of 2018, and in v2. */
const both = ['KM-02', 'KM-03', 'KR-05'];

describe('The claims of the documents', () => {
  it('are all confirmed or corrected by some lab', async () => {
    const ends = (await Promise.all(names.map(load))).flatMap(claimsIfPassed);
    const found = Object.keys(ledger).map((id) => [
      id,
      [...new Set(ends.filter((each) => each.id === id).map(({ verdict }) => verdict))].sort(),
    ]);
    const expected = Object.keys(ledger).map((id) => [
      id,
      both.includes(id) ? ['confirmed', 'corrected'] : corrected.includes(id) ? ['corrected'] : ['confirmed'],
    ]);
    expect(found).to.deep.equal(expected);
  });
});
