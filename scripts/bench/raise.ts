import { spawn } from 'node:child_process';
import { look } from './state.ts';

const LIMIT_MS = 180_000;

/** How long a builder took, and what it printed about the places that it was asked to show. */
export interface Raised {
  /** From the start of the building to the state being there, by the builder's own clock where it has one. */
  upMs: number;
  downMs: number;
  /** Everything, from the start of the process to its end. */
  wallMs: number;
  stepsMs: Record<string, number>;
  printed: string;
}

interface Said {
  upMs?: number;
  downMs?: number;
  stepsMs?: Record<string, number>;
}

/** Runs a builder: waits until it says that its state is there, has it show some places, and lets it take all down. */
export async function raise(words: string[], places: string[] = []): Promise<Raised> {
  const began = performance.now();
  const child = spawn(words[0]!, words.slice(1), {
    env: { ...process.env, LOOK: look },
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      code === 0
        ? resolve(performance.now())
        : reject(new Error(`${words.join(' ')}: ${signal ?? code}: ${complaint}`)),
    );
  });
  const up = new Promise<number>((resolve) => {
    child.stdout.on('data', (text) => {
      out += text;
      if (out.includes('\n')) resolve(performance.now());
    });
  });
  const upAt = await Promise.race([up, ended]);
  child.stdin.end(places.map((place) => `${place}\n`).join(''));
  const endedAt = await ended;

  const [first = '', ...rest] = out.trimEnd().split('\n');
  const said = [first, rest.at(-1) ?? ''].map(saidIn);
  return {
    upMs: said[0]!.upMs ?? upAt - began,
    downMs: said[1]!.downMs ?? endedAt - upAt,
    wallMs: endedAt - began,
    stepsMs: said[0]!.stepsMs ?? {},
    printed: rest.slice(0, said[1]!.downMs === undefined ? undefined : -1).join('\n'),
  };
}

const saidIn = (line: string): Said => (line.startsWith('{') ? (JSON.parse(line) as Said) : {});
