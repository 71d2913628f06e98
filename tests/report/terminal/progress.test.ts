import { expect } from 'chai';
import { underWay } from '../../../src/report/terminal/progress.ts';
import { passedRun, step } from '../results.ts';

describe('underWay', () => {
  it('tells what is under way until the run has ended', () => {
    expect(passedRun.map(underWay)).to.deep.equal([
      'Starting flannel-vxlan on netns',
      'Lay the cables between nodes',
      'Opening a capture at every interface',
      'Sending packets',
      'Checking',
      'Checking',
      'Drill: master does not forward',
      'Drilling',
      null,
    ]);
    expect(underWay(step('Break it', { verdict: 'failed' })[1]!)).to.equal('Taking the lab down');
  });
});
