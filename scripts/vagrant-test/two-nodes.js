// Inside the sandbox: brings two machines up as a person would, and shows that they are what the vagrant runtime needs.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ssh2 from 'ssh2';
import { seconds } from './sandbox.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LAB = fileURLToPath(new URL('../../tests/labs-of-tests/two-nodes.ts', import.meta.url));
const settings = { cwd: root, env: { ...process.env, LAB, MEMORY: '384' }, encoding: 'utf8', timeout: 300_000 };

/** Runs a command to its end and says how long it took. */
function timed(what, command, ...args) {
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, settings);
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}:\n${error?.message ?? stdout + stderr}`);
  console.log(`${what}: ${seconds(started)}`);
  return stdout;
}

/** By machine, what `vagrant ssh-config` says of it. */
function hosts(config) {
  const blocks = config.split(/^Host /m).slice(1);
  return Object.fromEntries(
    blocks.map((block) => {
      const [name, ...lines] = block.trim().split('\n');
      return [name.trim(), Object.fromEntries(lines.map((line) => line.trim().split(/ (.*)/)))];
    }),
  );
}

function connect({ HostName, Port, User, IdentityFile }) {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.on('ready', () => resolve(client)).on('error', reject);
    client.connect({ host: HostName, port: Number(Port), username: User, privateKey: readFileSync(IdentityFile) });
  });
}

/** Runs a script on a machine; what it printed, if it came to a good end. */
function typed(client, script) {
  return new Promise((resolve, reject) => {
    client.exec(script, (error, stream) => {
      if (error) return reject(error);
      let said = '';
      for (const part of [stream, stream.stderr]) part.setEncoding('utf8').on('data', (text) => (said += text));
      stream.on('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`${script}\n${said}`))));
    });
  });
}

/** Moves an adapter, found by its MAC, into a network namespace and gives it its interface’s name there. */
const moveIn = ({ mac, interface: name }, address) => `
  ip netns add node
  nic=$(ip -o link | awk -F': ' 'tolower($0) ~ /${mac}/ { print $2 }')
  ip link set "$nic" netns node name ${name}
  ip -n node link set ${name} up
  ip -n node addr add ${address} dev ${name}`;

const planned = JSON.parse(execFileSync('node', ['scripts/vagrant-plan.js', LAB], settings)).machines;
try {
  timed(`vagrant up, ${planned.length} machines`, 'vagrant', 'up');
  const known = hosts(timed('vagrant ssh-config', 'vagrant', 'ssh-config'));
  const started = performance.now();
  const clients = await Promise.all(planned.map(({ name }) => connect(known[name])));
  console.log(`SSH to each: ${seconds(started)}`);
  await Promise.all(clients.map((client, i) => typed(client, moveIn(planned[i].nics[0], `10.0.0.${i + 1}/24`))));
  await typed(clients[0], "unshare --mount --pid --fork --kill-child perl -e 'exit 0'");
  const ping = await typed(clients[0], 'ip netns exec node ping -c 3 -i 0.2 -W 5 10.0.0.2');
  console.log(ping.trim().split('\n').slice(-2).join('\n'));
  for (const client of clients) client.end();
} finally {
  timed('vagrant destroy', 'vagrant', 'destroy', '--force');
}
for (const list of ['list --all --name', 'net-list --all --name']) {
  const left = execFileSync('virsh', list.split(' '), settings).trim();
  if (left) throw new Error(`virsh ${list} still has: ${left}`);
}
