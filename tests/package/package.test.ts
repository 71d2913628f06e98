import { readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { needsNamespaces } from '../stand.ts';
import { cable, consumer, programOf, root, run, tarball, write } from './packed.ts';

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
};
const parts = Object.keys(exports).filter((part) => part !== './package.json');

/** Only a few commands need them; of the parts, none before it does what they are for. */
const heavy = ['dockerode', 'ssh2', '@viz-js', 'yaml', 'esbuild', 'execa', 'cli-table3', 'vitest'];

const program = `
import lab from './lab.js';
import { BadLab, CannotRun, type Event, NotSetUp, up, verify } from 'packetwalk/run';
import { junit, markdown, walkText } from 'packetwalk/report';

const told: string[] = [];
const events: Event[] = [];
{
  await using stood = await up(lab, { name: 'cable', onEvent: (event) => told.push(event.type) });
  const following = (async () => {
    for await (const event of stood.events) events.push(event);
  })();
  console.log(walkText(await stood.walk('a pings b')).replace(/ +answered.*/, ' answered'));
  await stood.exec('b', 'ip link set eth0 down');
  const [walk, ran] = await Promise.all([stood.walk(), stood.exec('b', 'ip link set eth0 up; echo back')]);
  console.log(walk.verdict, walk.outcome, walk.causes[0]?.cause, ran.stdout.trim());
  console.log((await stood.drill()).verdict, (await stood.check('b has its address')).map(({ verdict }) => verdict));
  const document = await stood.verify({ drills: true });
  console.log(document.lab, document.verdict, document.walks.length, document.checks.length, document.drills.length);
  console.log((await junit(document)).includes('<testsuite'), markdown(document).includes('cable'));
  console.log(await stood.walk('a pigns b').catch((error: Error) => error.message));
  await stood.down();
  await following;
}
console.log(events.length === told.length, told[0], told.at(-1));

const broken = { ...lab, setup: { 'It fails': { a: 'ip link set gone up' } } };
console.log(await verify(broken).catch((error) => error instanceof NotSetUp && [error.document.verdict, error.message]));
console.log(await verify({ ...lab, walks: {} }).catch((error) => error instanceof BadLab && error.problems.length > 0));
console.log(await verify(lab, { runtime: 'containerlab' }).catch((error) => error instanceof CannotRun && error.verdict));
console.log((await verify('./lab.js')).verdict, (await verify(new URL('./lab.js', import.meta.url))).verdict);
`;

const toy = `
import { cut, decode, protocol } from 'packetwalk/protocol';
import type { Kind, Runtime } from 'packetwalk/runtime';

export const toy = protocol<{ length: number }>('toy', {
  carriedBy: { udp: [4000] },
  brief: ['length'],
  decode: (bytes) =>
    bytes.length < 1 ? cut(bytes, 1) : { fields: { length: bytes.readUInt8(0) }, payload: bytes.subarray(1) },
});
export const kindOf = (runtime: Runtime): Pick<Kind, 'name'> => ({ name: runtime.name });
export const read = decode;
`;

const suites = `
import { expect, use } from 'chai';
import { packetwalkChai } from 'packetwalk/chai';
import { ping } from 'packetwalk/kit';
import { testLab as mocha } from 'packetwalk/mocha';
import { testLab as node } from 'packetwalk/node-test';
import { type StandingLab } from 'packetwalk/run';
import { testLab as vitest } from 'packetwalk/vitest';
import lab from './lab.js';

use(packetwalkChai);
mocha(lab, { drills: false });
node(lab);
await vitest('./lab.js', { strict: true });
export const walks = (lab: StandingLab): Promise<void> => expect(lab).to.walk('a pings b');
export const request = ping.request('10.0.0.1', '10.0.0.2');
`;

const misnamed = cable.replace("at('b:eth0'", "at('bb:eth0'");

const tsx = new URL('../../node_modules/tsx/dist/esm/index.mjs', import.meta.url).href;

describe('The package', () => {
  let folder = '';
  before(async function () {
    folder = await consumer(this);
    write(folder, { 'lab.js': cable, 'lab.ts': cable, 'program.ts': program, 'toy.ts': toy, 'suites.ts': suites });
  });

  it('is as publint and arethetypeswrong want it', async function () {
    this.timeout(60_000);
    const [lint, types] = await Promise.all([
      run(folder, process.execPath, [programOf('publint', 'src', 'cli.js'), await tarball(), '--strict']),
      run(folder, process.execPath, [
        programOf('@arethetypeswrong', 'cli', 'dist', 'index.js'),
        await tarball(),
        '--profile=esm-only',
      ]),
    ]);
    expect([lint.exitCode, types.exitCode], `${lint.all}\n${types.all}`).to.deep.equal([0, 0]);
  });

  /** What a folder of the project takes on the disk, in MB. */
  const weight = async (path: string) => {
    const { stdout } = await run(folder, 'du', ['-sk', path]);
    return (Number.parseInt(stdout, 10) * 1024) / 1e6;
  };

  it('holds no sources but its labs and what daemons are built from, and weighs what its page says', async () => {
    const { stdout } = await run(folder, 'tar', ['-tf', await tarball()]);
    const tops = new Set(stdout.split('\n').map((line) => line.split('/')[1]));
    expect([...tops].sort()).to.deep.equal([
      ...['LICENSE', 'README.md', 'bin', 'daemons', 'dist', 'docs', 'labs', 'package.json'],
    ]);
    const page = readFileSync(join(root, 'docs/package.md'), 'utf8').replaceAll(/\s+/g, ' ');
    const [, packed, own, all] =
      /([\d.]+) MB packed, and (\d+) MB in .*? at most (\d+) MB on the disk/.exec(page) ?? [];
    expect(statSync(await tarball()).size / 1e6).to.be.below(Number(packed));
    expect(await weight('node_modules/packetwalk')).to.be.below(Number(own));
    expect(await weight('node_modules')).to.be.below(Number(all));
  });

  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])
    describe(`in a project with moduleResolution ${moduleResolution}`, () => {
      const typeCheck = async (files: string[], types: string[]) => {
        const compilerOptions = {
          ...{ module, moduleResolution, target: 'es2022', lib: ['es2023'], strict: true, skipLibCheck: false },
          ...{ allowJs: true, checkJs: true, allowImportingTsExtensions: true, noEmit: true, types },
          typeRoots: [join(root, 'node_modules/@types')],
          paths: { chai: [join(root, 'node_modules/@types/chai')] },
        };
        write(folder, { 'tsconfig.json': JSON.stringify({ compilerOptions, files }) });
        return run(folder, process.execPath, [programOf('typescript', 'bin', 'tsc'), '-p', folder]);
      };

      it('its types hold, strictly and without skipLibCheck, in TypeScript and JavaScript', async function () {
        this.timeout(60_000);
        const { exitCode, all } = await typeCheck(['lab.js', 'lab.ts', 'program.ts', 'toy.ts', 'suites.ts'], []);
        expect(exitCode, all).to.equal(0);
      });

      it('they find a node that there is not, in TypeScript and JavaScript', async function () {
        this.timeout(60_000);
        write(folder, { 'wrong.ts': misnamed, 'wrong-too.js': misnamed });
        const { stdout } = await typeCheck(['wrong.ts', 'wrong-too.js'], []);
        const found = [...stdout.matchAll(/^(\S+)\(\d+,\d+\): error/gm)].map(([, file]) => file);
        expect([...new Set(found)].sort(), stdout).to.deep.equal(['wrong-too.js', 'wrong.ts']);
        expect(stdout).to.include('Type \'Hop<"bb">\' is not assignable');
      });
    });

  it('says what is wrong with what it is given, before anything is started', async function () {
    needsNamespaces(this);
    write(folder, {
      'wrong.js': `import { up } from 'packetwalk/run';
import lab from './lab.js';
const said = async (asked) => console.log(await asked().then(() => 'nothing', ({ name, message }) => name + ': ' + message.split('\\n')[0]));
for (const none of [5, null, undefined, {}, 'flanel-vxlan', './gone.ts', new URL('https://a.example/lab.ts')]) await said(() => up(none));
await said(() => up(lab, { runtime: 'nets' }));
const stood = await up({ ...lab, faults: {} });
await said(() => stood.walk('a pings'));
await said(() => stood.drill());
await said(() => stood.exec('c', 'true'));
await stood.down();
await stood.down();
await said(() => stood.walk());`,
    });
    const { exitCode, stdout, all } = await run(folder, process.execPath, ['wrong.js']);
    expect(exitCode, all).to.equal(0);
    expect(stdout.split('\n')).to.deep.equal([
      'BadLab: lab has a problem:',
      'BadLab: lab has a problem:',
      'BadLab: lab has a problem:',
      'BadLab: lab has 5 problems:',
      'BadUsage: there is no lab flanel-vxlan. Did you mean flannel-vxlan?',
      `BadUsage: there is no file ${folder}/gone.ts`,
      'BadUsage: https://a.example/lab.ts is no file: a lab is loaded from file: URLs',
      "BadUsage: there is no runtime 'nets'. Did you mean netns?",
      "BadUsage: there is no walk 'a pings'. Did you mean a pings b?",
      'BadUsage: lab has no drills',
      "BadUsage: there is no place 'c'. Did you mean a?",
      'BadUsage: lab was taken down',
    ]);
  });

  describe('as its page shows it', () => {
    const page = readFileSync(join(root, 'docs/package.md'), 'utf8');
    const blocks = [...page.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name = '', text = '']) => [
      name,
      text,
    ]);
    before(() => {
      expect(blocks.map(([name]) => name)).to.deep.equal(['program.ts', 'lab.test.ts', 'own.test.ts']);
      const lab = readFileSync(join(root, 'create-packetwalk/template/two-hosts.ts'), 'utf8');
      write(folder, {
        ...Object.fromEntries(blocks.map(([name, text]) => [`page/${name}`, text])),
        'page/two-hosts.ts': lab,
      });
      symlinkSync(join(root, 'node_modules/chai'), join(folder, 'node_modules/chai'));
    });
    const inPage = (...words: string[]) => run(join(folder, 'page'), process.execPath, ['--import', tsx, ...words]);

    it('proves, breaks and says why', async function () {
      needsNamespaces(this);
      const { exitCode, stdout, all } = await inPage('program.ts');
      expect(exitCode, all).to.equal(0);
      expect(stdout).to.match(/^passed 4 \[\]\nb’s eth0 is down/);
    });

    it('is tests of Mocha', async function () {
      needsNamespaces(this);
      const { exitCode, all } = await inPage(programOf('mocha', 'bin', 'mocha.js'), 'lab.test.ts');
      expect(exitCode, all).to.equal(0);
      expect(all).to.include('3 passing');
    });

    it('is asked in a test of one’s own', async function () {
      needsNamespaces(this);
      const { exitCode, all } = await inPage('own.test.ts');
      expect(exitCode, all).to.equal(0);
    });

    it('has the parts that it lists', () => {
      const listed = new Set(
        [...page.matchAll(/^\| (`packetwalk.*?) \|/gm)].flatMap(([, row = '']) => row.match(/packetwalk[\w/-]*/g)),
      );
      expect([...listed].sort()).to.deep.equal(parts.map((part) => part.replace('.', 'packetwalk')).sort());
    });
  });

  it('runs by npx', async function () {
    needsNamespaces(this);
    const { exitCode, stdout, all } = await run(folder, 'npx', ['--no', 'packetwalk', 'verify', './lab.ts', '--json']);
    expect(exitCode, all).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ lab: 'lab', verdict: 'passed' });
  });

  it('stands labs up in one’s own program, and starts no command line for it', async function () {
    needsNamespaces(this);
    this.timeout(60_000);
    const cli = join(folder, 'node_modules/packetwalk/dist/cli.js');
    renameSync(cli, `${cli}.away`);
    try {
      const { exitCode, stdout, all } = await run(folder, process.execPath, ['--import', tsx, 'program.ts']);
      expect(exitCode, all).to.equal(0);
      expect(stdout.split('\n')).to.deep.equal([
        '  ✓ a pings b answered',
        'failed lost interface down back',
        "passed [ 'passed' ]",
        'cable passed 1 1 1',
        'true true',
        "there is no walk 'a pigns b'. Did you mean a pings b?",
        'true run started run ended',
        '[',
        "  'failed',",
        `  "the step 'It fails' ended there: a: ip link set gone up\\n" +`,
        `    'Cannot find device "gone"'`,
        ']',
        'true',
        'skipped',
        'passed passed',
      ]);
    } finally {
      renameSync(`${cli}.away`, cli);
    }
  });

  describe('without its heavy packages', () => {
    const away = (name: string) => join(folder, 'node_modules', `.away-${name.replace('/', '-')}`);
    before(() => {
      for (const name of heavy) renameSync(join(folder, 'node_modules', name), away(name));
    });
    after(() => {
      for (const name of heavy) renameSync(away(name), join(folder, 'node_modules', name));
    });

    for (const part of parts.filter((part) => part !== './vitest'))
      it(`loads ${part.replace('.', 'packetwalk')}`, async () => {
        const name = `'packetwalk${part.slice(1)}'`;
        const { exitCode, all } = await run(folder, process.execPath, ['-e', `import(${name}); require(${name})`]);
        expect(exitCode, all).to.equal(0);
      });

    for (const words of [['list'], ['show', 'netns-veth'], ['status'], ['--help']])
      it(`does ${words.join(' ')}`, async () => {
        const { exitCode, all } = await run(folder, process.execPath, ['node_modules/.bin/packetwalk', ...words]);
        expect(exitCode, all).to.equal(0);
      });

    it('proves a lab that comes with it', async function () {
      needsNamespaces(this);
      const words = ['node_modules/.bin/packetwalk', 'verify', 'netns-veth', '--brief'];
      const { exitCode, all } = await run(folder, process.execPath, words);
      expect(exitCode, all).to.equal(0);
    });
  });
});
