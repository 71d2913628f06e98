// npm run test:swarm: a swarm of three engines on this machine, offline (scripts/swarm-in-namespaces.js). Labs on one machine and on
// three come to the same, and one lab that is spread over them; an engine is killed, a lab fails, a task is killed for memory,
// packetwalk is interrupted and killed; and nothing is left. Its last line is the count.
import { whyNot } from './engine-in-namespace.js';
import { setUp } from './setup.js';
import { Trial } from './swarm-test/trial.js';

const refusal = whyNot();
if (refusal) {
  console.log(`Skipped: ${refusal}`);
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(0);
}

await setUp();
const before = Trial.ofThisMachine();
const trial = await Trial.begin(3);
try {
  await trial.lacksImage();
  await trial.haveImages();
  await trial.oneAndThree(process.argv.slice(2));
  await trial.failsAndDies();
  await trial.diesWhole();
  await trial.isInterrupted();
  await trial.isKilled();
  await trial.isKilledAtRandom();
  await trial.spreads();
  await trial.losesMachine();
  await trial.losesPart();
  await trial.leavesNothing();
  await trial.losesManager();
} finally {
  await trial.end();
}
trial.check(
  'the namespaces, processes, cgroups and folders of this machine are as before',
  Trial.ofThisMachine(),
  before,
);
console.log(`${trial.count.passed} passed, ${trial.count.failed} failed, 0 skipped`);
process.exitCode = trial.count.failed ? 1 : 0;
