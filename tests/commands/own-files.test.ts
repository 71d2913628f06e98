import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { needsNamespaces } from '../stand.ts';
import { ownFolder, packetwalk, smallLab } from './packetwalk.ts';

/** The example of a page, as a person would save it. */
const exampleOf = (page: string) =>
  /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8'))![1]!;

const toy = (name: string) => fileURLToPath(new URL(`../own/${name}.ts`, import.meta.url));

describe('A runtime of one’s own', function () {
  this.timeout(120_000);
  const own = ownFolder();
  const run = packetwalk(own.folder);
  const file = (name: string, text: string) => {
    writeFileSync(join(own.folder, name), text);
    return `./${name}`;
  };
  before(function () {
    needsNamespaces(this);
    file('mine.ts', smallLab());
  });
  after(() => own[Symbol.dispose]());

  it('has a lab proven in it, and is named in what is told', async () => {
    const { stdout, stderr, exitCode } = await run('verify', './mine.ts', '--runtime', toy('toy-runtime'), '--json');
    expect(exitCode, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ runtime: 'toy', verdict: 'passed' });
    expect(stderr).to.contain('The toy box is opened');
  });

  it('is what docs/own-runtime.md shows', async () => {
    const runtime = file('shown.ts', exampleOf('own-runtime'));
    const { stdout, all } = await run('verify', './mine.ts', '--runtime', runtime, '--json');
    expect(JSON.parse(stdout), all).to.include({ runtime: 'mine', verdict: 'passed' });
  });

  it('has a lab stand that later commands enter, and take down', async () => {
    expect((await run('up', './mine.ts', '--runtime', toy('toy-runtime'))).exitCode).to.equal(0);
    expect((await run('status')).stdout)
      .to.contain('mine')
      .and.to.contain('toy box');
    expect((await run('walk', 'mine', 'a', 'b')).stdout).to.contain('answered by b');
    expect((await run('exec', 'mine', 'a', 'hostname', '-I')).exitCode).to.be.a('number');
    expect((await run('down', 'mine')).exitCode).to.equal(0);
    expect((await run('status')).stdout).not.to.contain('toy box');
  });

  const bad: Record<string, [text: string, says: string]> = {
    'has no default export': ['export const runtime = {};', 'has no default export.'],
    'lacks functions': [
      'export default { name: "x", about: "y", start() {}, reenter() {}, stands: 1 };',
      'its default export has no attach, no stands, no stop.',
    ],
    'is nothing': ['export default null;', 'its default export has no name, no about, no start'],
    throws: ['throw new Error("no toys today")', 'does not load: line 1, column 7: no toys today'],
    'ends its process': [
      'export default {};\nprocess.exit(0);',
      'does not load: line 2, column 9: it ends its process: process.exit(0)',
    ],
    'never comes to its end': [
      'await new Promise(() => {});',
      'does not load: it never finishes: it waits for what nothing can bring about',
    ],
    'cannot be read': ['export default {\n  name: ,\n};', 'does not load: line 2, column 9: Unexpected ","'],
    'asks for a part that is not there': [
      'import "packetwalk/nothing";',
      'does not load: line 1, column 8: packetwalk has no part packetwalk/nothing',
    ],
  };
  for (const [what, [text, says]] of Object.entries(bad))
    it(`is refused where its file ${what}, and nothing is started`, async () => {
      const runtime = file('bad.ts', text);
      const { stdout, stderr, exitCode } = await run('verify', './mine.ts', '--runtime', runtime);
      expect(exitCode, stderr).to.equal(64);
      expect(stderr).to.contain(`${join(own.folder, 'bad.ts')}: ${says}`);
      expect(stderr).to.not.match(/\n\s+at /);
      expect(stdout).to.equal('');
    });

  it('is refused where there is no file', async () => {
    const { stderr, exitCode } = await run('verify', './mine.ts', '--runtime', './none.ts');
    expect(exitCode).to.equal(64);
    expect(stderr).to.contain(`there is no file ${join(own.folder, 'none.ts')}`);
  });

  it('that never starts a lab ends with a sentence, and never as if nothing had been wrong', async () => {
    const runtime = file(
      'idle.ts',
      `const no = () => new Promise(() => {});
       export default { name: 'idle', about: 'nowhere', start: no, reenter: no, attach: no, stands: no, stop: no };`,
    );
    const { stderr, exitCode } = await run('verify', './mine.ts', '--runtime', runtime);
    expect(stderr).to.contain('This ended before it was done: it waits for what nothing can bring about.');
    expect(exitCode).to.equal(2);
  });

  it('may say that it cannot have a lab', async () => {
    const runtime = file(
      'shy.ts',
      `import { CannotRun } from 'packetwalk/runtime';
       const no = () => { throw new CannotRun('skipped', 'the box is locked'); };
       export default { name: 'shy', about: 'a locked box', start: no, reenter: no, attach: no, stands: no, stop: no };`,
    );
    const { stdout, exitCode } = await run('verify', './mine.ts', '--runtime', runtime, '--json');
    expect(JSON.parse(stdout)).to.include({ verdict: 'skipped', reason: 'the box is locked' });
    expect(exitCode).to.equal(0);
  });
});

describe('A report of one’s own', function () {
  this.timeout(120_000);
  const own = ownFolder();
  const notes = join(own.folder, 'notes');
  const run = packetwalk(own.folder, { TOY_REPORT: notes });
  const file = (name: string, text: string) => {
    writeFileSync(join(own.folder, name), text);
    return `./${name}`;
  };
  before(function () {
    needsNamespaces(this);
    file('mine.ts', smallLab());
  });
  after(() => own[Symbol.dispose]());

  it('is told each event, beside what is printed', async () => {
    const { stdout, stderr, exitCode } = await run('verify', '--report', toy('toy-report'), './mine.ts', '--json');
    expect(exitCode, stderr).to.equal(0);
    expect(JSON.parse(stdout).verdict).to.equal('passed');
    expect(readFileSync(notes, 'utf8')).to.equal('a pings b: passed\nmine: 1 walked\n');
  });

  it('is what docs/own-report.md shows', async () => {
    const report = file(
      'shown.ts',
      exampleOf('own-report').replaceAll("'walks.txt'", JSON.stringify(`${notes}.shown`)),
    );
    expect((await run('verify', './mine.ts', '--report', report)).exitCode).to.equal(0);
    expect(readFileSync(`${notes}.shown`, 'utf8')).to.equal('a pings b: passed\n1 walks in mine\n');
  });

  it('is refused where it is none, and nothing is started', async () => {
    for (const [text, says] of [
      ['export const report = 1;', 'has no default export.'],
      ['export default {};', 'its default export is no function.'],
      ['export default () => 1;', 'what its default export returns is no function.'],
      ['export default () => { throw new Error("no ink"); };', 'its default export makes no report: no ink'],
      [
        'export default () => process.exit(0);',
        'its default export makes no report: it ends its process: process.exit(0)',
      ],
      ['process.exit(0);', 'does not load: line 1, column 9: it ends its process: process.exit(0)'],
    ]) {
      const { stdout, stderr, exitCode } = await run('verify', './mine.ts', '--report', file('bad.ts', text!));
      expect(exitCode, stderr).to.equal(64);
      expect(stderr).to.contain(`${join(own.folder, 'bad.ts')}: ${says}`);
      expect(stdout).to.equal('');
    }
  });

  it('may be CommonJS, and leave something open: the run ends all the same', async () => {
    const report = file(
      'open.cjs',
      `const { appendFileSync } = require('node:fs');
       setInterval(() => {}, 1000);
       module.exports = () => ({ type }) => appendFileSync(process.env.TOY_REPORT + '.open', type + '\\n');`,
    );
    expect((await run('verify', './mine.ts', '--report', report)).exitCode).to.equal(0);
    expect(readFileSync(`${notes}.open`, 'utf8')).to.match(/^run started\n(.*\n)*run ended\n$/);
  });

  it('that fails does not change what is told, but is named, and the run does not count as passed', async () => {
    const report = file('angry.ts', 'export default () => () => { throw new Error("out of ink"); };');
    const { stdout, stderr, exitCode } = await run('verify', './mine.ts', '--report', report);
    expect(stdout).to.contain('mine: passed');
    expect(stderr).to.contain(`${join(own.folder, 'angry.ts')}: the report failed: out of ink`);
    expect(exitCode).to.equal(2);
    expect(stdout.match(/^[✓✗?] mine: /gm)).to.have.length(1);
    const up = await run('up', './mine.ts', '--report', report);
    expect(up.stderr).to.contain('the report failed: out of ink');
    expect(up.exitCode).to.equal(2);
    expect((await run('walk', 'mine', '1', '--report', report)).exitCode).to.equal(2);
    expect((await run('down', 'mine')).exitCode).to.equal(0);
  });

  it('and any other view that cannot be written leave the verdict as it is', async () => {
    const { stdout, stderr, exitCode } = await run('verify', './mine.ts', '--junit', '/nowhere/run.xml');
    expect(stdout.match(/^[✓✗?] mine: /gm)).to.deep.equal(['✓ mine: ']);
    expect(stderr).to.contain('/nowhere/run.xml');
    expect(exitCode).to.equal(2);
  });
});
