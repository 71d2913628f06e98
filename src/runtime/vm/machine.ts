import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { searchPath } from '../../machine/path.ts';
import { DONE, READY } from './init.ts';
import { type Monitor, monitor } from './qmp.ts';

/** A QEMU that this process has started. */
export interface Machine {
  name: string;
  pid: number;
  folder: string;
  monitor: Monitor;
  /** Resolves when the guest says that it is up. */
  ready: Promise<void>;
  /** Resolves when the guest says a line, on its serial port, with these words. */
  heard(words: string): Promise<void>;
  send(line: string): void;
  /** Runs a line in the guest, once it is up. */
  obey(line: string): Promise<void>;
  /** Rejects when QEMU ends, with its last words and the guest's; never resolves. */
  ended: Promise<never>;
  /** Ends it and waits until it is gone. */
  kill(): Promise<void>;
  /** Lets it outlive this process. */
  release(): void;
}

export const qemu = 'qemu-system-x86_64';

/**
 * Starts QEMU in a folder of its own. Its monitor and the guest's serial port are sockets that only this process holds
 * the other end of; the one port that it listens on is the guest's SSH, on 127.0.0.1, by a number that the kernel chooses.
 * A mortal one ends with this process, even when that is killed.
 */
export async function startMachine(name: string, folder: string, words: string[], mortal = false): Promise<Machine> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const log = openSync(join(folder, 'qemu.log'), 'w', 0o600);
  const argv = [...(mortal ? ['setpriv', '--pdeathsig', 'KILL', '--'] : []), qemu];
  argv.push(...identity(name, folder), ...channels, ...management, ...words);
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd: folder,
    detached: true,
    env: { ...process.env, PATH: searchPath },
    stdio: ['ignore', log, log, 'pipe', 'pipe'],
  });
  closeSync(log);
  const gone = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`cannot start ${argv[0]}: ${error.message}`));
    child.on('exit', (code, signal) => resolve(`QEMU of ${name} ended (${signal ?? `exit code ${code}`})`));
  });
  const ended = gone.then((how) => {
    throw new Error(how + lastWords(folder));
  });
  ended.catch(() => {});
  const serial = listen(child.stdio[4] as Duplex);
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  try {
    return {
      name,
      pid: child.pid ?? 0,
      folder,
      monitor: await Promise.race([monitor(child.stdio[3] as Duplex), ended]),
      ...serial,
      ready: serial.heard(READY),
      async obey(line) {
        const done = serial.heard(`${DONE} `);
        serial.send(line);
        await done;
      },
      ended,
      kill,
      release() {
        child.unref();
        for (const stream of child.stdio.slice(3)) (stream as Duplex).destroy();
      },
    };
  } catch (error) {
    if (child.pid) await kill();
    throw await Promise.race([ended, Promise.reject(error)]).catch((reason) => reason);
  }
}

/** What a later process can find it by: the name, and the file that holds its number. */
const identity = (name: string, folder: string) => [
  ...['-name', `packetwalk:${name}`],
  ...['-pidfile', join(folder, 'qemu.pid')],
];

const channels = [
  ...['-chardev', 'socket,id=monitor,fd=3', '-mon', 'chardev=monitor,mode=control'],
  ...['-chardev', 'socket,id=serial,fd=4,logfile=serial.log', '-serial', 'chardev:serial'],
];

/** Without `restrict=on` the guest reaches services that listen on this machine's own 127.0.0.1. */
const management = ['-netdev', 'user,id=net0,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:0-:22'];

/** The last lines that QEMU and the guest have said. */
export function lastWords(folder: string): string {
  const lines = ['qemu.log', 'serial.log'].flatMap((name) => {
    try {
      return readFileSync(join(folder, name), 'utf8').split(/\r?\n/).filter(Boolean).slice(-20);
    } catch {
      return [];
    }
  });
  return lines.map((line) => `\n  ${line}`).join('');
}

/** The number of the port on 127.0.0.1 that leads to the guest's SSH server. */
export async function sshPort({ monitor }: Machine): Promise<number> {
  const told = await monitor.type('info usernet');
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(told)?.[1];
  if (!port) throw new Error(`QEMU does not say which port leads to the guest: ${told}`);
  return Number(port);
}

function listen(stream: Duplex) {
  const waiting: { mark: string; resolve(): void }[] = [];
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const at = waiting.findIndex(({ mark }) => line.includes(mark));
      if (at >= 0) waiting.splice(at, 1)[0]!.resolve();
    }
  });
  stream.on('error', () => {});
  return {
    heard: (mark: string) => new Promise<void>((resolve) => waiting.push({ mark, resolve })),
    send(line: string) {
      stream.write(`${line}\n`);
    },
  };
}

/** Waits for work that a machine does; rejects with its last words when it ends or takes too long. */
export async function within<T>(ms: number, machine: Machine, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = () =>
      new Error(`The virtual machine ${machine.name} is not up after ${ms / 1000} s${lastWords(machine.folder)}`);
    timer = setTimeout(() => reject(error()), ms);
  });
  work.catch(() => {});
  return Promise.race([work, machine.ended, late]).finally(() => clearTimeout(timer));
}
