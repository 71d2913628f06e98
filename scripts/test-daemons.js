// npm run test:daemons [LAB …]: builds the real daemons that labs name, then proves each of those labs with small daemons and with
// real ones, drills included, and compares the two. Its last line is the count.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.js';

await setUp();
const { labNames, loadPlan } = await import('../dist/exports.js');
const cli = fileURLToPath(new URL('lab.js', import.meta.url));
const run = (...words) => spawnSync(process.execPath, [cli, ...words], { stdio: 'inherit' }).status;

const asked = process.argv.slice(2);
const count = { passed: 0, failed: 0, skipped: 0 };
for (const lab of asked.length ? asked : labNames()) {
  const { real } = await loadPlan(lab, undefined, 'real');
  if (!real.length) {
    if (asked.length) count.skipped++;
    continue;
  }
  const isBuilt = run('daemons', ...real.map(({ name }) => name)) === 0;
  const code = isBuilt ? run('verify', lab, '--daemons', 'both', '--drills', '--strict') : 1;
  count[code === 0 ? 'passed' : 'failed']++;
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed ? 1 : 0;
