import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { startSwarm } from '../swarm-in-namespaces.js';
import { copyImage, kept, removeOthers, until } from './engines.js';
import { killedAtRandom } from './kills.js';
import { ownLabs, recipe } from './own-labs.js';
import { losesPart, spreads } from './spread.js';

const cli = fileURLToPath(new URL('../lab.js', import.meta.url));

/** Labs that are soon done, with all their drills. */
const SHORT = 'netns-veth,netns-bridge,netns-bridge-no-address,pod-sandbox,cni-bridge,flannel-vxlan-routed';

/** Labs of every kind of network, without their drills: a third of the matrix. */
const PART =
  'netns-veth,docker-networks,pod-sandbox,netfilter-hooks,cni-bridge,flannel-vxlan,flannel-nftables,flannel-host-gw,flannel-udp,' +
  'calico-bgp,service-clusterip-iptables,service-headless,lb-nginx-keepalived,ipip-tunnel';

/** How soon an engine removes the containers of tasks that are gone. */
const REMOVED_WITHIN_MS = 20_000;

/** A swarm, and what is tried on it. */
export class Trial {
  count = { passed: 0, failed: 0 };

  /** @param {number} count how many machines */
  static async begin(count) {
    const swarm = await startSwarm(count);
    const folder = mkdtempSync(join(tmpdir(), 'packetwalk-swarm-'));
    const trial = new Trial(swarm, folder);
    return trial;
  }

  /** What of this machine a swarm could leave. */
  static ofThisMachine() {
    const { stdout } = spawnSync('lsns', ['--noheadings', '--output', 'COMMAND'], { encoding: 'utf8' });
    return {
      engines: stdout.split('\n').filter((line) => /dockerd|containerd|machine\d/.test(line)).length,
      cgroups: spawnSync('find', ['/sys/fs/cgroup', '-name', 'packetwalk-engine-*-machine*']).stdout.toString(),
      folders: readdirSync(tmpdir()).filter((name) => /^packetwalk-(swarm|task)-/.test(name)),
    };
  }

  constructor({ machines, stop }, folder) {
    Object.assign(this, { machines, stop, folder, manager: machines[0] });
  }

  /** Says whether something is as it is to be. */
  check(what, is, expected) {
    const passed = isDeepStrictEqual(is, expected);
    this.count[passed ? 'passed' : 'failed']++;
    console.log(`${passed ? '✓' : '✗'} ${what}`);
    if (!passed) console.log(`    it is   ${JSON.stringify(is)}\n    and not ${JSON.stringify(expected)}`);
  }

  /** Checks whether a text has some words in it. */
  says(what, text, ...words) {
    const lacking = words.filter((each) => !text.includes(each));
    this.check(what, lacking, []);
    if (lacking.length) console.log(text.replace(/^/gm, '    '));
  }

  /** Starts `matrix --on swarm`. */
  start = (...words) => this.typed([process.execPath, cli, 'matrix', '--on', 'swarm', ...words]);

  /** Starts `verify LAB --on swarm --spread`, on the network by which the manager reaches the other machines. */
  startSpread = (...words) =>
    this.typed([
      ...['nsenter', `--net=/proc/${this.manager.engine.pid}/ns/net`, process.execPath, cli, 'verify', ...words],
      ...['--on', 'swarm', '--spread', '--json'],
    ]);

  /** Runs `verify` on this machine. */
  verifyHere = (...words) =>
    this.typed([process.execPath, cli, 'verify', ...words, '--runtime', 'netns', '--json']).ended;

  typed([command, ...words]) {
    const env = { ...process.env, DOCKER_HOST: this.manager.engine.host, INIT_CWD: this.folder, CI: '', NO_COLOR: '1' };
    const child = spawn(command, words, { env });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => {
        said[name] += text;
      });
    const began = performance.now();
    const ended = once(child, 'close').then(([code, signal]) => {
      const seconds = (performance.now() - began) / 1000;
      return { code: code ?? signal, seconds, ...said };
    });
    return { child, ended, said };
  }

  run = (...words) => this.start(...words).ended;

  /** The services, secrets and containers that are left. An engine removes containers a moment after their tasks are gone. */
  async left() {
    let left = [];
    const isEmpty = async () => {
      left = await this.services();
      return !left.length;
    };
    await until(isEmpty, REMOVED_WITHIN_MS);
    return left;
  }

  async services() {
    const of = await Promise.all(this.machines.map(({ docker }) => docker.listContainers({ all: true })));
    const services = await this.manager.docker.listServices();
    const secrets = await this.manager.docker.listSecrets();
    return [...[...services, ...secrets].map(({ Spec }) => Spec.Name), ...of.flat().map(({ Names }) => Names[0])];
  }

  async lacksImage() {
    for (const { docker } of this.machines.slice(1)) await removeOthers(docker, 'packetwalk/task');
    const { code, stderr } = await this.run('--labs', 'netns-veth');
    this.image = /^Trying (\S+) on machine1, machine2, machine3$/m.exec(stderr)?.[1];
    if (!this.image) throw new Error(`no image was tried:\n${stderr}`);
    await removeOthers(this.manager.docker, 'packetwalk/task', this.image);
    this.check('an image that two machines lack ends with 2', code, 2);
    this.says(
      'it says which machines they are, and what to type',
      stderr,
      `machine2 (10.77.0.2) does not have the image ${this.image}`,
      'machine3 (10.77.0.3) does not have the image',
      `docker save ${this.image} | ssh machine3 docker load`,
    );
    this.check('nothing of it is left', await this.left(), []);
  }

  async haveImages() {
    const context = join(this.folder, 'image');
    this.own = `${this.image}-labs`;
    ownLabs(this.folder);
    writeFileSync(join(this.folder, 'Dockerfile'), recipe(this.image));
    const made = await this.manager.docker.buildImage(
      { context: this.folder, src: readdirSync(this.folder) },
      { t: this.own },
    );
    await new Promise((resolve, reject) =>
      this.manager.docker.modem.followProgress(made, (error) => (error ? reject(error) : resolve())),
    );
    rmSync(context, { recursive: true, force: true });
    for (const { docker } of this.machines.slice(1))
      for (const name of [this.image, this.own]) await copyImage(this.manager.docker, docker, name);
    this.before = await Promise.all(this.machines.map(({ docker }) => kept(docker)));
  }

  /** The same labs on one machine and on three. */
  async oneAndThree(words) {
    const given = words.length ? words : ['--no-drills', '--labs', PART];
    const files = ['one', 'three'].map((name) => join(this.folder, `${name}.json`));
    await this.offer('drain');
    const one = await this.run(...given, '--jobs', '1', '--json');
    await this.offer('active');
    const three = await this.run(...given, '--jobs', '3', '--json');
    for (const [i, { stdout }] of [one, three].entries()) writeFileSync(files[i], stdout);
    const [verdicts, others] = files.map((file) => {
      const { runs } = JSON.parse(readFileSync(file, 'utf8'));
      return runs.map(({ lab, verdict, reason }) => `${lab} ${verdict} ${reason}`);
    });
    this.check('labs come to the same verdicts on one machine and on three', others, verdicts);
    this.check('and to the same exit code', three.code, one.code);
    this.agree(files);
    const speedUp = one.seconds / three.seconds;
    console.log(
      `  ${verdicts.length} labs: ${one.seconds.toFixed(0)} s on one machine, one at a time; ` +
        `${three.seconds.toFixed(0)} s on three, three at a time: ${speedUp.toFixed(1)} times as quick on ` +
        `${spawnSync('nproc', { encoding: 'utf8' }).stdout.trim()} cores`,
    );
    this.check('nothing of it is left', await this.left(), []);
  }

  /** Checks that results in two files agree in all facts. */
  agree(files) {
    const compare = spawnSync(process.execPath, [cli, 'matrix', '--compare', ...files, '--json'], {
      encoding: 'utf8',
      maxBuffer: Number.POSITIVE_INFINITY,
    });
    const { comparisons } = JSON.parse(compare.stdout);
    const differing = comparisons.filter(({ verdict }) => !['passed', 'skipped'].includes(verdict));
    const facts = comparisons.reduce((sum, { compared }) => sum + compared, 0);
    this.check(`and to the same ${facts} facts`, differing, []);
  }

  /** Has all machines but the manager take tasks, or not. */
  async offer(Availability) {
    for (const node of await this.manager.docker.listNodes()) {
      if (node.Spec.Role === 'manager') continue;
      const options = { version: node.Version.Index, ...node.Spec, Availability };
      await this.manager.docker.getNode(node.ID).update(options);
    }
  }

  async failsAndDies() {
    const on = (...labs) => this.run('--image', this.own, '--labs', labs.map((lab) => `./${lab}.ts`).join(), '--json');
    const verdicts = ({ stdout }) => JSON.parse(stdout).runs.map(({ lab, verdict }) => `${lab} ${verdict}`);
    const fails = await on('passes', 'fails');
    this.check('a lab that fails ends with 1', fails.code, 1);
    this.check('and the other one passes', verdicts(fails), ['passes passed', 'fails failed']);
    const dies = await on('passes', 'takes-memory');
    this.check('a task that is killed for memory ends with 2', dies.code, 2);
    this.check('its lab is unknown, and the other one passes', verdicts(dies), [
      'passes passed',
      'takes-memory unknown',
    ]);
    this.says('the reason is told', dies.stdout, 'killed a process of it for memory: a task may have 2 GiB');
    this.check('nothing of them is left', await this.left(), []);
  }

  async diesWhole() {
    const { ended } = this.start('--labs', 'flannel-vxlan', '--json');
    await this.underWay();
    for (const { docker } of this.machines)
      for (const { Id } of await docker.listContainers()) await docker.getContainer(Id).kill();
    const { code, stdout } = await ended;
    const verdicts = JSON.parse(stdout).runs.map(({ lab, verdict }) => `${lab} ${verdict}`);
    this.check(
      'a task that is killed as a whole is unknown, and ends with 2',
      [code, ...verdicts],
      [2, 'flannel-vxlan unknown'],
    );
    this.says('it says where', stdout, 'it was killed there, for want of memory or by somebody');
    this.check('nothing of it is left', await this.left(), []);
  }

  /** Resolves once a task of a run is at work, on some machine or on that one. */
  underWay = (machine) =>
    until(async () => {
      const { docker } = this.manager;
      const nodes = await docker.listNodes();
      const tasks = await docker.listTasks({ filters: { 'desired-state': ['running'] } });
      const isThere = ({ NodeID }) =>
        !machine || nodes.some(({ ID, Description }) => ID === NodeID && Description.Hostname === machine);
      return tasks.some(
        (task) => task.Status.State === 'running' && isThere(task) && task.Spec.ContainerSpec.Args.includes('verify'),
      );
    });

  async isInterrupted() {
    const { child, ended } = this.start('--labs', SHORT);
    await this.underWay();
    child.kill('SIGINT');
    this.check('Ctrl-C ends it with 130', (await ended).code, 130);
    this.check('and nothing of it is left', await this.left(), []);
  }

  async isKilled() {
    const { child, ended } = this.start('--labs', SHORT);
    await this.underWay();
    child.kill('SIGKILL');
    await ended;
    this.says('what a killed one left is taken away by `clean`', this.clean(), 'The service packetwalk-');
    this.check('and nothing of it is left', await this.left(), []);
  }

  /** What `clean` says. */
  clean() {
    const env = { ...process.env, DOCKER_HOST: this.manager.engine.host };
    return spawnSync(process.execPath, [cli, 'clean'], { env, encoding: 'utf8' }).stdout;
  }

  /** Kills at moments of chance: as many as SWARM_KILLS says, drawn from SWARM_SEED. */
  isKilledAtRandom() {
    const { SWARM_KILLS: kills = 20, SWARM_SEED: seed = Date.now() % 1e6 } = process.env;
    return killedAtRandom(this, SHORT, { kills: Number(kills), seed: Number(seed) });
  }

  async losesMachine() {
    const { ended } = this.start('--labs', SHORT, '--jobs', '3', '--json');
    await this.underWay('machine3');
    const lost = this.machines.pop();
    await lost.engine.kill();
    const { code, stdout, stderr } = await ended;
    const { runs } = JSON.parse(stdout);
    this.check(
      'an engine that is killed costs no verdict, and none is there twice',
      runs.map(({ lab, verdict }) => `${lab} ${verdict}`),
      SHORT.split(',').map((lab) => `${lab} passed`),
    );
    this.check('and the whole is as it would have been', code, 0);
    this.says('work is taken back from it', stderr, 'machine3 (10.77.0.3) is gone', 'begins anew on another machine');
    this.check('nothing of it is left', await this.left(), []);
  }

  async leavesNothing() {
    const after = await Promise.all(this.machines.map(({ docker }) => kept(docker)));
    this.check('images, volumes and networks of the machines are as before', after, this.before.slice(0, after.length));
  }

  async losesManager() {
    const { ended } = this.start('--labs', SHORT, '--jobs', '2', '--json');
    await this.underWay();
    await this.manager.engine.kill();
    const { code, stdout, stderr } = await ended;
    const { runs } = JSON.parse(stdout);
    this.check('a manager that is killed ends it with 2', code, 2);
    this.check(
      'each lab has one verdict, and none has failed for it',
      [runs.map(({ lab }) => lab), runs.filter(({ verdict }) => !['passed', 'unknown'].includes(verdict))],
      [SHORT.split(','), []],
    );
    this.says('it says that the manager does not answer', stdout, 'does not answer any more');
    this.says('and how to find what may be left', stderr, 'Type: docker service ls --filter label=packetwalk.swarm=');
  }

  /** One lab over all machines: as on one, and nothing is left whenever it ends. */
  spreads = () => spreads(this);

  /** One lab over two machines, of which one vanishes; and then there is nothing to spread it over. */
  losesPart = () => losesPart(this);

  async end() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
