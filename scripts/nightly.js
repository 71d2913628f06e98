// npm run nightly: 100,000 random journeys for the judge (PROPERTY_CASES says otherwise), and every drill of every lab, each alone
// on a lab of its own. Where something is judged wrongly, a seed is printed, with which it is found again.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.js';

await setUp();
const root = fileURLToPath(new URL('..', import.meta.url));
const mocha = fileURLToPath(new URL('../node_modules/mocha/bin/mocha.js', import.meta.url));
const env = { PROPERTY_CASES: '100000', ALL_DRILLS: '1', ...process.env };
const files = [
  'tests/judge/judge.property.test.ts',
  'tests/labs/drills-alone.test.ts',
  'tests/labs/walk-mutants.test.ts',
];
const codes = files.map(
  (file) => spawnSync(process.execPath, [mocha, file], { cwd: root, env, stdio: 'inherit' }).status ?? 1,
);
process.exit(Math.max(...codes));
