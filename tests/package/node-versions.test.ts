import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { needsNamespaces } from '../stand.ts';
import { cable, consumer, programOf, run, write } from './packed.ts';

const program = `import { up } from 'packetwalk/run';
const lab = await up('./lab.ts');
console.log((await lab.verify({ drills: true })).verdict);
await lab.down();
`;

const suite = `import { testLab } from 'packetwalk/mocha';
await testLab('./lab.ts');
`;

describe('The package on another Node', () => {
  for (const version of [22, 24])
    describe(`Node ${version}`, () => {
      let folder = '';
      let node = '';
      before(async function () {
        needsNamespaces(this);
        folder = await consumer(this);
        write(folder, { 'lab.ts': cable, 'program.js': program, 'lab.test.js': suite });
        // npm's package `node` brings one, beside the project whose packages it is not one of.
        const beside = join(folder, `node-${version}`);
        mkdirSync(beside);
        const words = ['install', `node@${version}`, '--prefix', beside, '--prefer-offline', '--no-audit', '--no-fund'];
        const { exitCode } = await run(folder, 'npm', words);
        node = join(beside, 'node_modules/node/bin/node');
        const { stdout = '' } = exitCode ? {} : await run(folder, node, ['--version']);
        if (stdout.startsWith(`v${version}.`)) return;
        const first = this.currentTest ?? this.test;
        if (first) first.title += ` (skipped: npm brings no Node ${version} here)`;
        this.skip();
      });
      after(() => rmSync(join(folder, `node-${version}`), { recursive: true, force: true }));

      it('proves a lab by its command line, and says nothing besides', async () => {
        const words = ['node_modules/.bin/packetwalk', 'verify', './lab.ts', '--drills', '--json'];
        const { stdout, stderr } = await run(folder, node, words);
        expect([JSON.parse(stdout).verdict, stderr]).to.deep.equal(['passed', '']);
      });

      it('refuses a lab that throws, by its line', async () => {
        write(folder, { 'throws.ts': `interface Unused { x: 1 }\nthrow new Error('boom');\n${cable}` });
        const words = ['node_modules/.bin/packetwalk', 'verify', './throws.ts'];
        const { exitCode, stderr } = await run(folder, node, words);
        expect([exitCode, stderr]).to.deep.equal([
          64,
          'throws.ts has a problem:\n  line 2, column 7: does not load: boom',
        ]);
      });

      it('proves it in a program of one’s own', async () => {
        const { all } = await run(folder, node, ['program.js']);
        expect(all).to.equal('passed');
      });

      it('proves it as tests', async () => {
        const { exitCode, all } = await run(folder, node, [programOf('mocha', 'bin', 'mocha.js'), 'lab.test.js']);
        expect(exitCode, all).to.equal(0);
        expect(all).to.include('3 passing');
      });
    });
});
