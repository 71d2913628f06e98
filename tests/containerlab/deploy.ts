import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { rootless } from '../../src/runtime/netns/index.ts';
import { shlex } from './shlex.ts';
import type { Topology } from './topology.ts';

const quoted = (words: string[]) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');

/** What a shell types to have nodes with their own network and their own /run, as containers have, then cables, then exec lines. */
function script({ topology: { nodes, links = [] } }: Topology, at: string, last: string): string {
  const names = Object.keys(nodes);
  const inNode = (node: string, line: string) =>
    `nsenter --target=$process${names.indexOf(node)} --net --mount -- ${quoted(shlex(line))}`;
  return [
    'mount -t tmpfs tmpfs /run',
    'mkdir /run/netns',
    // The process that it leaves keeps the node's mounts.
    "container='mount -t tmpfs tmpfs /run; sleep infinity >/dev/null 2>&1 & echo $!'",
    ...names.flatMap((node, i) => [
      `: > /run/netns/${node}`,
      `process${i}=$(unshare --net=/run/netns/${node} --mount sh -ec "$container")`,
    ]),
    ...links.map(({ endpoints, mtu }) => {
      const [[a, port], [b, peer]] = endpoints.map((end) => end.split(':')) as [[string, string], [string, string]];
      return `ip link add name ${port} mtu ${mtu} netns ${a} type veth peer name ${peer} mtu ${mtu} netns ${b}`;
    }),
    ...links.flatMap(({ endpoints }) => endpoints.map((end) => `ip -netns ${end.replace(':', ' link set up dev ')}`)),
    ...Object.entries(nodes).flatMap(([node, { exec }]) => exec.map((line) => inNode(node, line))),
    inNode(at, last),
  ].join('\n');
}

/** Lays a topology out in namespaces, as containerlab would in containers, and runs a last line in one of its nodes. */
export async function deploy(topology: Topology, at: string, last: string) {
  const user = rootless ? ['--user', '--map-root-user'] : [];
  const sandbox = [...user, '--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const child = spawn('unshare', [...sandbox, 'sh', '-ec', script(topology, at, last)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
