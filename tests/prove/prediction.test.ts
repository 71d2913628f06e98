import { expect } from 'chai';
import type { Fate, HookResult, Outcome, PointResult, Stray, WalkResult } from '../../src/judge/result.ts';
import type { Direction, Part } from '../../src/lab/part.ts';
import { failureOf } from '../../src/plan/hops.ts';
import type { Prediction } from '../../src/plan/plan.ts';
import { disagreement, failingOf } from '../../src/prove/prediction.ts';

const point = (at: string, fate: Fate = 'passed', part: Part = 'request', direction?: Direction): PointResult => {
  const [place = '', device = ''] = at.split(':');
  const seen = fate === 'passed' || fate === 'differs' ? [] : null;
  const data = { expected: [], seen, differences: [], frame: null, time: null };
  return { kind: 'point', part, place, device, because: '', fate, direction: direction ?? null, ...data };
};

const hook = (place: string, chain: string, fate: Fate): HookResult => ({
  kind: 'hook',
  part: 'request',
  place,
  family: 'ip',
  table: 'nat',
  chain,
  because: '',
  fate,
  expected: { chains: [] },
  seen: null,
});

const stray: Stray = { kind: 'point', part: 'request', place: 'c', device: 'e', direction: 'in', seen: [], times: 1 };

const walked = (outcome: Outcome, hops: WalkResult['hops'], more: Partial<WalkResult> = {}): WalkResult => {
  const failedAt = hops.findIndex(({ fate }) => fate !== 'passed');
  return {
    name: 'a pings b',
    claims: [],
    verdict: ['answered', 'arrived', 'dropped'].includes(outcome) ? 'passed' : 'failed',
    outcome,
    failedAt: failedAt < 0 ? null : failedAt,
    send: { from: 'a', command: 'ping -c 1 10.0.0.2' },
    command: { code: 0, answered: outcome === 'answered' },
    hops,
    strays: [],
    notes: [],
    causes: [],
    evidence: [],
    durationMs: 1,
    ...more,
  };
};

const predicted = (outcome: Prediction['outcome'], text: string) => ({
  walk: 'a pings b',
  fails: { outcome, ...failureOf(text, ['a', 'b', 'c'])! },
});
const well = walked('answered', [point('a:e'), point('b:e')]);
const lostAtB = walked('lost', [point('a:e'), point('b:e', 'lost')]);
const differsAtB = walked('differs', [point('a:e'), point('b:e', 'differs')]);
const reason = (fault: ReturnType<typeof predicted>, broken: WalkResult) => disagreement(fault, broken, [], [well]);

describe('disagreement', () => {
  it('is none where the walk failed as predicted, there', () => {
    expect(reason(predicted('lost', 'b:e'), lostAtB)).to.equal(undefined);
    expect(reason(predicted('differs', 'b:e'), differsAtB)).to.equal(undefined);
    expect(
      reason(predicted('differs', 'b nat POSTROUTING'), walked('differs', [hook('b', 'POSTROUTING', 'differs')])),
    ).to.equal(undefined);
  });

  it('is there where another cause is named first than the one that is stated, or none', () => {
    const cause = (name: string): WalkResult['causes'][number] => ({
      cause: name,
      sentence: `${name} it is`,
      confidence: 'certain',
      place: 'b',
      supports: [],
      contradicts: [],
      evidence: [],
      fix: null,
      read: [],
    });
    const fault = { ...predicted('lost', 'b:e'), cause: 'no route' };
    expect(reason(fault, { ...lostAtB, causes: [cause('no route'), cause('wrong route')] })).to.equal(undefined);
    expect(reason(fault, { ...lostAtB, causes: [cause('wrong route'), cause('no route')] })).to.equal(
      "the cause named first is 'wrong route', not 'no route': wrong route it is",
    );
    expect(reason(fault, lostAtB)).to.equal("no cause is named, and not 'no route'");
    const compared = (...names: string[]) =>
      disagreement(fault, { ...lostAtB, causes: names.map(cause) }, [], [well], true);
    expect(compared('address missing', 'no route'), 'what was changed is told first').to.equal(undefined);
    expect(compared('wrong route')).to.equal(
      "the cause named first is 'wrong route', not 'no route': wrong route it is",
    );
  });

  it('is there where the walk failed in another way at the same place, and says how', () => {
    expect(reason(predicted('lost', 'b:e'), differsAtB)).to.equal('it was not lost at b:e: it differs there');
    expect(reason(predicted('differs', 'b:e'), lostAtB)).to.equal('it does not differ at b:e: it was lost there');
    const late = walked('out of order', [point('a:e'), point('b:e', 'out of order')]);
    expect(reason(predicted('lost', 'b:e'), late)).to.equal(
      'it was not lost at b:e: it was there, at another time than listed',
    );
    const passedBy = walked('elsewhere', [point('a:e'), point('b:e', 'missing'), point('c:e')]);
    expect(reason(predicted('lost', 'b:e'), passedBy)).to.equal(
      'it was not lost at b:e: it was not seen there, and went on',
    );
  });

  it('is there where the walk failed at another place, and says where', () => {
    expect(reason(predicted('lost', 'a:e'), lostAtB)).to.equal('lost at b:e, not at a:e');
    expect(reason(predicted('lost', 'a:e'), differsAtB)).to.equal('differs at b:e, not lost at a:e');
    expect(reason(predicted('lost', 'reply b:e'), lostAtB)).to.equal('lost at b:e, not reply lost at b:e');
    expect(reason(predicted('lost', 'b nat PREROUTING'), walked('lost', [hook('b', 'POSTROUTING', 'lost')]))).to.equal(
      'lost at b nat POSTROUTING, not at b nat PREROUTING',
    );
  });

  it('tells the two crossings of one interface apart', () => {
    const back = walked('lost', [point('b:e', 'passed', 'request', 'in'), point('b:e', 'lost', 'request', 'out')]);
    expect(reason(predicted('lost', 'b:e out'), back)).to.equal(undefined);
    expect(reason(predicted('lost', 'b:e in'), back)).to.equal('lost at b:e out, not at b:e in');
  });

  it('is there where the walk went as listed, whatever else it did', () => {
    expect(reason(predicted('lost', 'b:e'), well)).to.equal('a pings b went as listed all the same: answered');
    const astray = walked('elsewhere', [point('a:e'), point('b:e')], { strays: [stray] });
    expect(reason(predicted('lost', 'b:e'), astray)).to.match(/^also seen at c:e.*, not lost at b:e$/);
    const unanswered = walked('unanswered', [point('a:e'), point('b:e')]);
    expect(reason(predicted('lost', 'b:e'), unanswered)).to.match(/not answered, not lost at b:e$/);
  });

  it('names the walk that was not to notice, and the one that the fix did not mend', () => {
    const fault = predicted('lost', 'b:e');
    const other = { ...lostAtB, name: 'b pings a' };
    expect(disagreement(fault, lostAtB, [well, other], [])).to.equal('b pings a failed as well: lost at b:e');
    expect(disagreement(fault, lostAtB, [well], [well, other])).to.equal(
      'after the fix b pings a still fails: lost at b:e',
    );
  });

  it('is first of all what cannot be told', () => {
    const dim = walked('unknown', [], { verdict: 'unknown', reason: 'the capture lost frames on b' });
    expect(disagreement(predicted('lost', 'b:e'), well, [dim], [])).to.equal('a pings b: the capture lost frames on b');
  });
});

describe('failingOf', () => {
  it('is where a packet that is meant to differ first does, though it passed hops by before', () => {
    const hops = [point('a:e'), point('a:tun', 'missing'), point('a:f', 'differs'), point('b:e')];
    const broken = walked('elsewhere', hops);
    expect(failingOf(broken, 'differs')).to.deep.include({ outcome: 'differs', part: 'request' });
    expect(failingOf(broken, 'differs')!.where).to.include({ place: 'a', device: 'f' });
    expect(reason(predicted('differs', 'a:f'), broken)).to.equal(undefined);
    expect(reason(predicted('differs', 'b:e'), broken)).to.be.a('string');
    expect(reason(predicted('lost', 'a:tun'), broken)).to.be.a('string');
    expect(failingOf(broken)).to.deep.include({ outcome: 'elsewhere' });
  });

  it('is not where a packet differs after it was lost, or out of order', () => {
    for (const fate of ['lost', 'out of order'] as const) {
      const broken = walked(fate, [point('a:e', fate), point('b:e', 'differs')]);
      expect(failingOf(broken, 'differs')!.outcome).to.equal(fate);
    }
  });

  it('is the first hop that is not as listed, with its part', () => {
    const { part, where } = failureOf('reply b:e', ['b'])!;
    const walk = walked('lost', [point('a:e'), point('b:e', 'lost', 'reply')]);
    expect(failingOf(walk)).to.deep.equal({ outcome: 'lost', part, where });
  });

  it('is where the packet was not to be, when all hops are as listed', () => {
    const walk = walked('elsewhere', [point('a:e')], { strays: [stray] });
    expect(failingOf(walk)).to.deep.include({ outcome: 'elsewhere', part: 'request' });
    expect(failingOf(walk)!.where).to.include({ kind: 'point', place: 'c', device: 'e' });
  });

  it('is nothing of a walk that passed or cannot be judged', () => {
    expect(failingOf(well)).to.equal(null);
    expect(failingOf({ ...lostAtB, verdict: 'unknown' })).to.equal(null);
  });
});
