import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './engines.js';

const LAB = 'flannel-vxlan';

/** How often it is interrupted, at moments that lie alike far from each other. */
const INTERRUPTS = 4;

/** What of a document a person looks at first. */
const verdictOf = ({ code, stdout }) => {
  const { verdict, reason } = JSON.parse(stdout);
  return [code, verdict, reason];
};

export async function spreads(trial) {
  const files = ['spread', 'here'].map((name) => join(trial.folder, `${name}.json`));
  const over = await trial.startSpread(LAB, '--drills').ended;
  const here = await trial.verifyHere(LAB, '--drills');
  trial.check(`${LAB} passes, over ${trial.machines.length} machines`, verdictOf(over), [0, 'passed', '']);
  for (const [i, { stdout }] of [over, here].entries()) writeFileSync(files[i], stdout);
  trial.agree(files);
  trial.says('it says where which nodes are', over.stderr, 'machine1: ', 'machine2: ', 'from one host to another');
  console.log(
    `  ${LAB} with its drills: ${over.seconds.toFixed(0)} s over ${trial.machines.length} machines, ${here.seconds.toFixed(0)} s on netns`,
  );
  trial.check('nothing of it is left', await trial.left(), []);
  const frames = await trial.startSpread('./frames.ts').ended;
  trial.check('frames of LLDP and of 9,001 bytes cross a cable', verdictOf(frames), [0, 'passed', '']);
  await isUnreached(trial);
  await interrupted(trial, over.seconds);
  const { child, ended, said } = trial.startSpread(LAB, '--drills');
  await until(() => said.stderr.includes('from one host to another'));
  child.kill('SIGKILL');
  await ended;
  trial.says('what a killed one left is taken away by `clean`', trial.clean(), 'The service packetwalk-');
  trial.check('and nothing of it is left, no secret either', await trial.left(), []);
}

/** A machine lets nobody in. */
async function isUnreached(trial) {
  const { name, engine } = trial.machines[1];
  const rule = (how) => {
    const words = ['iptables', '--wait', how, 'FORWARD', '-p', 'tcp', '--dport', '22', '-j', 'REJECT'];
    spawnSync('nsenter', [`--net=/proc/${engine.pid}/ns/net`, ...words], { stdio: 'inherit' });
  };
  rule('--insert');
  const { code, stdout } = await trial.startSpread(LAB).ended;
  rule('--delete');
  trial.check('a machine that lets nobody in makes it unknown', code, 2);
  trial.says('it says which, and which ports', stdout, `${name} (root@10.77.0.2, port `, 'must let in TCP from here');
  trial.check('nothing of it is left', await trial.left(), []);
}

async function interrupted(trial, seconds) {
  const codes = [];
  const left = [];
  for (let moment = 1; moment <= INTERRUPTS; moment++) {
    const { child, ended } = trial.startSpread(LAB, '--drills');
    const after = (seconds * 1000 * moment) / (INTERRUPTS + 1);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, after))]);
    child.kill('SIGINT');
    codes.push((await ended).code);
    left.push(...(await trial.left()));
  }
  trial.check(
    `Ctrl-C at ${INTERRUPTS} moments ends it with 130, or with 0 where it is done`,
    codes.filter((code) => code !== 130 && code !== 0),
    [],
  );
  trial.check('and nothing is left after any of them', left, []);
}

export async function losesPart(trial) {
  const { ended, said } = trial.startSpread(LAB, '--drills');
  await until(() => said.stderr.includes('from one host to another'));
  const lost = trial.machines.pop();
  await lost.engine.kill();
  const { code, stdout } = await ended;
  const { verdict, reason } = JSON.parse(stdout);
  trial.check('a machine that vanishes in mid-lab makes it unknown', [code, verdict], [2, 'unknown']);
  trial.says('it says which, and what to type', reason, lost.name, 'docker node ls');
  trial.check('nothing of it is left on the other', await trial.left(), []);
  const alone = await trial.startSpread(LAB).ended;
  trial.says(
    'one machine is nothing to spread over',
    alone.stdout,
    'machine1 (10.77.0.1) is the only machine of the swarm that takes tasks: there is nothing to spread over',
  );
  trial.check('and it is unknown', alone.code, 2);
}
