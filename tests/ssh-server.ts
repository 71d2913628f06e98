import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { basename, join } from 'node:path';
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import ssh2 from 'ssh2';
import { find } from '../src/machine/programs.ts';
import { image } from '../src/runtime/docker/image.ts';
import { keyPair } from '../src/runtime/ssh/keys.ts';
import type { Engine } from './engine.ts';

/** An SSH server in a container, as a host that somebody has. */
export interface SshServer extends AsyncDisposable {
  container: Docker.Container;
  /** On 127.0.0.1. */
  port: number;
  /** Its public key, as in known_hosts(5). */
  hostKey: string;
  /** The file of the private key that it lets in. */
  key: string;
  /** Runs a line in the container and gives what it said. */
  typed(line: string): Promise<string>;
}

export const whyNoServer = () => (find('dropbear') ? undefined : 'there is no dropbear (package dropbear-bin)');

const home = '/opt/ssh';

/** Joins standard input and output to the server's port: a container without a network has no other way in. */
const joiner = `use IO::Socket::INET; $s = IO::Socket::INET->new("127.0.0.1:22") or die; $| = 1; binmode STDIN;
if ($c = fork) { while (sysread $s, $b, 65536) { syswrite STDOUT, $b } kill 9, $c; } else { while (sysread STDIN, $b, 65536) { syswrite $s, $b } shutdown $s, 1 }`;

/** Starts a server whose container has the rights that a lab's sandbox needs of a host, and no network. */
export async function sshServer({ docker, env }: Engine, folder: string, name: string): Promise<SshServer> {
  Object.assign(process.env, env, { TESTCONTAINERS_RYUK_DISABLED: 'true' });
  const { GenericContainer } = await import('testcontainers');
  const server = find('dropbear')!;
  const needed = String(spawnSync('ldd', [server], { encoding: 'utf8' }).stdout).match(/\/\S+\.so\S*/g) ?? [];
  const libraries = needed.filter((path) => !/\/(libc|ld-linux)\b/.test(path));
  const keys = await keyPair();
  const key = join(folder, `${name}.key`);
  writeFileSync(key, keys.private, { mode: 0o600 });
  const started = await new GenericContainer(await image(docker, () => {}))
    .withCommand(['sleep', 'infinity'])
    .withNetworkMode('none')
    .withHostname(name)
    .withAddedCapabilities('NET_ADMIN', 'SYS_ADMIN')
    .withCopyFilesToContainer(
      [server, ...libraries].map((source) => ({ source, target: `${home}/${basename(source)}`, mode: 0o755 })),
    )
    .withCopyContentToContainer([{ content: `${keys.public}\n`, target: '/root/.ssh/authorized_keys', mode: 0o600 }])
    .start();
  const container = docker.getContainer(started.getId());
  const typed = async (line: string) => (await started.exec(['sh', '-c', line])).output.trim();
  const dropbear = `LD_LIBRARY_PATH=${home} ${home}/dropbear`;
  await typed(
    `mkdir -p /etc/dropbear; chmod 700 /root /root/.ssh; chown -R root:root /root; ${dropbear} -R -s -p 127.0.0.1:22`,
  );
  // The host key is made on the first connection.
  const forward = createServer((socket) => void join_(docker, container, socket));
  await new Promise<void>((resolve) => forward.listen(0, '127.0.0.1', resolve));
  const { port } = forward.address() as { port: number };
  return {
    container,
    port,
    key,
    hostKey: await shownKey(port, readFileSync(key, 'utf8')),
    typed,
    async [Symbol.asyncDispose]() {
      forward.close();
      await started.stop({ timeout: 0 });
    },
  };
}

async function join_(docker: Docker, container: Docker.Container, socket: Socket): Promise<void> {
  const exec = await container.exec({
    Cmd: ['perl', '-e', joiner],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: true });
  docker.modem.demuxStream(stream, socket, new PassThrough().resume());
  socket.pipe(stream);
  socket.on('error', () => stream.destroy()).on('close', () => stream.destroy());
  stream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
}

/** The key that the server shows to whoever asks. */
const shownKey = (port: number, privateKey: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let shown = '';
    client
      .on('error', reject)
      .on('ready', () => {
        client.end();
        resolve(shown);
      })
      .connect({
        host: '127.0.0.1',
        port,
        username: 'root',
        privateKey,
        hostVerifier: (key: Buffer) => {
          shown = `ssh-ed25519 ${key.toString('base64')}`;
          return true;
        },
      });
  });
