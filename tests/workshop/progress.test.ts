import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { BadUsage } from '../../src/plan/usage.ts';
import { claimWorkshop, emptyProgress, keepProgress, keptProgress, progressFile } from '../../src/workshop/progress.ts';
import { ownFolder } from '../commands/packetwalk.ts';

describe('what is kept of a workshop', () => {
  let own: ReturnType<typeof ownFolder>;
  const before_ = process.env.XDG_STATE_HOME;

  beforeEach(() => {
    own = ownFolder();
    process.env.XDG_STATE_HOME = own.folder;
  });

  afterEach(() => {
    own[Symbol.dispose]();
    if (before_ === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = before_;
  });

  const kept = () => keptProgress('mine', 'workshop mine --fresh');
  const write = (text: string) => {
    mkdirSync(dirname(progressFile('mine')), { recursive: true });
    writeFileSync(progressFile('mine'), text);
  };

  it('is nothing at first, and then what was kept', () => {
    expect(kept()).to.deep.equal(emptyProgress('mine'));
    const entry = { verdict: 'passed' as const, hints: 2, tries: 1, seconds: 3.5 };
    const progress = { ...emptyProgress('mine'), at: 'build: Step', items: { 'build: Step': entry } };
    keepProgress(progress);
    expect(kept()).to.deep.equal(progress);
  });

  it('is refused, with what to type, where another version kept it or it is none', () => {
    write('{"version": 0, "items": {}}');
    expect(kept).to.throw(BadUsage, /is of another version \(0, this is 1\)\.\nBegin anew: workshop mine --fresh$/);
    write('{"vers');
    expect(kept).to.throw(BadUsage, /is no progress\.\nBegin anew/);
    write('[]');
    expect(kept).to.throw(BadUsage, /another version \(none/);
  });

  it('belongs to one workshop at a time, until it ends or its process has', () => {
    const first = claimWorkshop('mine');
    expect(() => claimWorkshop('mine')).to.throw(
      BadUsage,
      `A workshop of mine is under way already, in process ${process.pid}.\nGo on there, or end it: kill ${process.pid}`,
    );
    first[Symbol.dispose]();
    claimWorkshop('mine');
    const owner = `${progressFile('mine')}.owner`;
    // Another process had this number once.
    writeFileSync(owner, JSON.stringify({ ...JSON.parse(readFileSync(owner, 'utf8')), startTicks: 1 }));
    claimWorkshop('mine')[Symbol.dispose]();
  });
});
