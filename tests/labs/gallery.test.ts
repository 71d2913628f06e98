import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab } from '../../src/lab/words.ts';
import type { Live } from '../../src/observe/sent.ts';
import { plan } from '../../src/plan/plan.ts';
import { walkOwn } from '../../src/prove/own-walk.ts';
import { type Findings, findings, prove, verdictOf } from '../../src/prove/run.ts';
import { drawn, fresh, howMuch, orSkip } from './every-lab.ts';

const folder = new URL('../../labs/gallery/', import.meta.url);
const files = readdirSync(folder);
const plans = await Promise.all(
  files.map(async (file) =>
    plan(((await import(new URL(file, folder).href)) as { default: Lab }).default, file.replace(/\.ts$/, '')),
  ),
);

/** What is tried beyond walks, checks and drills, since the lab stands. */
const also: Record<string, (lab: Live) => Promise<void>> = {
  async 'ipip-hier-gre-keys'(lab) {
    const { walk } = await walkOwn(lab, { from: 'h1', command: 'ping -c 1 203.0.113.2' }, []);
    expect(Object.values(walk.macs), 'interfaces in a VRF have names').to.include.members(['sw1:ol', 'sw2:ol']);
  },
};

describe(`The gallery of the kernel’s selftests (${howMuch})`, function () {
  this.timeout(120_000);

  it('has ten labs, each with two walks and two drills or more, each of which states its cause', () => {
    expect(plans).to.have.length(10);
    for (const { name, walks, checks, faults } of plans) {
      expect(
        [walks.length, checks.length, faults.length].every((count) => count >= 2),
        name,
      ).to.equal(true);
      expect(
        faults.filter(({ cause }) => cause === undefined).map(({ fault }) => fault),
        name,
      ).to.deep.equal([]);
    }
  });

  it('has a picture at the head of each file, which says after which selftest, and no file of 200 lines', () => {
    for (const file of files) {
      const text = readFileSync(new URL(file, folder), 'utf8');
      expect(text, file)
        .to.match(/^\/\/ After \w+\.sh.*selftests of forwarding\.$/m)
        .and.to.match(/^\/\/ {3}\+-+\+/m);
      expect(text.split('\n').length, file).to.be.below(200);
    }
  });

  for (const planned of drawn(plans, 'gallery'))
    it(`${planned.name} passes, every drill as predicted`, async function () {
      const found: Findings = findings();
      await using lab = await orSkip(this, fresh(planned, 'auto', found));
      await prove(lab, found, () => {}, { drills: true });
      expect(verdictOf(planned, found, { drills: true })).to.deep.equal({ verdict: 'passed', reason: '' });
      expect(found.drills).to.have.length(planned.faults.length);
      await also[planned.name]?.(lab);
    });
});
