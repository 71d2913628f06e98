import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { CannotRun } from '../../plan/usage.ts';

/** Where engines listen when DOCKER_HOST does not say: Docker, Docker Desktop, rootless Docker. */
const sockets = () => [
  '/var/run/docker.sock',
  join(homedir(), '.docker/run/docker.sock'),
  ...(process.env.XDG_RUNTIME_DIR ? [join(process.env.XDG_RUNTIME_DIR, 'docker.sock')] : []),
];

const ANSWERS_WITHIN_MS = 10_000;

/** The engine's address: DOCKER_HOST, or the first socket there is; undefined where there is none. */
export function engineAddress(): string | undefined {
  if (process.env.DOCKER_HOST) return process.env.DOCKER_HOST;
  const found = sockets().find((path) => existsSync(path));
  return found && `unix://${found}`;
}

/** Speaks to the engine at an address, or at the one that is found. Throws a CannotRun where none answers. */
export async function engine(address = engineAddress()): Promise<Docker> {
  if (!address)
    throw new CannotRun(
      'skipped',
      `no container engine was found at ${sockets().join(', ')}. Start one, or set DOCKER_HOST (docker context inspect).`,
    );
  process.env.DOCKER_HOST = address;
  const { default: Client } = await import('dockerode');
  const docker = new Client();
  let late: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`no answer within ${ANSWERS_WITHIN_MS / 1000} s`)), ANSWERS_WITHIN_MS);
  });
  try {
    await Promise.race([docker.ping(), deadline]);
    return docker;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const mend =
      code === 'EACCES'
        ? 'You may not use it: sudo usermod -aG docker $USER, then log in again'
        : 'Is it running? Type: docker info';
    throw new CannotRun('skipped', `the container engine at ${address} refuses: ${message}. ${mend}`);
  } finally {
    clearTimeout(late);
  }
}
