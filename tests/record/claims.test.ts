import { expect } from 'chai';
import { corrects } from '../../src/index.ts';
import type { Stray } from '../../src/judge/result.ts';
import { plan } from '../../src/plan/plan.ts';
import { claimResults, claimsIfPassed } from '../../src/record/claims.ts';
import { checkResult, drillResult, walkResult } from '../results.ts';
import { spoilt, type Unchecked } from '../small-lab.ts';

const WALK = 'a pings b';
const CHECK = 'a has an address';
const FAULT = 'b is deaf';

const planned = (change: (lab: Unchecked) => void = () => {}) =>
  plan(
    spoilt((lab) => {
      lab.claims['C-2'] = { document: 'Another', says: 'b is deaf at times' };
      lab.checks[CHECK].claim = 'C-1';
      lab.checks['a reaches b'].claim = 'C-1';
      lab.faults[FAULT].claims = ['C-2'];
      change(lab);
    }),
    'small',
  );
const walks = [walkResult(WALK, 'passed', { claims: ['C-1'] })];
const checks = [checkResult(CHECK, 'passed', { claim: 'C-1' }), checkResult('a reaches b', 'passed', { claim: 'C-1' })];
const drills = [drillResult(FAULT, 'passed', { claims: ['C-2'] })];

describe('claimResults', () => {
  it('confirm a claim for which all the evidence speaks, and name the evidence', () => {
    expect(claimResults(planned(), { walks, checks, drills })).to.deep.equal([
      { id: 'C-1', verdict: 'confirmed', note: `${WALK}; ${CHECK}; a reaches b` },
      { id: 'C-2', verdict: 'confirmed', note: FAULT },
    ]);
  });

  it('correct a claim where the document is imprecise, and say what is true instead', () => {
    const corrected = planned((lab) => {
      lab.checks[CHECK].claim = corrects('C-1', 'Not quite');
    });
    expect(claimResults(corrected, { walks, checks, drills })[0]).to.deep.equal({
      id: 'C-1',
      verdict: 'corrected',
      note: 'Not quite',
    });
  });

  it('tell every correction of a claim, each once', () => {
    const corrected = planned((lab) => {
      lab.walks[WALK].claims = [corrects('C-1', 'It depends')];
      lab.checks[CHECK].claim = corrects('C-1', 'Not quite');
      lab.checks['a reaches b'].claim = corrects('C-1', 'It depends');
    });
    expect(claimResults(corrected, { walks, checks, drills })[0]!.note).to.equal('It depends\nNot quite');
  });

  it('are known before a run for the case that all passes', () => {
    // A run takes matrices before checks.
    const all = { walks, checks: [...checks].reverse(), drills };
    expect(claimsIfPassed(planned())).to.deep.equal(claimResults(planned(), all));
  });

  it('refute a claim for which any evidence fails, be the rest unknown or passed, corrected or not', () => {
    const failed = [checkResult(CHECK, 'failed', { claim: 'C-1', reason: 'mtu is 2, not 1' }), checks[1]!];
    const unknown = [walkResult(WALK, 'unknown', { claims: ['C-1'], reason: 'lost frames' })];
    const corrected = planned((lab) => {
      lab.checks[CHECK].claim = corrects('C-1', 'Not quite');
    });
    for (const each of [planned(), corrected])
      expect(claimResults(each, { walks: unknown, checks: failed, drills })[0]).to.deep.equal({
        id: 'C-1',
        verdict: 'refuted',
        note: `${CHECK}: mtu is 2, not 1`,
      });
  });

  it('refute a claim whose walk is lost or strays, or whose drill goes another way, and say where', () => {
    const lost = [walkResult(WALK, 'failed', { claims: ['C-1'] })];
    const atC: Stray = {
      ...{ kind: 'point', part: 'request', place: 'c', device: 'eth0', direction: 'in', seen: [], times: 1 },
    };
    const stray = [
      walkResult(WALK, 'failed', { claims: ['C-1'], outcome: 'elsewhere', failedAt: null, hops: [], strays: [atC] }),
    ];
    const wayward = [drillResult(FAULT, 'failed', { claims: ['C-2'], reason: 'it arrived all the same' })];
    expect(claimResults(planned(), { walks: lost, checks, drills })[0]!.note).to.equal(`${WALK}: lost at b:eth0`);
    expect(claimResults(planned(), { walks: stray, checks, drills })[0]!.note).to.match(/^a pings b: .*seen at c:eth0/);
    expect(claimResults(planned(), { walks, checks, drills: wayward })[1]).to.deep.equal({
      id: 'C-2',
      verdict: 'refuted',
      note: `${FAULT}: it arrived all the same`,
    });
  });

  it('leave a claim undecided while evidence is unknown or skipped', () => {
    const unknown = [walkResult(WALK, 'unknown', { claims: ['C-1'], reason: 'the capture lost frames' })];
    expect(claimResults(planned(), { walks: unknown, checks, drills })[0]).to.deep.equal({
      id: 'C-1',
      verdict: 'unknown',
      note: `${WALK}: the capture lost frames`,
    });
    const skipped = [checkResult(CHECK, 'skipped', { claim: 'C-1', reason: 'no ethtool' }), checks[1]!];
    expect(claimResults(planned(), { walks, checks: skipped, drills })[0]!.verdict).to.equal('unknown');
  });

  it('leave a claim undecided while part of its evidence never ran', () => {
    expect(claimResults(planned(), { walks, checks: [checks[0]!], drills })[0]).to.deep.equal({
      id: 'C-1',
      verdict: 'unknown',
      note: 'a reaches b: it never ran',
    });
    expect(claimResults(planned(), { walks: [], checks, drills })[0]!.note).to.equal(`${WALK}: it never ran`);
  });

  it('say nothing of a claim for which nothing ran', () => {
    expect(claimResults(planned(), { walks: [], checks: [], drills: [] })).to.deep.equal([]);
    expect(claimResults(planned(), { walks, checks, drills: [] }).map(({ id }) => id)).to.deep.equal(['C-1']);
  });
});
