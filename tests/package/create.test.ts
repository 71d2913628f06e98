import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ownFolder } from '../commands/packetwalk.ts';
import { needsNamespaces } from '../stand.ts';
import { consumer, programOf, run, tarball, tarballOf, write } from './packed.ts';

const quietly = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

describe('npm create packetwalk', () => {
  let packed = '';
  before(async () => {
    packed = await tarballOf('create-packetwalk');
  });
  /** `npm create packetwalk` is `npm exec create-packetwalk`; here of what would be published. */
  const create = (folder: string, ...words: string[]) =>
    run(folder, 'npm', ['exec', '--yes', '--offline', `--package=${packed}`, '--', 'create-packetwalk', ...words]);

  it('writes a lab that passes, a test that proves it, and a workflow', async function () {
    needsNamespaces(this);
    await consumer(this);
    using own = ownFolder();
    const { exitCode, all, stdout } = await create(own.folder, 'My Läbs');
    expect(exitCode, all).to.equal(0);
    expect(stdout).to.include("cd 'My Läbs'");
    const folder = join(own.folder, 'My Läbs');
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(manifest.name).to.equal('my-l-bs');
    expect(existsSync(join(folder, '.gitignore'))).to.equal(true);

    const added = await run(folder, 'npm', ['install', '--save-dev', await tarball(), ...quietly]);
    expect(added.exitCode, added.all).to.equal(0);
    const test = await run(folder, 'npm', ['test'], { CI: 'true' });
    expect(test.exitCode, test.all).to.equal(0);
    expect(test.all)
      .to.match(/pass 3\b/)
      .and.match(/fail 0\b/);
    const verified = await run(folder, 'npm', ['run', 'lab', '--', '--drills', '--brief']);
    expect(verified.exitCode, verified.all).to.equal(0);
    const typed = await run(folder, process.execPath, [programOf('typescript', 'bin', 'tsc'), '-p', folder]);
    expect(typed.exitCode, typed.all).to.equal(0);
    const { jobs } = parse(readFileSync(join(folder, '.github/workflows/labs.yml'), 'utf8'));
    expect(jobs.labs.steps.map(({ run }: { run?: string }) => run)).to.include('npm test');
  });

  it('names the version of packetwalk that it belongs to', () => {
    const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
    expect(read('create-packetwalk/package.json').version).to.equal(read('package.json').version);
  });

  it('overwrites nothing', async () => {
    using own = ownFolder();
    write(own.folder, { 'full/mine.txt': 'mine', file: '' });
    mkdirSync(join(own.folder, 'empty'));
    for (const [word, said] of [
      ['full', /full is not empty, and nothing in it is overwritten/],
      ['file', /file is a file/],
      ['--force', /there is no option --force/],
    ] as const) {
      const { exitCode, stderr } = await create(own.folder, word);
      expect(exitCode).to.equal(64);
      expect(stderr).to.match(said);
    }
    expect(existsSync(join(own.folder, 'full/package.json'))).to.equal(false);
    expect((await create(own.folder, 'empty')).exitCode).to.equal(0);
  });
});
