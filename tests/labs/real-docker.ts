import { readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type Docker from 'dockerode';
import { witness } from '../../labs/kit/processes.ts';
import { bridge, veths } from '../../src/plan/lay-cables.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { findings, live, setUp } from '../../src/prove/run.ts';
import { places } from '../../src/runtime/agent/places.ts';
import { startContainer } from '../../src/runtime/docker/container.ts';
import { image } from '../../src/runtime/docker/image.ts';
import { typeIn } from '../../src/runtime/netns/sandbox.ts';
import type { Ran } from '../../src/runtime/runtime.ts';
import type { Stood } from '../stand.ts';

const HOST = 'host1';
const LABEL = 'packetwalk.test';
const forNodes = {
  NetworkMode: 'none',
  CapAdd: ['NET_ADMIN', 'SYS_ADMIN'],
  SecurityOpt: ['apparmor=unconfined'],
  ReadonlyPaths: [],
};
// A window on the engine’s own host: its network, and the processes of its containers.
const forHost = { ...forNodes, NetworkMode: 'host', PidMode: 'host', CapAdd: [...forNodes.CapAdd, 'SYS_PTRACE'] };
const forWires = { NetworkMode: 'none', PidMode: 'host', CapAdd: ['NET_ADMIN'] };
const forAll = { Init: true, AutoRemove: true, LogConfig: { Type: 'none', Config: {} } };

/** The engine is not one whose networks can be compared. */
export class Incomparable extends Error {}

/** A container of the lab, as one would have Docker run it. */
export type Wanted = Record<string, { options?: Docker.HostConfig; serves?: boolean; veth?: string }>;

/**
 * The lab docker-networks where host1 is the engine’s own host: Docker makes its networks and containers, and nothing that the
 * lab types there is typed. Each container’s namespace gets a name, each veth the lab’s name, since Docker’s are random.
 */
export async function standInDocker(
  docker: Docker,
  planned: Plan,
  network: { bridge: string; range: string },
  wanted: Wanted,
): Promise<Stood> {
  const Image = await image(docker, () => {});
  const own = planned.nodes.map(({ name }) => name);
  const begin = (node: string, HostConfig: Docker.HostConfig) =>
    startContainer(docker, { Image, Hostname: node, HostConfig: { ...HostConfig, ...forAll } });
  const [wires, ...nodes] = await Promise.all([
    begin('wires', forWires),
    ...own.map((node) => begin(node, node === HOST ? forHost : forNodes)),
  ]);
  const pids = await Promise.all(nodes.map(async ({ container }) => (await container.inspect()).State.Pid));
  const made: { remove(options?: object): Promise<unknown> }[] = [];
  const end = async () => {
    for (const each of made.reverse()) await each.remove({ force: true }).catch(() => {});
    await Promise.all([wires!, ...nodes].map(({ agent }) => agent.close()));
  };
  try {
    const work = places(planned, (node) => nodes[own.indexOf(node)]);
    const runtime: Stood['runtime'] = {
      ...work,
      name: 'Docker itself',
      rootless: false,
      has: () => true,
      async cable(links) {
        let ran: Ran = await typeIn(
          wires!.agent,
          veths(links, (node) => String(pids[own.indexOf(node)])),
        );
        for (const { place, lines } of bridge(planned, links)) if (!ran.code) ran = await work.run(place, lines);
        return ran;
      },
      stay: () => Promise.reject(new Error('it does not stay')),
      [Symbol.asyncDispose]: end,
    };
    const must = async (script: string) => {
      const { code, stderr } = await runtime.script(HOST, script);
      if (code) throw new Error(`${script}: ${stderr}`);
    };

    const { stdout } = await runtime.script(HOST, 'readlink /proc/self/ns/net; iptables -S FORWARD');
    if (stdout.startsWith(`${readlinkSync('/proc/self/ns/net')}\n`))
      throw new Incomparable('the engine’s network is this machine’s own, which is no place for a lab');
    if (!stdout.includes('-j DOCKER-ISOLATION-STAGE-1'))
      throw new Incomparable(
        'the engine does not write the rules of dockerd 20.10 (it may have been started with --iptables=false)',
      );

    const { bridge: name, range } = network;
    // A killed run leaves its containers and its network, which an engine keeps even from one start to the next.
    for (const { Id } of await docker.listContainers({ all: true, filters: { label: [LABEL] } }))
      await docker.getContainer(Id).remove({ force: true });
    await docker.pruneNetworks({ filters: { label: [LABEL] } });
    made.push(
      await docker.createNetwork({
        Name: 'backend',
        Labels: { [LABEL]: 'docker-networks' },
        IPAM: { Driver: 'default', Config: [{ Subnet: `${range}.0.0/16` }] },
        Options: { 'com.docker.network.bridge.name': name },
      }),
    );
    for (const [name, { options = {}, serves, veth }] of Object.entries(wanted)) {
      const container = await docker.createContainer({
        Image,
        name,
        Labels: { [LABEL]: 'docker-networks' },
        Cmd: ['sh', '-c', `exec ${serves ? witness(80, name) : 'sleep infinity'}`],
        ...(options.PortBindings && { ExposedPorts: { '80/tcp': {} } }),
        HostConfig: { ...options, Init: false },
      });
      made.push(container);
      await container.start();
      const { Pid } = (await container.inspect()).State;
      await must(`echo ${Pid} > /run/${name}`);
      const pod = planned.pods.some((each) => each.name === name);
      if (pod) await must(`ip netns attach ${name} ${Pid}`);
      if (veth)
        await must(`
          index=$(ip netns exec ${name} cat /sys/class/net/eth0/iflink)
          random=$(ip -o link | sed -n "s/^$index: \\([^@]*\\)@.*/\\1/p")
          ip link set $random down && ip link set $random name ${veth} && ip link set ${veth} up`);
      if (serves)
        for (let tries = 100; tries && !(await listens(runtime, pod ? name : HOST)); tries--) await setTimeout(50);
    }

    const notTyped = [HOST, ...planned.pods.flatMap(({ name, node }) => (node === HOST ? [name] : []))];
    const found = findings();
    const steps = planned.steps.map((step) => ({
      ...step,
      ...(step.commands && {
        commands: step.commands.filter(
          ({ place }) => !notTyped.includes(place) || (place === HOST && step.title.startsWith('Plug')),
        ),
      }),
    }));
    if (!(await setUp({ ...planned, steps }, runtime, found, () => {})))
      throw new Error(JSON.stringify(found.steps.at(-1)));
    return { ...(await live(planned, runtime)), found, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

const listens = async (runtime: Stood['runtime'], place: string) =>
  (await runtime.script(place, "ss -Hltn 'sport = :80'")).stdout.trim() !== '';
