import { expect } from 'chai';
import { document, unfinished } from '../../src/record/document.ts';
import { failedRun, passedRun } from '../report/results.ts';

describe('document', () => {
  it('holds a whole run under the names that its readers know', () => {
    const { walks, ...rest } = document(passedRun);
    expect(rest).to.deep.include({
      schemaVersion: 2,
      lab: 'flannel-vxlan',
      runtime: 'netns',
      rootless: true,
      verdict: 'passed',
      reason: '',
      steps: [{ title: 'Lay the cables between nodes', verdict: 'passed', durationMs: 18.5 }],
      durations: { setUpMs: 71.3, firstVerifiedPacketMs: 416.2, totalMs: 1234.6, downMs: 20 },
    });
    expect(rest.checks[0]).to.deep.equal({
      title: 'flannel.1 is a VXLAN device',
      claim: 'FV-01',
      verdict: 'passed',
      node: 'master',
      command: 'ip -d link show flannel.1',
      output: 'vxlan id 1',
      durationMs: 1,
    });
    expect(rest.claims[1]).to.have.all.keys('id', 'verdict', 'note');
    expect(rest.drills[0]).to.include.keys('fault', 'verdict', 'expected', 'failed', 'hint', 'healed');
    expect(walks[0]).to.include.keys('name', 'claims', 'verdict', 'outcome', 'failedAt', 'hops', 'strays', 'notes');
    expect(walks[0]!.hops[0]).to.have.all.keys(
      ...['kind', 'part', 'place', 'device', 'direction', 'because', 'fate', 'expected', 'seen', 'differences'],
      ...['frame', 'time'],
    );
  });

  it('rounds every duration to 0.1 ms', () => {
    const { walks, drills } = document(passedRun);
    expect([walks[0]!.durationMs, drills[0]!.durationMs, drills[0]!.broken!.durationMs]).to.deep.equal([
      6.4, 552.3, 2012,
    ]);
  });

  it('says null, not nothing, where a check proves no claim', () => {
    const event = failedRun.find(({ type }) => type === 'check ended') as { check: { claim?: string } };
    const { claim: _, ...check } = event.check;
    expect(document([{ type: 'check ended', check: check as never }]).checks[0]!.claim).to.equal(null);
  });

  it('is the same after a round trip through JSON', () => {
    for (const events of [passedRun, failedRun])
      expect(JSON.parse(JSON.stringify(document(events)))).to.deep.equal(document(events));
  });

  it('is unknown until the run has ended', () => {
    expect(document(passedRun.slice(0, -1))).to.include({ verdict: 'unknown', reason: 'the run did not end' });
    expect(document([])).to.equal(unfinished);
  });
});
