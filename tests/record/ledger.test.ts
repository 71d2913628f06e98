import { expect } from 'chai';
import { corrects } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import {
  type ClaimEntry,
  type ClaimVerdict,
  digest,
  type LabProof,
  ledger,
  ledgerIfPassed,
  noteOf,
  proofOf,
} from '../../src/record/ledger.ts';
import { checkResult, drillResult, pointResult, walkResult } from '../results.ts';
import { spoilt, type Unchecked } from '../small-lab.ts';

const WALK = 'a pings b';
const CHECK = 'a has an address';
const FAULT = 'b is deaf';

/** A lab of which C-1 is corrected, C-2 is shown by a drill, and C-3 by nothing. */
const planned = (change: (lab: Unchecked) => void = () => {}, name = 'small') =>
  plan(
    spoilt((lab) => {
      lab.claims['C-2'] = { document: 'Another', says: 'b is deaf at times' };
      lab.claims['C-3'] = { document: 'Another', says: 'nobody knows' };
      lab.faults[FAULT].claims = ['C-2'];
      change(lab);
    }),
    name,
  );
const hop = pointResult('a:eth0', { because: 'It leaves', frame: 'AAAA', time: '1' });
const { differences: _, frame: _frame, time: _time, ...kept } = hop;
const found = () => ({
  walks: [
    walkResult(WALK, 'passed', {
      claims: ['C-1'],
      hops: [hop, { ...hop, part: 'reply' as const, why: [{ command: 'ip route', output: '' }] }],
    }),
  ],
  checks: [
    checkResult(CHECK, 'passed', { claim: 'C-1', command: 'ip -j addr', output: '[]' }),
    checkResult('a reaches b', 'passed'),
  ],
  drills: [drillResult(FAULT, 'passed', { claims: ['C-2'] })],
});
const when = { at: '2026-01-31T12:00:00.000Z', runtime: 'netns' };
const proof = (more: Partial<LabProof> = {}): LabProof => ({ ...proofOf(planned(), found(), when), ...more });
const verdicts = (entries: { id: string; verdict: ClaimVerdict }[]) =>
  Object.fromEntries(entries.map(({ id, verdict }) => [id, verdict]));

const retitled = (lab: Unchecked) => {
  lab.title = 'It is another now';
};

describe('digest', () => {
  it('is that of the plan, whatever else the lab’s list of claims knows', () => {
    expect(digest(planned()))
      .to.match(/^[0-9a-f]{16}$/)
      .and.to.equal(digest(planned()));
    const more = planned((lab) => {
      lab.claims['C-9'] = { document: 'Another', says: 'of another lab' };
    });
    expect(digest(more)).to.equal(digest(planned()));
  });

  const changes: [string, (lab: Unchecked) => void][] = [
    [
      'a command',
      (lab) => {
        lab.setup['Each knows the way to the pod'].a = 'ip route add 10.1.0.0/24 dev eth0';
      },
    ],
    [
      'a sentence',
      (lab) => {
        lab.walks[WALK].request[0].because = 'It goes';
      },
    ],
    [
      'a hint',
      (lab) => {
        lab.faults[FAULT].hint = 'Look at a';
      },
    ],
    [
      'what a carried claim says',
      (lab) => {
        lab.claims['C-1'].says = 'a reaches c';
      },
    ],
    [
      'a correction',
      (lab) => {
        lab.checks[CHECK].claim = corrects('C-1', 'Not at all');
      },
    ],
  ];
  for (const [what, change] of changes)
    it(`is another after a change of ${what}`, () => expect(digest(planned(change))).not.to.equal(digest(planned())));
});

describe('proofOf', () => {
  it('keeps of each claim how it ended, and of what is not simply confirmed what shows it', () => {
    const { claims, ...rest } = proof();
    expect(rest).to.deep.equal({ lab: 'small', digest: digest(planned()), ...when });
    expect(claims).to.deep.equal([
      {
        id: 'C-1',
        verdict: 'corrected',
        note: 'Not quite',
        evidence: [
          { title: CHECK, verdict: 'passed', node: 'a', command: 'ip -j addr', output: '[]' },
          {
            title: WALK,
            verdict: 'passed',
            node: 'a',
            command: 'ping -c 1 10.0.0.2',
            hops: [kept, { ...kept, part: 'reply' }],
          },
        ],
      },
      { id: 'C-2', verdict: 'confirmed', note: FAULT, evidence: [] },
    ]);
  });

  it('tells first what went against a claim, and of a drill’s walk the hops up to where it was lost', () => {
    const lost = [hop, pointResult('b:eth0', { fate: 'lost', seen: null }), pointResult('c:eth0')];
    const broken = walkResult(WALK, 'failed', { hops: lost, failedAt: 1 });
    const claims = [
      proofOf(planned(), { ...found(), walks: [walkResult(WALK, 'failed', { claims: ['C-1'] })] }, when).claims[0]!,
      proofOf(planned(), { ...found(), drills: [drillResult(FAULT, 'failed', { claims: ['C-2'], broken })] }, when)
        .claims[1]!,
    ];
    expect(claims.map(({ verdict }) => verdict)).to.deep.equal(['refuted', 'refuted']);
    expect(claims[0]!.evidence.map(({ title }) => title)).to.deep.equal([WALK, CHECK]);
    expect(claims[1]!.evidence[0]).to.deep.include({ title: FAULT, node: 'a', verdict: 'failed' });
    expect(claims[1]!.evidence[0]!.hops!.map(({ place }) => place)).to.deep.equal(['a', 'b']);
  });

  it('keeps the beginning of a long output', () => {
    const long = checkResult(CHECK, 'passed', { claim: 'C-1', output: 'x'.repeat(10_000) });
    const [claim] = proofOf(planned(), { ...found(), checks: [long] }, when).claims;
    expect(claim!.evidence[0]!.output).to.have.length(4001);
  });

  it('can be written to a file and read again', () => {
    expect(JSON.parse(JSON.stringify(proof()))).to.deep.equal(proof());
  });
});

describe('ledger', () => {
  it('has every claim that a lab knows, in their order: as its run found, or unproven where no lab carries it', () => {
    const entries = ledger([planned()], [proof()]);
    expect(verdicts(entries)).to.deep.equal({ 'C-1': 'corrected', 'C-2': 'confirmed', 'C-3': 'unproven' });
    expect(entries[0]!.labs).to.deep.equal([{ lab: 'small', ...when, ...without(proof().claims[0]!, 'id') }]);
    expect(entries[2]).to.deep.equal({
      id: 'C-3',
      document: 'Another',
      says: 'nobody knows',
      verdict: 'unproven',
      labs: [],
    });
  });

  it('confirms nothing that was not run here, or was changed since', () => {
    const open = { runtime: null, at: null, evidence: [] };
    const [never] = ledger([planned()], []);
    expect(never!.labs[0]).to.deep.include({ ...open, verdict: 'not run here yet' });
    const [changed] = ledger([planned(retitled)], [proof()]);
    expect(changed!.labs[0]).to.deep.include({ ...open, verdict: 'changed since' });
    const [, other] = ledger([planned()], [proof({ lab: 'another' })]);
    expect(other!.verdict).to.equal('not run here yet');
    const [unheard] = ledger([planned()], [proof({ claims: [] })]);
    expect(unheard!.verdict).to.equal('unknown');
  });

  const ended = (lab: string, verdict: 'confirmed' | 'corrected' | 'refuted' | 'unknown') =>
    proof({
      lab,
      digest: digest(planned(() => {}, lab)),
      claims: [{ id: 'C-2', verdict, note: `${verdict} by ${lab}`, evidence: [] }],
    });
  const three = ['x', 'y', 'z'].map((name) => planned(() => {}, name));
  const cases: [ClaimVerdict, LabProof[]][] = [
    ['confirmed', [ended('x', 'confirmed'), ended('y', 'confirmed'), ended('z', 'confirmed')]],
    ['corrected', [ended('x', 'confirmed'), ended('y', 'corrected'), ended('z', 'confirmed')]],
    ['not run here yet', [ended('x', 'confirmed'), ended('y', 'corrected')]],
    ['changed since', [ended('x', 'confirmed'), { ...ended('y', 'corrected'), digest: 'another' }]],
    ['unknown', [ended('x', 'unknown'), ended('y', 'corrected')]],
    ['refuted', [ended('x', 'unknown'), ended('y', 'refuted')]],
  ];
  for (const [verdict, proofs] of cases)
    it(`says of a claim in several labs what holds in all of them: ${verdict}`, () => {
      const entry = ledger(three, proofs).find(({ id }) => id === 'C-2')!;
      expect(entry.verdict).to.equal(verdict);
      expect(entry.labs.map(({ lab }) => lab)).to.deep.equal(['x', 'y', 'z']);
    });

  it('tells of several labs together each thing once, of those that decide', () => {
    const passed = ledgerIfPassed(three);
    expect(passed.map(noteOf)).to.deep.equal(['Not quite', FAULT, '']);
    const [, refuted] = ledger(three, [ended('x', 'refuted'), ended('y', 'corrected')]);
    expect(noteOf(refuted!)).to.equal('refuted by x');
  });

  it('says without a run how all ends where all passes, in the words of such a run', () => {
    const told = (entries: ClaimEntry[]) => entries.map(({ id, verdict, labs }) => [id, verdict, labs[0]?.note]);
    expect(told(ledgerIfPassed([planned()]))).to.deep.equal(told(ledger([planned()], [proof()])));
  });
});

const without = <T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> => {
  const { [key]: _, ...rest } = value;
  return rest;
};
