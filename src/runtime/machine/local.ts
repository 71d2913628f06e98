import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { searchPath } from '../../machine/path.ts';
import type { Machine } from './machine.ts';

/** The machine that this process runs on. */
export const local: Machine = {
  name: 'this machine',
  async start(argv) {
    const child = spawn(argv[0]!, argv.slice(1), {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, PATH: searchPath },
      cwd: '/',
    });
    const ended = new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(`cannot start ${argv[0]}: ${error.message}`));
      child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    const { stdin, stdout, stderr } = child;
    return {
      stdin,
      stdout,
      stderr,
      ended,
      leave() {
        child.unref();
        for (const stream of [stdin, stdout, stderr]) stream.destroy();
      },
    };
  },
  async attach([command, ...words], env = {}) {
    const { execa } = await import('execa');
    // The terminal sends Ctrl-C to both: it is the command's to act upon.
    process.on('SIGINT', () => {});
    const { exitCode, signal, failed, message } = await execa(command!, words, {
      stdio: 'inherit',
      env: { ...process.env, ...env, PATH: searchPath },
      cwd: '/',
      reject: false,
    });
    if (exitCode === undefined && !signal && failed) throw new Error(message);
    return exitCode ?? 128 + (signal ? constants.signals[signal as NodeJS.Signals] : 0);
  },
  close() {},
};
