import { join } from 'node:path';
import { expect } from 'chai';
import { needsNamespaces } from '../stand.ts';
import { cable, consumer, programOf, run, write } from './packed.ts';

/** A lab of which each thing ends another way. */
const mixed = `import lab from './lab.js';
const [leaves, arrives] = lab.walks['a pings b'].request;
export default {
  ...lab,
  title: 'All ends of a test',
  walks: { ...lab.walks, 'b comes first': { ...lab.walks['a pings b'], request: [arrives, leaves] } },
  checks: {
    ...lab.checks,
    'b has another': { run: 'ip -br address show eth0', see: { b: { lines: ['10.0.0.9/24'] } } },
    'it cannot tell': { run: 'echo it cannot be told; exit 75', see: { b: { lines: ['x'] } } },
  },
};
`;

const suite = (framework: string) => `import { testLab } from 'packetwalk/${framework}';
import lab from './lab.js';
import mixed from './mixed.js';
testLab(mixed, { name: 'mixed' });
testLab({ ...lab, title: 'Without drills' }, { drills: false });
testLab({ ...lab, title: 'Elsewhere' }, { runtime: 'containerlab', drills: false });
testLab({ ...lab, title: 'Nowhere', walks: {} });
await testLab('./lab.ts', { drills: false });
`;

/** How each test is to end, by the title of its suite and its own. */
const ends: Record<string, 'passed' | 'failed' | 'skipped'> = {
  'All ends of a test > a pings b': 'passed',
  'All ends of a test > b comes first': 'failed',
  'All ends of a test > b has its address': 'passed',
  'All ends of a test > b has another': 'failed',
  'All ends of a test > it cannot tell': 'failed',
  'All ends of a test > drill: b is switched off': 'passed',
  'Without drills > a pings b': 'passed',
  'Without drills > b has its address': 'passed',
  'Elsewhere > a pings b': 'skipped',
  'Elsewhere > b has its address': 'skipped',
  'Nowhere > has no problems': 'failed',
  'From its file > a pings b': 'passed',
  'From its file > b has its address': 'passed',
};

/** What a failure says as the terminal does, a line each. */
const said = [
  'out of order at b:eth0 in',
  "- ip({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ type: 'echo request' })",
  'it was here only after it was at a:eth0 out, which is listed later',
  'b# ip -br address show eth0',
  'it cannot be told',
  'walks: a lab has at least one walk',
];

type Ended = Record<string, string>;

describe('A lab as tests', () => {
  let folder = '';
  before(async function () {
    needsNamespaces(this);
    folder = await consumer(this);
    write(folder, {
      'lab.js': cable,
      'mixed.js': mixed,
      'lab.ts': cable.replace('Two hosts on a cable', 'From its file'),
      'mocha.test.js': suite('mocha'),
      'vitest.test.js': suite('vitest'),
      'node-test.test.js': suite('node-test'),
    });
  });

  it('of Mocha', async function () {
    this.timeout(60_000);
    const mocha = programOf('mocha', 'bin', 'mocha.js');
    const { stdout, all } = await run(folder, process.execPath, [mocha, 'mocha.test.js', '--reporter', 'json']);
    const { tests, passes, pending } = JSON.parse(stdout) as Record<string, { title: string; fullTitle: string }[]>;
    const ended: Ended = {};
    for (const { title, fullTitle } of tests ?? []) {
      const own = title.replace(/ \(skipped: .*/, '');
      const outer = fullTitle.slice(0, -title.length - 1);
      const isIn = (list: { fullTitle: string }[] = []) => list.some((each) => each.fullTitle === fullTitle);
      ended[`${outer} > ${own}`] = isIn(passes) ? 'passed' : isIn(pending) ? 'skipped' : 'failed';
    }
    expect(ended).to.deep.equal(ends);
    expect(JSON.parse(stdout).pending[0].title).to.match(/\(skipped: .+\)/);
    const messages = JSON.stringify(JSON.parse(stdout).failures);
    for (const line of said) expect(messages, all).to.include(line);
    expect(messages).not.to.include('node_modules/packetwalk');
  });

  it('of Vitest', async function () {
    this.timeout(60_000);
    const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
    const words = [vitest, 'run', 'vitest.test.js', '--reporter=json', '--root', folder];
    const { stdout, all } = await run(folder, process.execPath, words);
    type Result = { ancestorTitles: string[]; title: string; status: string; failureMessages: string[] };
    const { testResults } = JSON.parse(stdout) as { testResults: { assertionResults: Result[] }[] };
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    const ended: Ended = {};
    for (const { ancestorTitles, title, status } of results)
      ended[[...ancestorTitles, title].join(' > ')] = status === 'pending' ? 'skipped' : status;
    expect(ended, all).to.deep.equal(ends);
    for (const line of said) expect(results.flatMap((each) => each.failureMessages).join(), all).to.include(line);
  });

  it('of node:test', async function () {
    this.timeout(60_000);
    const words = ['--test', '--test-reporter=tap', 'node-test.test.js'];
    const { stdout } = await run(folder, process.execPath, words);
    const ended: Ended = {};
    let own: Ended = {};
    for (const [, indent, not, title = '', skip] of stdout.matchAll(/^( *)(not )?ok \d+ - ([^#\n]*?)( # SKIP.*)?$/gm))
      if (indent) own[title] = not ? 'failed' : skip ? 'skipped' : 'passed';
      else {
        for (const [name, how] of Object.entries(own)) ended[`${title} > ${name}`] = how;
        own = {};
      }
    expect(ended, stdout).to.deep.equal(ends);
    for (const line of said) expect(stdout).to.include(line);
  });

  it('fails instead of being skipped where it is to be strict, as it is in a CI job', async function () {
    this.timeout(60_000);
    write(folder, {
      'strict.test.js': `import { testLab } from 'packetwalk/mocha';
import lab from './lab.js';
testLab(lab, { runtime: 'containerlab', drills: false });
testLab({ ...lab, title: 'Lenient' }, { runtime: 'containerlab', drills: false, strict: false });`,
    });
    const mocha = programOf('mocha', 'bin', 'mocha.js');
    const words = [mocha, 'strict.test.js', '--reporter', 'json'];
    const { stdout } = await run(folder, process.execPath, words, { CI: 'true' });
    expect(JSON.parse(stdout).stats).to.include({ passes: 0, failures: 2, pending: 2 });
  });

  it('of a file that no framework runs says so', async () => {
    const { all, exitCode } = await run(folder, process.execPath, ['mocha.test.js']);
    expect(exitCode).to.equal(1);
    expect(all).to.include('there is no describe: packetwalk/mocha is for files that Mocha runs');
  });

  it('is asked in a test of one’s own by expect(lab).to.walk', async function () {
    this.timeout(60_000);
    write(folder, {
      'chai.js': `import { expect, use } from '${import.meta.resolve('chai')}';
import { packetwalkChai } from 'packetwalk/chai';
import { up } from 'packetwalk/run';
import lab from './mixed.js';
use(packetwalkChai);
const stood = await up(lab);
await expect(stood).to.walk('a pings b');
await expect(stood).to.walk();
await expect(stood).not.to.walk('b comes first');
await expect(stood).to.check('b has its address');
await expect(stood).not.to.check('b has another');
await expect(stood).to.drill('b is switched off');
const said = (asked) => asked.catch((error) => error.message);
console.log(await said(expect(stood).to.walk('b comes first')));
console.log(await said(expect(stood).not.to.walk('a pings b')));
console.log(await said(expect(stood).not.to.check('it cannot tell')));
console.log(await said(expect(lab).to.walk('a pings b')));
await stood.down();`,
    });
    const { exitCode, all } = await run(folder, process.execPath, ['chai.js']);
    expect(exitCode, all).to.equal(0);
    expect(all)
      .to.include(said[0])
      .and.include(said[2])
      .and.match(/✓ a pings b +answered/)
      .and.include('it cannot be told');
    expect(all).to.include('expect(lab).to.walk() is for a lab that up() of packetwalk/run gave');
  });
});
