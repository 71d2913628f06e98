import { type Duplex, PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import type { Plan } from '../../plan/plan.ts';
import { agentWords, type RunningAgent, takeAgent } from '../agent/start.ts';
import type { Program } from '../machine/machine.ts';
import { hasTerminal, terminalType, typeInto } from '../machine/terminal.ts';
import { engine } from './engine.ts';

/** Which engine has a lab's containers, and which they are, by node. */
export interface Containers {
  engine: string;
  containers: Record<string, string>;
}

/** A program whose standard streams the engine carries over one connection. */
function carried(docker: Docker, stream: Duplex, ended: Promise<string>, left = () => {}): Program {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, stdout, stderr);
  stream.on('error', () => {});
  const leave = () => {
    stream.destroy();
    left();
  };
  return { stdin: stream, stdout, stderr, ended, leave };
}

/**
 * Starts a container whose first process is an agent on our end of a connection. When this process ends, however it ends,
 * the agent finds its standard input closed and ends, and the engine removes the container.
 */
export async function startContainer(
  docker: Docker,
  options: Docker.ContainerCreateOptions,
): Promise<{ container: Docker.Container; agent: RunningAgent }> {
  const { argv, program } = agentWords(options.Hostname ?? 'agent');
  const container = await docker.createContainer({
    ...options,
    Cmd: argv,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  try {
    const stream = (await container.attach({
      stream: true,
      hijack: true,
      stdin: true,
      stdout: true,
      stderr: true,
    })) as unknown as Duplex;
    // A question that waits for its answer keeps this process from ending.
    const waiting = new AbortController();
    const removed = container.wait({ condition: 'removed', abortSignal: waiting.signal }).then(
      ({ StatusCode }: { StatusCode: number }) => `exit code ${StatusCode}`,
      (error: Error) => error.message,
    );
    await container.start();
    const carries = carried(docker, stream, removed, () => waiting.abort());
    return { container, agent: takeAgent(`the container ${options.name}`, carries, program) };
  } catch (error) {
    await container.remove({ force: true }).catch(() => {});
    throw error;
  }
}

/** Starts another agent in each of some containers that run. */
export async function enterContainers({ engine: address, containers }: Containers): Promise<Map<string, RunningAgent>> {
  const docker = await engine(address);
  const entered = Object.entries(containers).map(
    async ([node, id]) => [node, await enterContainer(docker, id, node)] as const,
  );
  return new Map(await Promise.all(entered));
}

async function enterContainer(docker: Docker, id: string, name: string): Promise<RunningAgent> {
  const { argv, program } = agentWords(name);
  const exec = await docker
    .getContainer(id)
    .exec({ Cmd: argv, AttachStdin: true, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: true });
  const ended = new Promise<string>((resolve) => stream.once('close', () => resolve('its connection closed')));
  return takeAgent(`the container of ${name}`, carried(docker, stream, ended), program);
}

/** Runs a command in a place of a lab whose nodes are containers, on this process's own terminal; returns its exit code. */
export async function attachTo(
  plan: Plan,
  { engine: address, containers }: Containers,
  place: string,
  argv: string[],
  env?: Record<string, string>,
): Promise<number> {
  const pod = plan.pods.find(({ name }) => name === place);
  const words = pod ? ['nsenter', `--net=/run/netns/${pod.name}`, ...argv] : argv;
  return attachContainer(await engine(address), containers[pod?.node ?? place]!, words, env);
}

async function attachContainer(
  docker: Docker,
  id: string,
  argv: string[],
  env: Record<string, string> = {},
): Promise<number> {
  const tty = hasTerminal();
  const settings = { ...(tty && { TERM: terminalType() }), ...env };
  const exec = await docker.getContainer(id).exec({
    Cmd: argv,
    Env: Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: tty,
  });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: tty });
  if (tty) stream.pipe(process.stdout);
  else docker.modem.demuxStream(stream, process.stdout, process.stderr);
  const ended = new Promise((resolve) => stream.once('end', resolve).once('close', resolve).once('error', resolve));
  await typeInto(stream, ended, (h, w) => exec.resize({ h, w }).catch(() => {}));
  return (await exec.inspect()).ExitCode ?? 1;
}
