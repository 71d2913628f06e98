// npm test: sets up what is missing, then runs all tests, some files side by side (scripts/test/side-by-side.js). With words, which
// go to mocha (npm test -- --grep walk), one process runs them in sequence.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.js';
import { sideBySide } from './test/side-by-side.js';

await setUp();
const { essential, install, installLine, optional, testing } = await import('../dist/programs.js');
const absent = install([...essential, ...optional, ...testing]);
if (absent.length) console.error(`Some tests will be skipped for want of tools. Type: ${installLine(absent)}`);

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
if (words.length) process.exitCode = inSequence();
else await sideBySide(root);

function inSequence() {
  const mocha = fileURLToPath(new URL('../node_modules/mocha/bin/mocha.js', import.meta.url));
  const chosen = words.some((word) => word.endsWith('.ts')) ? [] : ['tests/**/*.test.ts'];
  return spawnSync(process.execPath, [mocha, ...words, ...chosen], { cwd: root, stdio: 'inherit' }).status ?? 1;
}
