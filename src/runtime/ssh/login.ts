import type { Client, ClientChannel, ServerHostKeyAlgorithm } from 'ssh2';
import { CannotRun } from '../../plan/usage.ts';
import { commandLine, type Machine, type Program } from '../machine/machine.ts';
import { hasTerminal, terminalType, typeInto } from '../machine/terminal.ts';

/** How a host is reached over SSH, and by what it is known. */
export interface Login {
  name: string;
  host: string;
  port: number;
  user: string;
  privateKey?: string;
  /** The socket of an SSH agent. */
  agent?: string;
  /** Whether this is the host's public key, as it comes over the wire (RFC 4253, section 6.6); any will do where it is left out. */
  isHostKey?: (key: Buffer) => boolean;
  /** The kinds of key by which it is known, so that it shows one of those. */
  hostKeyTypes?: string[];
  /** The line to type where it does not answer: one of ssh's where it is left out. */
  look?: string;
  /** How long nothing need be heard of it before it is taken for lost, in milliseconds: 10 s where it is left out. */
  silentMs?: number;
}

/** How often a host is asked whether it is there, before it is taken for lost. */
const ASKED = 5;

/** The folders of the system's own tools, which an ordinary user's PATH often lacks. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Logs in. Throws a CannotRun that says what to look at where the host refuses. */
export async function logIn(login: Login): Promise<Machine> {
  const { default: ssh2 } = await import('ssh2');
  const client = new ssh2.Client();
  const { name, host, port, user, isHostKey, hostKeyTypes = [], look: _, silentMs = 10_000, ...keys } = login;
  const serverHostKey = hostKeyTypes.flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : type,
  ) as ServerHostKeyAlgorithm[];
  let last: Error | undefined;
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve).on('error', (error: Error) => {
      last = error;
      reject(new CannotRun('unknown', refusal(login, error)));
    });
    client.connect({
      ...keys,
      host,
      port,
      username: user,
      readyTimeout: 20_000,
      keepaliveInterval: silentMs / ASKED,
      keepaliveCountMax: ASKED,
      ...(isHostKey && { hostVerifier: isHostKey }),
      ...(serverHostKey.length && { algorithms: { serverHostKey } }),
    });
  });
  // A message is sent at once, not when the one before it was acknowledged (RFC 896).
  client.setNoDelay(true);
  const gone = new Promise<string>((resolve) => client.once('close', () => resolve(lostConnection(login, last))));

  return {
    name,
    async start(argv) {
      const channel = await open(client, ['env', `PATH=${PATH}`, ...argv]);
      const closed = new Promise<string>((resolve) => {
        channel.once('close', (code: number | null, signal?: string) =>
          resolve(signal ?? (code === null || code === undefined ? lostConnection(login, last) : `exit code ${code}`)),
        );
      });
      return {
        stdin: channel,
        stdout: channel,
        stderr: channel.stderr,
        ended: Promise.race([closed, gone]),
        leave: () => client.destroy(),
      } satisfies Program;
    },
    attach: (argv, env = {}) => attach(client, argv, env),
    close: () => void client.end(),
  };
}

const lineOf = ({ look, user, host, port }: Login) => look ?? `ssh -p ${port} ${user}@${host} true`;

const lostConnection = (login: Login, error: Error | undefined) =>
  `the connection was lost${error ? `: ${error.message}` : ''}; whether it answers: ${lineOf(login)}`;

function refusal(login: Login, error: Error & { level?: string }): string {
  const { name, host, port, user } = login;
  const at = `${user}@${host}, port ${port}`;
  if (error.level === 'client-authentication') return `${name} (${at}) refuses the key. Type: ${lineOf(login)}`;
  if (/host key|verification/i.test(error.message))
    return `${name} (${at}) is not the host that is known: its host key is another. Compare: ssh-keygen -F ${port === 22 ? host : `'[${host}]:${port}'`}`;
  return `${name} (${at}) cannot be reached: ${error.message}. Type: ${lineOf(login)}`;
}

const open = (client: Client, argv: string[], pty?: object): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    const answer = (error: Error | undefined, channel: ClientChannel) => (error ? reject(error) : resolve(channel));
    if (pty) client.exec(commandLine(argv), { pty }, answer);
    else client.exec(commandLine(argv), answer);
  });

async function attach(client: Client, argv: string[], env: Record<string, string>): Promise<number> {
  const settings = Object.entries({ PATH, ...env }).map(([name, value]) => `${name}=${value}`);
  const pty = hasTerminal() ? { term: terminalType() } : undefined;
  const channel = await open(client, ['env', ...settings, ...argv], pty);
  channel.pipe(process.stdout, { end: false });
  channel.stderr.pipe(process.stderr, { end: false });
  const code = new Promise<number>((resolve) => {
    let exit = 255;
    channel.once('exit', (code: number | null) => {
      exit = code ?? 255;
    });
    channel.once('close', () => resolve(exit));
  });
  await typeInto(channel, code, (rows, columns) => channel.setWindow(rows, columns, 0, 0));
  client.end();
  return code;
}
