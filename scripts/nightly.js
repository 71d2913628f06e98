// npm run nightly: 100,000 random journeys for the judge (PROPERTY_CASES says otherwise), and whole what npm test draws by chance
// (NIGHTLY=1): every drill of every lab, each alone on a lab of its own, every change that a check or walk must notice, the gallery,
// and every workshop with each line left out once. Where something is judged wrongly, a seed is printed, with which it is found again.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.js';

await setUp();
const root = fileURLToPath(new URL('..', import.meta.url));
const mocha = fileURLToPath(new URL('../node_modules/mocha/bin/mocha.js', import.meta.url));
const env = { PROPERTY_CASES: '100000', NIGHTLY: '1', ...process.env };
const files = ['tests/judge/judge.property.test.ts', 'tests/labs/*.test.ts', 'tests/workshop/prove.test.ts'];
const codes = files.map(
  (file) => spawnSync(process.execPath, [mocha, file], { cwd: root, env, stdio: 'inherit' }).status ?? 1,
);
process.exit(Math.max(...codes));
