import { expect } from 'chai';
import { saidBy } from '../../src/prove/type-lines.ts';

describe('saidBy', () => {
  it('is what a line printed, to whichever stream', () => {
    expect(saidBy({ code: 2, stdout: 'one\n', stderr: 'two\n' })).to.equal('one\ntwo');
  });

  it('is how the line ended where it printed nothing', () => {
    expect(saidBy({ code: 1, stdout: '', stderr: '' })).to.equal('it ended with 1, and said nothing');
    expect(saidBy({ code: 143, stdout: ' \n', stderr: '' })).to.equal('it was ended by SIGTERM, and said nothing');
    expect(saidBy({ code: 255, stdout: '', stderr: '' })).to.equal('it ended with 255, and said nothing');
  });
});
