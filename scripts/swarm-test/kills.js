import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { kept, until } from './engines.js';

/** How soon engines have removed what belonged to tasks that are gone. */
const REMOVED_WITHIN_MS = 30_000;

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator, Numerical Recipes). */
export function drawn(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Of `matrix`, or of the containers of its tasks on one machine. */
const HOWS = ['SIGKILL', 'SIGKILL', 'SIGINT', 'SIGTERM', 'its containers on a machine'];

/** What a process and all that came from it are: their names, and how many namespaces they have. */
function inside(root) {
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    parents.set(
      Number(pid),
      Number(/^PPid:\s+(\d+)/m.exec(read(() => readFileSync(`/proc/${pid}/status`, 'utf8')))?.[1]),
    );
  const isOurs = (pid) => pid !== undefined && (pid === root || isOurs(parents.get(pid)));
  const family = [...parents.keys()].filter(isOurs);
  const namespaces = family.flatMap((pid) =>
    ['net', 'mnt', 'pid', 'uts', 'user', 'cgroup'].map((kind) => read(() => readlinkSync(`/proc/${pid}/ns/${kind}`))),
  );
  const nameOf = (pid) => read(() => readFileSync(`/proc/${pid}/comm`, 'utf8')).trim();
  const engine = family.find((pid) => nameOf(pid) === 'dockerd');
  const mounts = read(() => readFileSync(`/proc/${engine}/mountinfo`, 'utf8')).split('\n');
  return [
    ...family.map((pid) => `process ${nameOf(pid)}`),
    // A namespace that is no longer mounted has a file for a minute yet.
    ...mounts.filter((line) => line.includes(' nsfs ')).map((line) => `network namespace ${line.split(' ')[4]}`),
    `${new Set(namespaces.filter(Boolean)).size} namespaces`,
  ];
}

/** Something of a process, empty where that has ended. */
const read = (it) => {
  try {
    return it();
  } catch {
    return '';
  }
};

/** Runs `matrix --on swarm` so often, kills it or its tasks at a moment of chance, and checks that nothing is left. */
export async function killedAtRandom(trial, labs, { kills, seed }) {
  const draw = drawn(seed);
  const state = async () => {
    const services = (await trial.services()).map((name) => `service or container ${name}`);
    const machines = trial.machines.map(async ({ name, docker, engine }) =>
      [
        ...Object.entries(await kept(docker)).flatMap(([kind, ids]) => ids.map((id) => `${kind} ${id}`)),
        ...inside(engine.pid),
      ].map((each) => `${name}: ${each}`),
    );
    return [services, ...(await Promise.all(machines))].flat();
  };
  const whole = await trial.run('--labs', labs, '--jobs', '3');
  trial.check('a run that nobody kills passes', whole.code, 0);
  await trial.left();
  let before = await state();
  const differences = [];
  for (let kill = 1; kill <= kills; kill++) {
    const began = performance.now();
    const how = HOWS[Math.floor(draw() * HOWS.length)];
    const afterMs = draw() * whole.seconds * 1000;
    const [code, cleaned] = await killed(trial, labs, how, afterMs, draw);
    let [after, differs] = [before, []];
    await until(async () => {
      after = await state();
      differs = differing(before, after);
      return !differs.length;
    }, REMOVED_WITHIN_MS);
    before = after;
    console.log(
      `  ${kill} of ${kills}: ${how} after ${(afterMs / 1000).toFixed(1)} s: ends with ${code}${cleaned} (${((performance.now() - began) / 1000).toFixed(0)} s)`,
    );
    for (const each of differs) console.log(`    ${each}`);
    differences.push(...differs.map((each) => `after kill ${kill}, ${each}`));
  }
  trial.check(
    `after ${kills} kills at random moments (SWARM_SEED=${seed}) services, containers, images, volumes, networks, namespaces and processes are as before`,
    differences,
    [],
  );
}

/** What there is more or less of than before. */
function differing(before, after) {
  const count = (list, line) => list.filter((each) => each === line).length;
  return [...new Set([...before, ...after])].flatMap((line) => {
    const more = count(after, line) - count(before, line);
    return more ? [`${more} × ${line}`] : [];
  });
}

/** Kills one run, and tells how it ended. */
async function killed(trial, labs, how, afterMs, draw) {
  const { child, ended } = trial.start('--labs', labs, '--jobs', '3');
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, afterMs))]);
  if (how.startsWith('SIG')) child.kill(how);
  else await killContainers(trial.machines[Math.floor(draw() * trial.machines.length)]);
  const { code } = await ended;
  return [code, how === 'SIGKILL' ? `, ${trial.clean().trim().split('\n').length} lines of clean` : ''];
}

async function killContainers({ docker }) {
  for (const { Id } of await docker.listContainers())
    await docker
      .getContainer(Id)
      .kill()
      .catch(() => {});
}
