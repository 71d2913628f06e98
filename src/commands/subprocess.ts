import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

// Lies beside the folder of the bundle, of which this is a part.
const cli = fileURLToPath(new URL('../bin/packetwalk.js', import.meta.url));

const KEPT_OF_STDERR = 4000;

/** How a command of packetwalk ended; `lost` says why nothing that it told counts, where that is so. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
  lost?: string;
}

/** A command of packetwalk in a process of its own. */
export interface Apart {
  ended: Promise<Ended>;
  /** Asks it to clean up and end. */
  interrupt(): void;
}

/** Starts a command of packetwalk in a process of its own, which no interrupt at this terminal reaches but through us. */
export function apart(words: string[]): Apart {
  // What npm was told was told to us, not to what we start.
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(process.execPath, [cli, ...words], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_OF_STDERR);
  });
  return {
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), stdout, stderr });
      });
    }),
    interrupt: () => void child.kill('SIGINT'),
  };
}

/** A command of packetwalk that runs on this process's own terminal. */
export interface Beside {
  /** Its exit code. */
  ended: Promise<number>;
  /** Asks it to clean up and end. */
  interrupt(): void;
}

/** Starts a command of packetwalk that prints where this process does; an interrupt at this terminal reaches it through us alone. */
export function beside(words: readonly string[], settings: Record<string, string> = {}): Beside {
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(process.execPath, [cli, ...words], {
    env: { ...env, ...settings },
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return {
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    }),
    interrupt: () => void child.kill('SIGINT'),
  };
}
