import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownFolder, packetwalk } from './packetwalk.ts';

describe('The workshop that is typed', () => {
  let own: ReturnType<typeof ownFolder>;
  let run: ReturnType<typeof packetwalk>;

  before(() => {
    own = ownFolder();
    run = packetwalk(own.folder, { XDG_STATE_HOME: join(own.folder, 'state') });
  });

  after(() => own[Symbol.dispose]());

  it('says that it needs a terminal, and what does without', async () => {
    const { stderr, exitCode } = await run('workshop', 'netns-veth');
    expect(stderr).to.contain('A workshop needs a terminal').and.contain('netns-veth --prove');
    expect(exitCode).to.equal(64);
  });

  it('names what there is where a step or a chapter is mistyped', async () => {
    const step = await run('workshop', 'netns-veth', '--step', '99');
    expect(step.stderr).to.equal('there is no step 99: they have the numbers 1 to 10');
    expect(step.exitCode).to.equal(64);
    const chapter = await run('workshop', 'netns-veth', '--chapter', 'bild');
    expect(chapter.stderr).to.contain("there is no chapter 'bild'").and.contain('build');
    expect(chapter.exitCode).to.equal(64);
    const both = await run('workshop', 'netns-veth', '--step', '1', '--chapter', 'break');
    expect(both.stderr).to.equal('--step 1 is in one chapter alone: leave --step or --chapter out');
    expect(both.exitCode).to.equal(64);
  });

  it('lists what there is to do, and gives no fault away', async () => {
    const { stdout, exitCode } = await run('workshop', 'netns-veth', '--list');
    expect(stdout).to.contain('Make a pair of devices').and.contain('client pings server');
    expect(stdout).to.contain('10   Something is broken').and.not.contain('Somebody deleted');
    expect(exitCode).to.equal(0);
  });

  it('refuses what another version has kept, until it is told to begin anew', async () => {
    const folder = join(own.folder, 'state', 'packetwalk', 'workshop');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'netns-veth.json'), '{"version":0}');
    const { stderr, exitCode } = await run('workshop', 'netns-veth', '--list');
    expect(stderr).to.match(/is of another version \(0, this is 1\)\.\nBegin anew: .*workshop netns-veth --fresh/);
    expect(exitCode).to.equal(64);
    expect((await run('workshop', 'netns-veth', '--list', '--fresh')).exitCode).to.equal(0);
  });
});
