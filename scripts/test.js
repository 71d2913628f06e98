// npm test: sets up what is missing, then runs mocha; further words go to mocha (npm test -- --grep walk).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.js';

await setUp();
const { essential, install, installLine, optional, testing } = await import('../dist/programs.js');
const absent = install([...essential, ...optional, ...testing]);
if (absent.length) console.error(`Some tests will be skipped for want of tools. Type: ${installLine(absent)}`);

const root = fileURLToPath(new URL('..', import.meta.url));
const mocha = fileURLToPath(new URL('../node_modules/mocha/bin/mocha.js', import.meta.url));
const words = process.argv.slice(2);
const chosen = words.some((word) => word.endsWith('.ts')) ? [] : ['tests/**/*.test.ts'];
const { status } = spawnSync(process.execPath, [mocha, ...words, ...chosen], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
