// npm run nightly: 100,000 random journeys for the judge (PROPERTY_CASES says otherwise). Where one is judged wrongly, seed and
// path are printed, with which fast-check finds it again.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const mocha = fileURLToPath(new URL('../node_modules/mocha/bin/mocha.js', import.meta.url));
const env = { PROPERTY_CASES: '100000', ...process.env };
const { status } = spawnSync(process.execPath, [mocha, 'tests/judge/judge.property.test.ts'], {
  cwd: root,
  env,
  stdio: 'inherit',
});
process.exit(status ?? 1);
