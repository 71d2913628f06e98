import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import * as v from 'valibot';
import type { Plan } from '../../plan/plan.ts';
import { BadUsage } from '../../plan/usage.ts';
import type { Login } from './login.ts';

const text = v.pipe(v.string(), v.minLength(1, 'is empty'));

const hostShape = v.strictObject({
  host: text,
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)), 22),
  user: v.optional(text, 'root'),
  /** The private key's file; an SSH agent is asked without. */
  key: v.optional(text),
  /** The host's own public key, as in known_hosts(5): `ssh-ed25519 AAAA…`; looked up there without. */
  hostKey: v.optional(text),
  /** The node that it is, or that is put there where a lab is spread; the only host of a file may be all of them. */
  node: v.optional(text),
  /** The network card, as the host calls it, of each of the node's interfaces. */
  interfaces: v.optional(v.record(text, text), {}),
});

const fileShape = v.strictObject({ hosts: v.pipe(v.array(hostShape), v.minLength(1, 'lists no host')) });

export type HostEntry = v.InferOutput<typeof hostShape>;

/** The hosts that a file lists for a lab, which may be spread over them. Throws a BadUsage with everything that is wrong with it. */
export async function readHosts(path: string, plan: Plan, spread = false): Promise<HostEntry[]> {
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new BadUsage(`the hosts cannot be read from ${path}: ${(error as Error).message.split('\n')[0]}`);
  }
  const read = v.safeParse(fileShape, value);
  if (!read.success) refuse(read.issues.map((issue) => `${v.getDotPath(issue) ?? 'it'}: ${issue.message}`));
  const wrong = spread ? unfitToSpread(read.output.hosts, plan) : unfit(read.output.hosts, plan);
  if (wrong.length) refuse(wrong);
  return read.output.hosts;

  function refuse(wrong: string[]): never {
    throw new BadUsage(`${path} does not fit ${plan.name}:`, ...wrong.map((line) => `  ${line}`));
  }
}

const nodesOf = (plan: Plan) => plan.nodes.filter(({ kind }) => kind !== 'switch').map(({ name }) => name);

/** What keeps a lab from being put on some hosts wherever there is room. */
function unfitToSpread(hosts: HostEntry[], plan: Plan): string[] {
  const nodes = nodesOf(plan);
  if (nodes.length === 1) return [`${plan.name} has one node, ${nodes[0]}: leave --spread out`];
  if (hosts.length === 1) return [`${nameOf(hosts[0]!)} is its only host: list another one, or leave --spread out`];
  const all = plan.nodes.map(({ name }) => name);
  return [
    ...(hosts.length > nodes.length
      ? [`it lists ${hosts.length} hosts for ${nodes.length} nodes: leave some out`]
      : []),
    ...hosts.flatMap(({ node, interfaces, ...host }, i) => [
      ...(Object.keys(interfaces).length
        ? [`${nameOf(host)}: interfaces are for a host a node: leave them out, or --spread`]
        : []),
      ...(node && !all.includes(node) ? [`${nameOf(host)}: there is no node ${node}; there is ${all.join(', ')}`] : []),
      ...(node && hosts.findIndex((each) => each.node === node) < i
        ? [`${nameOf(host)}: ${node} is on another host already`]
        : []),
    ]),
  ];
}

/** What keeps a lab from having a host for each of its nodes, or one for all. */
function unfit(hosts: HostEntry[], plan: Plan): string[] {
  if (hosts.length === 1 && !hosts[0]!.node) return [];
  const nodes = nodesOf(plan);
  const ends = plan.links
    .filter(({ ends }) => !ends.some(({ place }) => plan.pods.some(({ name }) => name === place)))
    .flatMap((link) => link.ends);
  return [
    ...nodes.filter((name) => !hosts.some(({ node }) => node === name)).map((name) => `no host is the node ${name}`),
    ...hosts.flatMap(({ node, interfaces, ...entry }) => {
      const host = nameOf(entry);
      if (!node) return [`${host}: which node is it? There is ${nodes.join(', ')}; with --spread it may be any`];
      if (!nodes.includes(node)) return [`${host}: there is no node ${node}; there is ${nodes.join(', ')}`];
      return ends
        .filter((end) => end.place === node && !interfaces[end.interface])
        .map((end) => `${host}: which network card is ${node}:${end.interface}? Add it under interfaces`);
    }),
  ];
}

/** What messages call a host. */
export const nameOf = ({ host, port }: Pick<HostEntry, 'host' | 'port'>): string =>
  port === 22 ? host : `${isIPv6(host) ? `[${host}]` : host}:${port}`;

const home = (path: string) => path.replace(/^~(?=\/)/, homedir());

/** How a host of the file is logged into. */
export function loginOf({ host, port, user, key, hostKey }: HostEntry): Login {
  const known = hostKey
    ? [hostKey.split(/\s+/).find((word) => word.startsWith('AAAA')) ?? hostKey]
    : knownKeys(host, port);
  if (!known.length)
    throw new BadUsage(
      `${host} is not known: its host key is neither in the file nor in known_hosts.`,
      `Log in once and compare its fingerprint: ssh -p ${port} ${user}@${host} true`,
    );
  return {
    name: nameOf({ host, port }),
    host,
    port,
    user,
    isHostKey: (shown) => known.includes(shown.toString('base64')),
    hostKeyTypes: [...new Set(known.flatMap(typeOf))],
    ...(key ? { privateKey: readKey(home(key)) } : process.env.SSH_AUTH_SOCK && { agent: process.env.SSH_AUTH_SOCK }),
  };
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BadUsage(`the key cannot be read: ${(error as Error).message}`);
  }
}

/** The kind that a public key says it is of, in its first string (RFC 4253, section 6.6). */
function typeOf(key: string): string[] {
  const bytes = Buffer.from(key, 'base64');
  return bytes.length > 4 ? [bytes.toString('latin1', 4, 4 + bytes.readUInt32BE(0))] : [];
}

/** The keys by which ssh knows a host already; ssh-keygen reads names that are hashed, too. */
function knownKeys(host: string, port: number): string[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const { stdout } = spawnSync('ssh-keygen', ['-F', name], { encoding: 'utf8' });
  return (stdout ?? '')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .flatMap((line) => line.split(' ')[2] ?? []);
}
