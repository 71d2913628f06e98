// A container engine for tests, on a machine where none runs: dockerd (package docker.io) in network, mount and PID
// namespaces of its own, so that the machine's network, firewall, /var/lib/docker and /run stay as they are. It ends with
// the process that started it, however that ends: the engine's first process reads a pipe from it. What it pulled and
// built is kept for the next time, in one of a few folders of which each engine locks one.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const SLOTS = 4;
const TAKEN = 75;
const UP_WITHIN_MS = 30_000;

const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

// First process of the PID namespace: when it ends, the kernel ends the engine and all containers. It does once its
// standard input is at an end, or the engine is. The words are the engine's folder, its data and a name for its cgroups;
// and, where file 4 is the network namespace of a bridge, a name for its machine and an address there. A swarm that an
// earlier engine on these data was in is over.
const first = String.raw`
  exec 3<&0 </dev/null
  mount -t tmpfs tmpfs /run && ip link set lo up || exit 1
  if [ -n "$4" ]; then
    hostname "$4" &&
      nsenter --net=/proc/self/fd/4 ip link add "$4" up master br0 type veth peer name eth0 netns 1 &&
      ip addr add "$5" dev eth0 && ip link set eth0 up || exit 1
    exec 4<&-
  fi
  rm -rf "$2/swarm"
  dockerd --log-level warn --host "unix://$1/docker.sock" --data-root "$2" --exec-root /run/docker --pidfile /run/docker.pid \
    --cgroup-parent "/$3" --exec-opt native.cgroupdriver=cgroupfs &
  cat <&3 >/dev/null &
  wait -n
  kill -KILL -1
  wait
  # What was killed leaves its cgroup a moment later.
  for _ in {1..50}; do
    find /sys/fs/cgroup -depth '(' -path "*/$3" -o -path "*/$3/*" ')' -type d -exec rmdir {} + 2>/dev/null
    [ -n "$(find /sys/fs/cgroup -path "*/$3" -print -quit)" ] || break
    sleep 0.1
  done
  rm -rf "$1"
`;

/** Why no engine can be started here, if none can. */
export function whyNot() {
  if (process.platform !== 'linux') return 'an engine of its own needs Linux';
  if (process.getuid?.() !== 0) return 'no engine answers, and only root can start one';
  if (spawnSync('sh', ['-c', 'command -v dockerd bash'], { env: { ...process.env, PATH } }).status !== 0)
    return 'no engine answers, and dockerd is not installed (package docker.io)';
  const { status, stderr } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `unshare cannot make namespaces here: ${stderr.trim()}`;
}

/**
 * Whether an engine answers at a socket.
 * @param {string} socketPath
 * @returns {Promise<boolean>}
 */
export const answers = (socketPath) =>
  new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
    asked.on('timeout', () => asked.destroy());
    asked.end();
  });

/**
 * Starts an engine and waits until it answers; rejects with the engine's last words where it does not.
 * @param {string} [cache] where its images are kept
 * @param {{ bridge: number, machine: string, address: string }} [at] the file of a network namespace with a bridge that it
 * is to be on, by which name and with which address
 * @returns {Promise<{ pid: number, host: string, socketPath: string, ended: Promise<void>, stop(): Promise<void>, kill(): Promise<void> }>}
 */
export async function startEngine(cache = join(homedir(), '.cache', 'packetwalk', 'test-engine'), at = undefined) {
  mkdirSync(cache, { recursive: true });
  for (let slot = 0; slot < SLOTS; slot++) {
    const engine = await startIn(join(cache, String(slot)), at);
    if (engine) return engine;
  }
  throw new Error(`${SLOTS} engines are running already, with all the data folders in ${cache}`);
}

/** Starts an engine on one data folder; undefined where another engine has it. */
async function startIn(data, at) {
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-engine-'));
  const socketPath = join(folder, 'docker.sock');
  const cgroup = `packetwalk-engine-${process.pid}${at ? `-${at.machine}` : ''}`;
  const child = spawn(
    'flock',
    [
      ...['--no-fork', '--nonblock', '--conflict-exit-code', String(TAKEN), `${data}.lock`],
      ...['unshare', '--net', '--mount', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc'],
      ...['bash', '-c', first, 'engine', folder, data, cgroup, ...(at ? [at.machine, at.address] : [])],
    ],
    // Away from the terminal's process group: an interrupt there is its starter's to answer.
    {
      env: { ...process.env, PATH },
      stdio: ['pipe', 'ignore', 'pipe', 'ignore', at?.bridge ?? 'ignore'],
      detached: true,
    },
  );
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(error));
    child.on('close', (code) => resolve(code));
  });
  child.stdin.on('error', () => {});
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    words = (words + chunk).slice(-4000);
  });
  const over = ended.then((how) => ({ how }));
  const up = await Promise.race([over, answering(socketPath, ended)]);
  if (up !== true) {
    child.stdin.end();
    const { how } = up ? up : await over;
    rmSync(folder, { recursive: true, force: true });
    if (how === TAKEN) return undefined;
    if (how instanceof Error) throw how;
    throw new Error(`dockerd does not start: ${reason(words)}`);
  }
  await removeContainers(socketPath);
  // Nothing of the engine keeps its starter from ending.
  for (const each of [child, child.stdin, child.stderr]) each.unref();
  return {
    pid: child.pid,
    host: `unix://${socketPath}`,
    socketPath,
    ended: ended.then(() => {}),
    async stop() {
      child.ref();
      child.stdin.end();
      await ended;
    },
    /** As if its machine lost its power: nothing in it ends by itself. */
    async kill() {
      child.ref();
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
      await removeCgroups(cgroup);
    },
  };
}

/** Removes the cgroups that a killed engine left, its own and those of its containers, once nobody is in them any more. */
async function removeCgroups(name) {
  const where = ['(', '-path', `*/${name}`, '-o', '-path', `*/${name}/*`, ')', '-type', 'd'];
  const find = (...words) => spawnSync('find', ['/sys/fs/cgroup', '-depth', ...where, ...words]);
  for (let time = 0; time < 50; time++) {
    find('-exec', 'rmdir', '{}', '+');
    if (!find().stdout.length) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Resolves to true once an engine answers, to false after a while in which it never did. */
async function answering(socketPath, ended) {
  let over = false;
  ended.then(() => {
    over = true;
  });
  for (const since = Date.now(); Date.now() - since < UP_WITHIN_MS && !over; ) {
    if (await answers(socketPath)) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

/** The engine's own reason, among all that it logs. */
function reason(words) {
  const lines = words.trim().split('\n');
  const last = lines.findLast((line) => /level=(error|fatal)|^(?!time=|engine: )\S/.test(line)) ?? '';
  return /msg="(.*?)"/.exec(last)?.[1] ?? (last || 'it says nothing');
}

/** Containers that a killed engine had are listed by the next one on the same data: no one needs them any more. */
async function removeContainers(socketPath) {
  for (const { Id } of await ask(socketPath, 'GET', '/containers/json?all=1'))
    await ask(socketPath, 'DELETE', `/containers/${Id}?force=1&v=1`);
}

const ask = (socketPath, method, path) =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path }, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve(response.statusCode === 200 ? JSON.parse(text) : undefined);
    });
    asked.on('error', reject);
    asked.end();
  });
