import type { Readable, Writable } from 'node:stream';

/** A program that runs on a machine, its standard streams in our hands. */
export interface Program {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Resolves once it has ended, with how it did: `exit code 1`, `SIGKILL`; never rejects. */
  ended: Promise<string>;
  /** Lets go of its streams, so that this process may end before it. */
  leave(): void;
}

/** Where programs can be started: this machine, a container, a guest, a host reached over SSH. */
export interface Machine {
  /** What messages call it. */
  name: string;
  start(argv: string[]): Promise<Program>;
  /** Runs a program on this process's own terminal and returns its exit code. */
  attach(argv: string[], env?: Record<string, string>): Promise<number>;
  /** Lets go of the connection to it, if there is one; what it runs goes on or ends by itself. */
  close(): void;
}

/** A word as a shell takes it literally. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** Words as one line for a shell. */
export const commandLine = (argv: string[]): string => argv.map(quoted).join(' ');

/** Runs a program to its end and returns what it said on either stream. */
export async function runOn(machine: Machine, argv: string[]): Promise<{ ended: string; output: string }> {
  const { stdin, stdout, stderr, ended } = await machine.start(argv);
  stdin.end();
  let output = '';
  for (const stream of [stdout, stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  return { ended: await ended, output };
}
