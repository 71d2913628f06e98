// npm run test:vagrant: a lab on emulated virtual machines, from vagrant up to vagrant destroy. Words that follow are run in
// its stead, in the same sandbox: npm run test:vagrant -- node scripts/lab.js verify flannel-vxlan --runtime vagrant
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.js';
import { run, seconds, whyNot } from './vagrant-test/sandbox.js';

const refusal = whyNot();
if (refusal) {
  console.error(`Skipped: ${refusal}`);
  process.exit(0);
}
await setUp();
const bundle = await import('../dist/exports.js');
const started = performance.now();
const words = process.argv.slice(2);
const own = [process.execPath, fileURLToPath(new URL('vagrant-test/two-nodes.js', import.meta.url))];
process.exitCode = await run(words.length ? words : own, bundle, (line) => console.log(line));
console.log(`all: ${seconds(started)}`);
