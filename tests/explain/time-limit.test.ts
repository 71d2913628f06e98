import { expect } from 'chai';
import { limitFor, patientLimit, timeLimit } from '../../src/explain/time-limit.ts';
import type { Ran } from '../../src/runtime/runtime.ts';

const ran = (code: number): Ran => ({ command: ':', code, stdout: '', stderr: '' });

describe('how long it may take to find out why a packet was lost', () => {
  const elsewhere = (script: () => Promise<Ran>) => ({ isElsewhere: true, script });

  it('is under 2 s on this machine, and no shell is started to find that out', async () => {
    const script = () => Promise.reject(new Error('nothing may be asked'));
    expect((await timeLimit({ script }, 'a')).wholeMs).to.equal(1800);
  });

  it('is the same on a machine that is as quick', () => {
    for (const shellMs of [0, 2, 3.5]) expect(limitFor(shellMs)).to.deep.equal(limitFor(0));
  });

  it('is as much longer as a machine is slower, up to 20 s', () => {
    expect(limitFor(10).wholeMs).to.equal(5000);
    expect(limitFor(20).wholeMs).to.equal(10_000);
    expect(limitFor(5000).wholeMs).to.equal(20_000);
  });

  it('is the longest where the right cause is to be named', () => {
    expect(patientLimit.wholeMs).to.be.greaterThan(limitFor(Number.POSITIVE_INFINITY).wholeMs);
  });

  it('leaves some of itself for the evidence', () => {
    for (const shellMs of [0, 60, 5000]) {
      const { wholeMs, gatheringMs } = limitFor(shellMs);
      expect(wholeMs - gatheringMs, `${shellMs} ms`).to.be.at.least(390);
    }
  });

  it('is not longer at a place that hangs, or is gone', async () => {
    let asked = 0;
    const hangs = elsewhere(async () => ran(asked++ ? 0 : 137));
    const gone = elsewhere(() => Promise.reject(new Error('no place a')));
    expect(await timeLimit(hangs, 'a')).to.deep.equal(limitFor(0));
    expect(asked, 'it is asked once').to.equal(1);
    expect(await timeLimit(gone, 'a')).to.deep.equal(limitFor(0));
  });
});
