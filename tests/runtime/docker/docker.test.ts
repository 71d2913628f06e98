import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { image } from '../../../src/runtime/docker/image.ts';
import { docker } from '../../../src/runtime/docker/index.ts';
import { daemonIn, daemonLab, routed } from '../../commands/daemon-lab.ts';
import { ownFolder, packetwalk, script, smallLab } from '../../commands/packetwalk.ts';
import { type Engine, engine } from '../../engine.ts';
import { tellsDrops } from '../tells-drops.ts';

describe('docker', function () {
  this.timeout(240_000);
  const own = ownFolder();
  let its: Engine;
  let run: ReturnType<typeof packetwalk>;
  const onDocker = ['--runtime', 'docker'];
  const containers = (filters = {}) => its.docker.listContainers({ all: true, filters });

  before(async function () {
    its = await engine(this);
    await image(its.docker, () => {});
    run = packetwalk(own.folder, { ...its.env, DOCKER_HOST: its.env.DOCKER_HOST });
    writeFileSync(join(own.folder, 'mine.ts'), smallLab());
  });

  afterEach(async () => {
    expect(await containers({ label: ['packetwalk.run'] })).to.deep.equal([]);
  });

  after(() => own[Symbol.dispose]());

  it('proves a lab, drills included, and leaves no container and no network', async () => {
    const networks = async () => (await its.docker.listNetworks()).map(({ Id }) => Id).sort();
    const before = await networks();
    const { stdout, stderr, exitCode } = await run('verify', 'flannel-vxlan-routed', ...onDocker, '--drills', '--json');
    expect(exitCode, stdout + stderr).to.equal(0);
    const { runtime, verdict, drills } = JSON.parse(stdout);
    expect({ runtime, verdict }).to.deep.equal({ runtime: 'docker', verdict: 'passed' });
    expect(drills.map((drill: { healed: boolean }) => drill.healed)).to.deep.equal([true, true, true, true]);
    expect(await networks()).to.deep.equal(before);
  });

  it('has a container a node, with no more rights than it needs, and no network of the engine’s', async () => {
    await run('up', './mine.ts', ...onDocker);
    try {
      const all = await containers({ label: ['packetwalk.lab=mine'] });
      expect(all.map(({ Labels }) => Labels['packetwalk.node']).sort()).to.deep.equal(['a', 'b']);
      for (const { Id } of all) {
        const { HostConfig, NetworkSettings } = await its.docker.getContainer(Id).inspect();
        expect(HostConfig.Privileged).to.equal(false);
        expect(HostConfig.CapAdd!.map((name: string) => name.replace(/^CAP_/, '')).sort()).to.deep.equal([
          'NET_ADMIN',
          'SYS_ADMIN',
        ]);
        expect(HostConfig.PidMode).to.equal('');
        expect(Object.keys(NetworkSettings.Networks)).to.deep.equal(['none']);
      }
    } finally {
      await run('down', 'mine');
    }
  });

  it('stands until it is taken down; a command runs in a place of it, with its exit code and streams', async () => {
    await run('up', './mine.ts', ...onDocker);
    try {
      expect((await run('status')).stdout).to.match(/mine .*docker, 2 containers/);
      expect(await run('exec', 'mine', 'a', 'sh', '-c', 'hostname; exit 3')).to.include({ stdout: 'a', exitCode: 3 });
      expect((await run('walk', 'mine', '--json')).exitCode).to.equal(0);
      expect((await run('up', './mine.ts', '--runtime', 'netns')).stderr).to.match(/stands on docker, not on netns/);
    } finally {
      expect((await run('down', 'mine')).stdout).to.match(/mine is down/);
    }
    expect((await run('status')).stdout).to.match(/No lab stands/);
  });

  it('shows a real daemon to each container as a file that none can change', async () => {
    writeFileSync(join(own.folder, 'led.ts'), daemonLab);
    const daemon = ['--daemon', daemonIn(own.folder, routed)];
    const { stdout, exitCode } = await run('verify', './led.ts', ...onDocker, ...daemon, '--drills', '--json');
    const { runtime, verdict, reason, daemons } = JSON.parse(stdout);
    expect({ runtime, verdict, exitCode }, reason).to.deep.equal({ runtime: 'docker', verdict: 'passed', exitCode: 0 });
    expect(daemons).to.deep.equal(['routed 1.2.3']);
    await run('up', './led.ts', ...onDocker, ...daemon);
    try {
      const changed = await run('exec', 'led', 'a', 'sh', '-c', 'echo exit 0 > /run/daemons/routed');
      expect(changed.stderr).to.contain('Read-only file system');
    } finally {
      await run('down', 'led');
    }
  });

  it('tells why the kernel dropped a packet of a container, or why it cannot', async function () {
    const given = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = its.env.DOCKER_HOST;
    try {
      const cannot = await tellsDrops(docker);
      if (cannot) this.test!.title += ` (it says: ${cannot})`;
    } finally {
      if (given === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = given;
    }
  });

  it('leaves nothing when it is killed, at whatever moment', async () => {
    for (const moment of ['created', 'running', 'running']) {
      const child = spawn(process.execPath, [script, 'verify', 'flannel-vxlan', ...onDocker, '--drills'], {
        stdio: 'ignore',
        env: { ...process.env, ...its.env, TMPDIR: own.folder },
      });
      const seen = async (): Promise<void> => {
        if (!(await containers({ label: ['packetwalk.run'], status: [moment] })).length) return seen();
      };
      await seen();
      child.kill('SIGKILL');
      await once(child, 'close');
      await gone();
    }
  });

  /** Those that were running end by themselves; clean removes those that never began. */
  async function gone(): Promise<void> {
    await run('clean');
    if ((await containers({ label: ['packetwalk.run'] })).length) return gone();
  }

  it('is unknown, and says which, when a container ends in mid-lab', async () => {
    const verifying = run('verify', 'flannel-vxlan', ...onDocker, '--drills', '--json');
    const node1 = async (): Promise<Docker.ContainerInfo> =>
      (await containers({ label: ['packetwalk.node=node1'], status: ['running'] }))[0] ?? node1();
    const { Id, Names } = await node1();
    await its.docker.getContainer(Id).kill();
    const { stdout, exitCode } = await verifying;
    expect(exitCode, stdout).to.equal(2);
    const { verdict, reason } = JSON.parse(stdout);
    expect(verdict).to.equal('unknown');
    expect(reason).to.match(new RegExp(`${Names[0]!.slice(1)}|could not start the nodes`));
  });

  it('leaves the containers of others alone, and those of a run that goes on', async () => {
    const stranger = await its.docker.createContainer({
      Image: await image(its.docker, () => {}),
      Labels: { 'packetwalk.run': 'x', 'packetwalk.owner': `elsewhere/0/1/1`, 'packetwalk.notes': own.folder },
    });
    try {
      await run('clean');
      expect((await containers({ label: ['packetwalk.run=x'] })).length).to.equal(1);
    } finally {
      await stranger.remove({ force: true });
    }
  });
});

describe('docker without an engine', () => {
  const own = ownFolder();
  after(() => own[Symbol.dispose]());

  it('is skipped with what to type where nothing listens', async () => {
    const run = packetwalk(own.folder, { DOCKER_HOST: `unix://${own.folder}/none.sock` });
    const { all, exitCode } = await run('verify', 'flannel-vxlan', '--runtime', 'docker');
    expect(exitCode).to.equal(0);
    expect(all!.replace(/\s+/g, ' ')).to.match(/skipped.*the container engine at unix:\S+ refuses.*docker info/);
  });

  it('is skipped where what listens is no engine', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const run = packetwalk(own.folder, { DOCKER_HOST: `tcp://127.0.0.1:${port}` });
    const { stdout } = await run('verify', 'flannel-vxlan', '--runtime', 'docker', '--json');
    server.close();
    expect(JSON.parse(stdout)).to.include({ verdict: 'skipped' });
    expect(JSON.parse(stdout).reason).to.match(/refuses: .*503/);
  });
});
