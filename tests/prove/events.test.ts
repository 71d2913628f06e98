import { expect } from 'chai';
import { type Verdict, worst } from '../../src/judge/result.ts';

describe('worst', () => {
  it('is a failure before what is unknown, that before what was skipped, and passed only if all passed', () => {
    const of = (...verdicts: Verdict[]) => worst(verdicts);
    expect(of('passed', 'skipped', 'unknown', 'failed')).to.equal('failed');
    expect(of('passed', 'skipped', 'unknown')).to.equal('unknown');
    expect(of('passed', 'skipped')).to.equal('skipped');
    expect(of('passed', 'passed')).to.equal('passed');
  });
});
