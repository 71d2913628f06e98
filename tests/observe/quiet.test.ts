import { expect } from 'chai';
import { stillness } from '../../src/observe/quiet.ts';
import { arp, seenAt } from './seen.ts';

const asks = seenAt('a:eth0', 'out', arp('request', '10.0.0.1', '10.0.0.2'));
const answers = seenAt('a:eth0', 'in', arp('reply', '10.0.0.2', '10.0.0.1'));

describe('stillness', () => {
  it('knows that a packet is lost after four round trips, and not before', () => {
    const still = stillness(0, 10, false);
    still.heard(1, [], 5);
    expect([still.isQuiet(44.9), still.isQuiet(45)]).to.deep.equal([false, true]);
  });

  it('waits for 20 ms on the shortest ways', () => {
    const still = stillness(0, 0.05, false);
    still.heard(1, [], 1);
    expect([still.isQuiet(20.9), still.isQuiet(21)]).to.deep.equal([false, true]);
  });

  it('waits for 200 ms where no way is known', () => {
    const still = stillness(0, undefined, false);
    expect([still.isQuiet(199), still.isQuiet(200)]).to.deep.equal([false, true]);
  });

  it('waits twice as long as the widest gap so far, unless it is impatient', () => {
    const [patient, impatient] = [stillness(0, 1, false), stillness(0, 1, true)];
    for (const each of [patient, impatient]) for (const now of [0, 50, 60]) each.heard(1, [], now);
    expect([patient.isQuiet(159), patient.isQuiet(160)]).to.deep.equal([false, true]);
    expect([impatient.isQuiet(79), impatient.isQuiet(80)]).to.deep.equal([false, true]);
  });

  it('waits a second for a neighbour, from the last time it was asked', () => {
    const still = stillness(0, 1, false);
    still.heard(0, [asks], 10);
    expect(still.hasBegun()).to.equal(true);
    expect([still.isQuiet(500), still.isQuiet(1029), still.isQuiet(1030)]).to.deep.equal([false, false, true]);
    still.heard(0, [asks], 1010);
    expect([still.isQuiet(2029), still.isQuiet(2030)]).to.deep.equal([false, true]);
  });

  it('waits no longer for a neighbour that answered', () => {
    const still = stillness(0, 1, false);
    still.heard(0, [asks], 10);
    still.heard(0, [answers], 12);
    expect([still.isQuiet(29), still.isQuiet(30)]).to.deep.equal([false, true]);
  });

  it('does not wait a second for a neighbour if it is impatient', () => {
    const still = stillness(0, 1, true);
    still.heard(0, [asks], 10);
    expect([still.isQuiet(29), still.isQuiet(30)]).to.deep.equal([false, true]);
  });

  it('waits longer on a machine whose timers are late', () => {
    const still = stillness(0, 1, true);
    still.heard(1, [], 0);
    still.late(2);
    expect(still.isQuiet(20)).to.equal(true);
    still.late(25);
    still.late(3);
    expect([still.isQuiet(99), still.isQuiet(100)]).to.deep.equal([false, true]);
  });

  it('has not begun before something is seen', () => {
    const still = stillness(0, 1, true);
    still.heard(0, [answers], 5);
    expect(still.hasBegun()).to.equal(false);
    still.heard(1, [], 6);
    expect(still.hasBegun()).to.equal(true);
  });
});
