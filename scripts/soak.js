// node scripts/soak.js [RUNS] [KILLS] [ROUNDS] [--runtime NAME …]: many runs, half of them with every core kept busy; rounds of
// every lab with all its drills, every core kept busy as well; and many kills at random moments; then, on this machine's own namespaces, eight labs at once. Afterwards, and after `clean` on any other
// runtime, this machine must be as it was before.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setUp } from './setup.js';

const runs = Number(process.argv[2] ?? 100);
const kills = Number(process.argv[3] ?? 100);
const rounds = Number(/^\d+$/.test(process.argv[4] ?? '') ? process.argv[4] : 30);
const where = process.argv.slice(2).filter((word) => !/^\d+$/.test(word));
const lab = fileURLToPath(new URL('lab.js', import.meta.url));

const text = (command, ...words) => {
  try {
    return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
};

function sysctls(folder = '/proc/sys/net') {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return sysctls(path);
      try {
        return [`${path}=${readFileSync(path, 'utf8').trim()}`];
      } catch {
        return [];
      }
    })
    .filter((line) => !/nf_conntrack_count|\/dev_weight/.test(line));
}

const commands = () =>
  text('ps', '-eo', 'args')
    .split('\n')
    .filter((line) => /^(packetwalk |unshare |ping |nsenter |qemu-system|setpriv )/.test(line));

/** Containers and networks of the engine, if one is in use. */
async function engineState() {
  if (!process.env.DOCKER_HOST) return '';
  const { default: Docker } = await import('dockerode');
  const docker = new Docker();
  const [containers, networks] = await Promise.all([docker.listContainers({ all: true }), docker.listNetworks()]);
  return [...containers.map(({ Names }) => Names.join()), ...networks.map(({ Name }) => Name)].sort().join('\n');
}

const state = async () => ({
  engine: await engineState(),

  links: text('ip', '-o', 'link').replaceAll(/qlen.*|\\.*/g, ''),
  addresses: text('ip', '-o', 'addr').replaceAll(/valid_lft.*/g, ''),
  routes: text('ip', 'route'),
  rules: text('ip', 'rule'),
  namespaces: text('ip', 'netns'),
  firewall: text('nft', 'list', 'ruleset'),
  mounts: readFileSync('/proc/self/mounts', 'utf8'),
  processes: commands().join('\n'),
  sysctls: sysctls().join('\n'),
  files: ['/run', '/run/netns', '/etc'].map((folder) => text('ls', folder)).join('\n'),
  notes: text('ls', '-R', join(tmpdir(), `packetwalk-${process.getuid()}`)),
});

function lines(before, after) {
  return Object.keys(before).filter((what) => before[what] !== after[what]);
}

async function settled(before) {
  const until = Date.now() + 10_000;
  if (where.length) await clean();
  let changed = lines(before, await state());
  while (changed.length && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    changed = lines(before, await state());
  }
  return changed;
}

const clean = () => once(spawn(process.execPath, [lab, 'clean'], { stdio: ['ignore', 'ignore', 'inherit'] }), 'close');

const verify = (name, ...options) => run('verify', name, '--json', ...where, ...options);

const run = (...words) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [lab, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.on('close', (code) => resolve({ code, out }));
  });

function report(what, count, bad) {
  console.log(`${what}: ${Math.max(0, count - bad.length)} of ${count}`);
  for (const each of bad) console.log(`  ${each}`);
  if (bad.length) process.exitCode = 1;
}

async function verifyMany(count, what) {
  const bad = [];
  for (let i = 0; i < count; i++) {
    const { code, out } = await verify('flannel-vxlan');
    if (code !== 0) bad.push(`run ${i}: exit ${code}: ${JSON.parse(out || '{}').reason}`);
  }
  report(what, count, bad);
}

/** Rounds of every lab, drills included: how many labs ended as they must, in how many rounds. */
async function everyLab(count) {
  const bad = [];
  let labs = 0;
  for (let i = 0; i < count; i++) {
    const { out } = await run('matrix', '--runtimes', where[1] ?? 'netns', '--json');
    const { runs = [] } = JSON.parse(out || '{}');
    const ran = runs.filter(({ verdict }) => verdict !== 'skipped');
    labs += ran.length;
    if (!ran.length) bad.push(`round ${i}: no lab was run`);
    for (const { lab, verdict, reason } of ran)
      if (verdict !== 'passed') bad.push(`round ${i}: ${lab}: ${verdict}: ${reason}`);
  }
  report(`labs passed in ${count} rounds with every core busy`, labs, bad);
}

await setUp();
process.env.PACKETWALK_SET_UP = '1';
// What is made once, such as images, is no part of it.
if (where.length) await verify('flannel-vxlan');
const before = await state();

await verifyMany(Math.ceil(runs / 2), 'runs passed');
const busy = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', 'for (;;);']));
await verifyMany(Math.floor(runs / 2), 'runs passed with every core busy');
await everyLab(rounds);
for (const each of busy) each.kill('SIGKILL');

for (let i = 0; i < kills; i++) {
  const child = spawn(process.execPath, [lab, 'verify', 'flannel-vxlan', '--drills', '--json', ...where], {
    stdio: 'ignore',
  });
  await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 3000));
  child.kill('SIGKILL');
}
report(
  'kills that left nothing',
  kills,
  (await settled(before)).map((what) => `${what} changed`),
);

if (!where.length) {
  const labs = ['flannel-vxlan', 'flannel-vxlan-routed'];
  const eight = await Promise.all(Array.from({ length: 8 }, (_, i) => verify(labs[i % 2], '--drills')));
  report(
    'labs passed, eight at once, drills included',
    8,
    eight.flatMap(({ code, out }) => (code ? [JSON.parse(out || '{}').reason] : [])),
  );
}
report(
  'machine as before',
  1,
  (await settled(before)).map((what) => `${what} changed`),
);
