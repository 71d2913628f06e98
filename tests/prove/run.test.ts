import { expect } from 'chai';
import type { Stray, WalkResult } from '../../src/judge/result.ts';
import { plan } from '../../src/plan/plan.ts';
import { type Findings, findings, verdictOf } from '../../src/prove/run.ts';
import { checkResult, drillResult, stepResult, walkResult } from '../results.ts';
import { spoilt } from '../small-lab.ts';

const WALK = 'a pings b';
const CHECK = 'a has an address';
const MATRIX = 'a reaches b';
const FAULT = 'b is deaf';

const planned = plan(
  spoilt(() => {}),
  'small',
);
const complete = (): Findings => ({
  ...findings(),
  steps: planned.steps.map(({ title }) => stepResult(title)),
  walks: [walkResult(WALK, 'passed')],
  checks: [checkResult(CHECK, 'passed'), checkResult(MATRIX, 'passed')],
});

const lostAtB: Partial<WalkResult> = {
  outcome: 'lost',
  failedAt: 0,
  strays: [],
  hops: [
    {
      kind: 'point',
      part: 'request',
      place: 'b',
      device: 'eth0',
      direction: null,
      because: '',
      fate: 'lost',
      expected: [],
      seen: null,
      differences: [],
      frame: null,
      time: null,
    },
  ],
};

describe('verdictOf', () => {
  it('is passed when all that was planned ran and passed', () => {
    expect(verdictOf(planned, complete())).to.deep.equal({ verdict: 'passed', reason: '' });
  });

  it('is never passed when nothing ran', () => {
    const { verdict, reason } = verdictOf(planned, findings());
    expect(verdict).to.equal('unknown');
    expect(reason).to.equal(`3 never ran: ${WALK}, ${CHECK}, ${MATRIX}`);
  });

  it('is unknown when a walk, a check or a matrix never ran', () => {
    const incomplete: [string, Findings][] = [
      [WALK, { ...complete(), walks: [] }],
      [CHECK, { ...complete(), checks: complete().checks.slice(1) }],
      [MATRIX, { ...complete(), checks: complete().checks.slice(0, 1) }],
    ];
    for (const [name, found] of incomplete)
      expect(verdictOf(planned, found), name).to.deep.equal({ verdict: 'unknown', reason: `1 never ran: ${name}` });
  });

  it('is unknown when a drill never ran that was asked for, or that carries a claim', () => {
    expect(verdictOf(planned, complete(), { drills: true }).reason).to.equal(`1 never ran: ${FAULT}`);
    const claimed = plan(
      spoilt(({ faults }) => Object.assign(faults[FAULT], { claims: ['C-1'] })),
      'small',
    );
    expect(verdictOf(claimed, complete()).verdict).to.equal('unknown');
    const drilled = { ...complete(), drills: [drillResult(FAULT, 'passed')] };
    expect(verdictOf(claimed, drilled, { drills: true }).verdict).to.equal('passed');
  });

  it('is failed when anything failed, though something else never ran or is unknown', () => {
    const lost = [walkResult(WALK, 'failed', lostAtB)];
    expect(verdictOf(planned, { ...complete(), walks: lost })).to.deep.equal({
      verdict: 'failed',
      reason: `${WALK}: lost at b:eth0`,
    });
    expect(verdictOf(planned, { ...complete(), walks: lost, checks: [] }).verdict).to.equal('failed');
    const unknown = [checkResult(CHECK, 'unknown', { reason: 'it hung' }), checkResult(MATRIX, 'passed')];
    expect(verdictOf(planned, { ...complete(), walks: lost, checks: unknown }).verdict).to.equal('failed');
  });

  it('says where a packet strayed that was not lost', () => {
    const seen: Stray = {
      kind: 'point',
      part: 'request',
      place: 'c',
      device: 'eth0',
      direction: 'in',
      seen: [],
      times: 1,
    };
    const stray = walkResult(WALK, 'failed', { outcome: 'elsewhere', failedAt: null, hops: [], strays: [seen] });
    expect(verdictOf(planned, { ...complete(), walks: [stray] }).reason).to.match(/^a pings b: .*seen at c:eth0/);
  });

  it('is unknown when a result is, and says why', () => {
    const [, matrix] = complete().checks;
    const hung = checkResult(CHECK, 'unknown', { reason: 'it did not end within 30 s' });
    expect(verdictOf(planned, { ...complete(), checks: [hung, matrix!] })).to.deep.equal({
      verdict: 'unknown',
      reason: `${CHECK} (a): it did not end within 30 s`,
    });
    const drilled = { ...complete(), drills: [drillResult(FAULT, 'unknown', { reason: 'the fix failed' })] };
    expect(verdictOf(planned, drilled)).to.deep.equal({
      verdict: 'unknown',
      reason: `drill '${FAULT}': the fix failed`,
    });
  });

  it('is skipped when something was and the rest passed', () => {
    const [, matrix] = complete().checks;
    const skipped = checkResult(CHECK, 'skipped', { reason: 'a command is missing: ethtool' });
    expect(verdictOf(planned, { ...complete(), checks: [skipped, matrix!] }).verdict).to.equal('skipped');
  });

  it('is that of the step which did not pass, and names the node and the command', () => {
    const failure = { node: 'a', command: 'ip route add', output: 'Error' };
    const steps = [stepResult('Each knows the way to the pod', { verdict: 'failed', failure })];
    const { verdict, reason } = verdictOf(planned, { ...findings(), steps });
    expect(verdict).to.equal('failed');
    expect(reason).to.include("the step 'Each knows the way to the pod'").and.include('a: ip route add');
  });
});
