import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { image } from '../../src/runtime/docker/image.ts';
import { ownFolder, packetwalk } from '../commands/packetwalk.ts';
import { shlex } from '../containerlab/shlex.ts';
import { read } from '../containerlab/topology.ts';
import { type Engine, engine } from '../engine.ts';

const file = new URL('../../containerlab/flannel-vxlan-routed.clab.yml', import.meta.url);
const lab = 'flannel-vxlan-routed';

describe('containerlab', function () {
  this.timeout(120_000);
  const own = ownFolder();
  const containers = new Map<string, Docker.Container>();
  let its: Engine;
  let run: ReturnType<typeof packetwalk>;

  before(async function () {
    its = await engine(this);
    run = packetwalk(own.folder, its.env);
  });

  after(async () => {
    await Promise.all([...containers.values()].map((container) => container.remove({ force: true })));
    own[Symbol.dispose]();
  });

  const proven = () => run('verify', lab, '--runtime', 'containerlab', '--json');

  it('is skipped where nothing is deployed, with what to type', async () => {
    const { stdout, exitCode } = await proven();
    expect(exitCode).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ verdict: 'skipped' });
    expect(JSON.parse(stdout).reason).to.match(/containerlab is not installed|Type: sudo containerlab deploy/);
  });

  it('proves what was deployed, found by its labels, and leaves it as it is', async () => {
    await deploy();
    const { stdout, exitCode } = await proven();
    expect(exitCode, JSON.parse(stdout).reason).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ verdict: 'passed', runtime: 'containerlab' });
    for (const container of containers.values()) expect((await container.inspect()).State.Running).to.equal(true);
  });

  it('is unknown where a part of the topology is missing', async () => {
    await containers.get('gw')!.remove({ force: true });
    containers.delete('gw');
    const { stdout, exitCode } = await proven();
    expect(exitCode).to.equal(2);
    expect(JSON.parse(stdout).reason).to.match(/runs without gw\. Type: sudo containerlab deploy/);
  });

  /** Does with the generated file what containerlab does, as its manual describes it. */
  async function deploy(): Promise<void> {
    const Image = await image(its.docker, () => {});
    const { topology } = read(readFileSync(file, 'utf8'));
    await Promise.all(
      Object.keys(topology.nodes).map(async (node) => {
        const container = await its.docker.createContainer({
          Image,
          name: `clab-${lab}-${node}`,
          Labels: { containerlab: lab, 'clab-node-name': node },
          Cmd: ['sleep', 'infinity'],
          HostConfig: {
            NetworkMode: 'none',
            CapAdd: ['NET_ADMIN', 'SYS_ADMIN'],
            SecurityOpt: ['apparmor=unconfined'],
            ReadonlyPaths: [],
          },
        });
        containers.set(node, container);
        await container.start();
      }),
    );
    const pids = new Map<string, number>();
    for (const [node, container] of containers) pids.set(node, (await container.inspect()).State.Pid);
    for (const { endpoints, mtu } of topology.links ?? []) {
      const [a, b] = endpoints.map((end) => end.split(':') as [string, string]);
      const words = `ip link add name ${a![1]} mtu ${mtu} netns ${pids.get(a![0])} type veth peer name ${b![1]} mtu ${mtu} netns ${pids.get(b![0])}`;
      await its.docker.run(Image, words.split(' '), process.stderr, {
        HostConfig: { NetworkMode: 'none', PidMode: 'host', CapAdd: ['NET_ADMIN'], AutoRemove: true },
      });
    }
    await Promise.all(
      [...containers].map(async ([node, container]) => {
        for (const line of topology.nodes[node]!.exec ?? []) await execute(container, shlex(line));
      }),
    );
  }

  async function execute(container: Docker.Container, Cmd: string[]): Promise<void> {
    const exec = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    let said = '';
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await new Promise((resolve) => stream.once('end', resolve));
    expect((await exec.inspect()).ExitCode, `${Cmd.join(' ')}: ${said}`).to.equal(0);
  }
});
