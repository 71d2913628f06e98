import { expect } from 'chai';
import type { Observation, Sighting } from '../../src/judge/observation.ts';
import { judgeOwn } from '../../src/judge/own-walk.ts';
import { icmp, ip, tcp, udp } from '../../src/packet/index.ts';
import { asSeen } from '../results.ts';
import { answer, B, journey, passage } from './sightings.ts';

const owns = (place: string, address: string) => place === 'b' && address === B;
const judged = (observations: Observation[], more: { code?: number; answered?: boolean } = {}) =>
  judgeOwn({ observations, code: 0, answered: false, owns, ...more });

const there = journey([
  ['a:e', 'out', 64],
  ['r:e', 'in', 64],
  ['r:f', 'out', 63],
  ['b:e', 'in', 63],
]);
const back = journey(answer(['b:e', 'out', 64], ['r:f', 'in', 64], ['r:e', 'out', 63], ['a:e', 'in', 63]));
const as = (list: Sighting[], ...headers: Parameters<typeof asSeen>[0]) =>
  list.map((each) => ({ ...each, headers: asSeen([ip({ src: B, dst: B, ttl: 64 }), ...headers]) }));
const point = (place: string, device: string, direction: 'in' | 'out') => ({ kind: 'point', place, device, direction });

describe('judgeOwn', () => {
  it('is answered where the sender was told, and failed where its command did all the same', () => {
    const well = judged([...there, ...back], { answered: true });
    expect(well).to.deep.include({ outcome: 'answered', verdict: 'passed', answeredBy: 'b' });
    expect(judged([...there, ...back], { answered: true, code: 28 })).to.include({
      outcome: 'answered',
      verdict: 'failed',
    });
  });

  it('is lost where it was last seen, also on its way back', () => {
    expect(judged(there.slice(0, 2))).to.deep.equal({
      outcome: 'lost',
      verdict: 'failed',
      last: { part: 'request', where: point('r', 'e', 'in') },
      answeredBy: null,
    });
    expect(judged([...there, ...back.slice(0, 3)])).to.deep.include({
      outcome: 'lost',
      last: { part: 'reply', where: point('r', 'e', 'out') },
    });
  });

  it('is lost at the hook that dropped it, and not at one that let it pass', () => {
    const dropped = { ending: { verdict: 'drop' } };
    const hook = { kind: 'hook', place: 'b', family: 'ip', table: 'filter', chain: 'INPUT' };
    const last = { part: 'request', where: hook };
    expect(judged([...there, passage('b filter INPUT', 0, 63, dropped)])).to.deep.include({ outcome: 'lost', last });
    expect(judged([...there.slice(0, 2), passage('r nat PREROUTING', 0, 64)])).to.deep.include({
      outcome: 'lost',
      last: { part: 'request', where: point('r', 'e', 'in') },
    });
  });

  it('is unanswered where it got to its address, unless nothing of its kind must be answered', () => {
    expect(judged(there)).to.include({ outcome: 'unanswered', verdict: 'failed' });
    expect(judged(as(there, tcp({ dst: 80, flags: 'S' })))).to.include({ outcome: 'unanswered', verdict: 'failed' });
    expect(judged(as(there, udp({ dst: 53 })))).to.include({ outcome: 'arrived', verdict: 'passed' });
    expect(judged(as(there, udp({ dst: 53 })), { code: 9 })).to.include({ outcome: 'arrived', verdict: 'failed' });
  });

  it('is refused by a reset, and by an ICMP error that says so', () => {
    const reset = as(back, tcp({ src: 80, flags: 'RA' }));
    expect(judged([...there, ...reset], { answered: true })).to.include({
      outcome: 'refused',
      verdict: 'failed',
      answeredBy: 'b',
    });
    for (const [code, outcome] of [
      [3, 'refused'],
      [13, 'refused'],
      [1, 'lost'],
      [0, 'lost'],
    ] as const) {
      const error = as(back.slice(2), icmp({ type: 'unreachable', code }));
      expect(judged([...there.slice(0, 2), ...error]), String(code)).to.include({ outcome, verdict: 'failed' });
    }
  });

  it('was not sent where nothing was seen of it', () => {
    expect(judged([], { code: 2 })).to.include({ outcome: 'nothing sent', verdict: 'failed', last: null });
  });
});
