import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ownFolder, packetwalk } from '../commands/packetwalk.ts';

const words = "import { at, icmp, ip, lab, send } from 'packetwalk';";
const request = "[ip({ dst: '10.0.0.2' }), icmp({ type: 'echo request' })]";
const definition = (title = "'A cable'") => `{
  title: ${title},
  nodes: { a: 'host', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24'],
  setup: {},
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [at('a:eth0', 'It leaves', ${request}), at('b:eth0', 'It arrives', ${request})],
    },
  },
}`;

/** A lab whose second line is what is told of it, and whose title may come from there. */
const labWith = (line: string, title?: string) => `${words}\n${line}\nexport default lab(${definition(title)});\n`;

/** Writes files to a folder of their own, and runs a command on the first of them. */
async function loaded(files: Record<string, string>, command: string[] = ['show', '--json']) {
  using own = ownFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(own.folder, name)), { recursive: true });
    writeFileSync(join(own.folder, name), text);
  }
  const [verb = '', ...options] = command;
  return await packetwalk(own.folder)(verb, `./${Object.keys(files)[0]}`, ...options);
}

/** The title of the lab that was loaded: each test says there what its file got to see. */
async function titleOf(files: Record<string, string>): Promise<string> {
  const { stdout, all, exitCode } = await loaded(files);
  expect(exitCode, all).to.equal(0);
  return (JSON.parse(stdout) as { title: string }).title;
}

/** What was said of a lab that does not load. */
async function refusal(files: Record<string, string>, command?: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await loaded(files, command);
  expect([exitCode, stdout]).to.deep.equal([64, '']);
  return stderr;
}

const inPackage = (name: string, main: string, fields: object = {}) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'main.js', ...fields }),
  [`node_modules/${name}/main.js`]: main,
});

describe('a lab’s file', () => {
  describe('may import', () => {
    it('a CommonJS package that requires a module of Node', async () => {
      const files = {
        'lab.ts': labWith("import { family } from 'cjs';", 'family'),
        ...inPackage('cjs', "exports.family = 'IPv' + require('node:net').isIP('::1');"),
      };
      expect(await titleOf(files)).to.equal('IPv6');
    });

    it('an ESM package', async () => {
      const files = {
        'lab.ts': labWith("import { family } from 'esm';", 'family'),
        ...inPackage('esm', "import { isIP } from 'node:net';\nexport const family = 'IPv' + isIP('1.1.1.1');", {
          type: 'module',
          exports: './main.js',
        }),
      };
      expect(await titleOf(files)).to.equal('IPv4');
    });

    it('JSON, with and without its attribute', async () => {
      const json = "import a from './a.json';\nimport b from './b.json' with { type: 'json' };";
      const files = {
        'lab.ts': labWith(json, 'String(a.x) + b.x'),
        'a.json': '{ "x": 1 }',
        'b.json': '{ "x": 2 }',
      };
      expect(await titleOf(files)).to.equal('12');
    });

    it('other files in TypeScript, and those whose names it works out', async () => {
      const lines = `
        import { one } from './lib/one.ts';
        const two = (await import(new URL(['.', 'two.mjs'].join('/'), import.meta.url).href)).default;`;
      const files = {
        'lab.ts': labWith(lines, 'String(one) + two'),
        'lib/one.ts': 'enum Number { One = 1 }\nexport const one: Number = Number.One;',
        'two.mjs': 'export default 2;',
      };
      expect(await titleOf(files)).to.equal('12');
    });
  });

  it('reads files beside itself, and so does what it imports', async () => {
    const lines = `
      import { readFileSync } from 'node:fs';
      import { beside } from './lib/beside.ts';
      const here = readFileSync(new URL('./a.txt', import.meta.url), 'utf8') + import.meta.dirname.includes('packetwalk-test');`;
    const beside = `
      import { readFileSync } from 'node:fs';
      export const beside = readFileSync(new URL('./b.txt', import.meta.url), 'utf8');`;
    const files = {
      'lab.ts': labWith(lines, 'here + beside'),
      'a.txt': 'a',
      'lib/beside.ts': beside,
      'lib/b.txt': 'b',
    };
    expect(await titleOf(files)).to.equal('atrueb');
  });

  it('may be CommonJS', async () => {
    const text = `const { at, icmp, ip, lab, send } = require('packetwalk');
      const { readFileSync } = require('node:fs');
      module.exports = lab(${definition("readFileSync(__dirname + '/a.txt', 'utf8')")});`;
    expect(await titleOf({ 'lab.cjs': text, 'a.txt': 'read' })).to.equal('read');
  });

  it('may have a require of its own', async () => {
    const line = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";
    expect(await titleOf({ 'lab.mjs': labWith(line, "require('./a.json').x"), 'a.json': '{ "x": "own" }' })).to.equal(
      'own',
    );
  });

  it('may lie in a folder of any name, in any script', async () => {
    expect(await titleOf({ 'späces – ü/läb, 実験 %20#1.ts': labWith('import.meta.url;', "'here'") })).to.equal('here');
  });

  it('may have no ending', async () => {
    expect(await titleOf({ noext: labWith('const title: string = "none";', 'title') })).to.equal('none');
  });

  it('prints to standard error, so that --json stays JSON', async () => {
    const line = "console.log('{ no json'); for (let i = 0; i < 500; i++) console.log('line', i);";
    const { stdout, stderr, exitCode } = await loaded({ 'lab.ts': labWith(line) });
    expect(exitCode).to.equal(0);
    expect(JSON.parse(stdout).title).to.equal('A cable');
    expect(stderr).to.include('{ no json\nline 0\n').and.include('line 499');
  });

  describe('is told by its line', () => {
    const text = (line: string) => labWith(`\n  interface Unused { x: number }\n  ${line}`);

    it('where a field is no field, or has what it cannot have', async () => {
      const withField = (field: string) => labWith('', "'A cable'").replace('title:', `${field},\n  title:`);
      const said = await refusal({ 'lab.ts': withField('needs: { krnel: [] }') });
      expect(said).to.match(/ {2}needs\.krnel \(line \d+, column \d+\): is no field here\. Did you mean kernel\?/);
      const twice = await refusal({ 'lab.ts': withField('/* krnel: */ needs: {\n  krnel: [] }') });
      expect(twice, 'what stands in two lines is in neither for certain').to.include('  needs.krnel: is no field here');
    });

    it('where a step, walk or fault has what it cannot have, however it is called', async () => {
      const withSetup = (step: string) =>
        labWith('').replace(
          'setup: {}',
          `setup: {\n    'a: b': { a: 'true' },\n    'It knows 10.9.0.0/16, as it is': {\n${step}\n    },\n  }`,
        );
      const misspelt = withSetup("      do: { a: 'true' },\n      note: 'x',");
      expect(await refusal({ 'lab.ts': misspelt })).to.match(
        /setup\.It knows 10\.9\.0\.0\/16, as it is\.note \(line 11, column 7\): is no field here\. Did you mean notes\?/,
      );
      const ask =
        "      do: { a: 'true' },\n      ask: { question: 'Why?', answer: 'so', shownBy: send('c', 'date') },";
      expect(await refusal({ 'lab.ts': withSetup(ask) })).to.match(
        /setup\['It knows 10\.9\.0\.0\/16, as it is'\]\.ask\.shownBy\.c \(line 11, column 46\): there is no node c\./,
      );
      expect(await refusal({ 'lab.ts': withSetup("      do: { a: 'true' }, see: { see: {} }") })).to.match(
        /setup\.It knows 10\.9\.0\.0\/16, as it is\.see\.run \(line 10, column 26\): is missing/,
      );
      expect(await refusal({ 'lab.ts': withSetup("      c: 'true',") })).to.match(
        /setup\['It knows 10\.9\.0\.0\/16, as it is'\]\.c \(line 10, column 7\): there is no node c\./,
      );
    });

    it('where a cable has a name that a shell would read', async () => {
      const text = labWith('').replace("'a:eth0 10.0.0.1/24 --", "'a:e;id 10.0.0.1/24 --");
      expect(await refusal({ 'lab.ts': text })).to.include(
        "links[0] 'a:e;id 10.0.0.1/24 -- b:eth0 10.0.0.2/24' (line 6, column 12): e;id is no name for an interface",
      );
    });

    it('where it throws', async () => {
      const said = await refusal({ 'lab.ts': text("throw new Error('boom');") });
      expect(said).to.equal('lab.ts has a problem:\n  line 4, column 9: does not load: boom');
    });

    it('where a file that it imports throws', async () => {
      const five = "export function five(): number {\n\n  throw new TypeError('no five');\n}";
      const said = await refusal({
        'lab.ts': labWith("import { five } from './lib/five.ts'; five();"),
        'lib/five.ts': five,
      });
      expect(said).to.include('lib/five.ts, line 3, column 9: does not load: no five');
    });

    it('where it throws what is no error', async () => {
      expect(await refusal({ 'lab.ts': text("throw 'boom';") })).to.include('the file: does not load: it throws boom');
    });

    it('where a promise is rejected that nobody awaits', async () => {
      const said = await refusal({
        'lab.ts': text("Promise.reject(new Error('unhandled')); await new Promise(setImmediate);"),
      });
      expect(said).to.include('line 4, column 18: does not load: unhandled');
      expect(await refusal({ 'lab.ts': text("Promise.reject(new Error('at once'));") })).to.include(
        'line 4, column 18: does not load: at once',
      );
    });

    it('where a package throws, by the line that called it', async () => {
      const files = {
        'lab.ts': text("require('cjs').fail();"),
        ...inPackage('cjs', "exports.fail = () => { throw new Error('within') };"),
      };
      expect(await refusal(files)).to.match(/line 4, column \d+: does not load: within/);
    });

    it('where what it imports is not there', async () => {
      const said = await refusal({ 'lab.ts': text("import { x } from './gone.ts'; x;") });
      expect(said).to.include('line 4, column 21: Could not resolve "./gone.ts"');
    });

    it('where packetwalk or another module has no such name', async () => {
      const misnamed = "import { sned } from 'packetwalk'; sned();";
      expect(await refusal({ 'lab.ts': text(misnamed) })).to.equal(
        "lab.ts has a problem:\n  line 4, column 12: does not load: The requested module 'packetwalk' does not provide an export named 'sned'",
      );
      const within = {
        'lab.ts': labWith("import './lib/a.ts';"),
        'lib/a.ts': "\nimport { redFile } from 'node:fs';\nredFile('');",
      };
      expect(await refusal(within)).to.include('lib/a.ts, line 2, column 10: does not load: ');
    });

    it('where packetwalk has no such part', async () => {
      expect(await refusal({ 'lab.ts': text("import { x } from 'packetwalk/nothing'; x;") })).to.include(
        'line 4, column 21: packetwalk has no part packetwalk/nothing',
      );
    });

    it('where it does not read as TypeScript', async () => {
      expect(await refusal({ 'lab.ts': text('const = 1;') })).to.include(
        'line 4, column 9: Expected identifier but found "="',
      );
    });
  });

  describe('that would take the command along', () => {
    it('ends with a sentence where its await is never over', async () => {
      const said = await refusal({ 'lab.ts': labWith('await new Promise(() => {});') }, ['verify']);
      expect(said).to.equal(
        'lab.ts has a problem:\n  line 2, column 1: never finishes loading: an await at its top level waits for what nothing can bring about',
      );
    });

    for (const code of ['0', '1', ''])
      it(`ends with a sentence where it calls process.exit(${code})`, async () => {
        const said = await refusal({ 'lab.ts': labWith(`process.exit(${code});`) }, ['verify']);
        expect(said).to.include(`line 2, column 9: ends its process: process.exit(${code})`);
      });

    it('does not hold it up by what it leaves open', async () => {
      const open =
        "import { createServer } from 'node:net';\ncreateServer().listen(0, '127.0.0.1');\nsetInterval(() => {}, 1000);";
      const { exitCode, stdout, all } = await loaded({ 'lab.ts': labWith(open) }, ['verify', '--json']);
      expect(exitCode, all).to.equal(0);
      expect(JSON.parse(stdout).verdict).to.equal('passed');
    });

    for (const late of ['process.exit(0)', 'undefined.late'])
      it(`does nothing once it is loaded: ${late}`, async () => {
        // The thread goes on with the next immediate after the file has ended; this comes with the one after that.
        const after = `setImmediate(() => setImmediate(() => ${late}));`;
        const { exitCode, stdout, all } = await loaded({ 'lab.ts': labWith(after) }, ['verify', '--json']);
        expect(exitCode, all).to.equal(0);
        expect(JSON.parse(stdout).verdict).to.equal('passed');
      });
  });

  for (const [where, line, says] of [
    ['it', 'for (;;);', 'something at its top level goes on or is waited for'],
    [
      'a decode of its protocols',
      "const toy = protocol('toy', { carriedBy: { udp: [7777] }, brief: [], decode() { for (;;); } });",
      'a decode of its protocols, tried on bytes of no packet, has none',
    ],
  ])
    it(`ends with a sentence where ${where} runs round in a circle`, async () => {
      using own = ownFolder();
      const file = join(own.folder, 'lab.ts');
      const brings = line?.includes('toy') ? 'protocols: [toy],' : '';
      const text = `import { protocol } from 'packetwalk';\n${labWith(line!)}`.replace(
        'setup: {},',
        `setup: {}, ${brings}`,
      );
      writeFileSync(file, text);
      // The thread's own file is bundled.
      const dist = new URL('../../dist/exports.js', import.meta.url).href;
      const { loadFile } = (await import(dist)) as typeof import('../../scripts/exports.ts');
      const said = await loadFile(file, { name: 'lab' }, 1000).catch((error: Error) => error.message);
      expect(said).to.include('the file: does not load within 1 s').and.to.include(says);
    });
});
