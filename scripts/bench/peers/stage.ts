import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../engine-in-namespace.js';
import { memoryKb, TICK_MS } from '../processes.ts';

const program = fileURLToPath(new URL('stage.sh', import.meta.url));
const LIMIT_MS = 240_000;

/** What a program took on its stage, and what is there after it that was not before. */
export interface Staged {
  upMs: number;
  pingMs: number;
  downMs: number;
  processorMs: number;
  memoryKb: number;
  /** With threads, which have numbers of their own. */
  processes: number;
  /** `link s1`, `file /tmp/x.pcap`, a line each. */
  left: string[];
}

/**
 * Runs a program that stands hosts up, says so in a line, runs $LOOK in the host that it is told, takes them down, and ends. It has
 * namespaces of its own, and files in layers. Rejects where the program fails, or the ping does.
 */
export async function onStage(words: string[], ping: string, host: string, engine?: Engine): Promise<Staged> {
  const ofEngine = () => (engine ? memoryKb(engine.pid) : 0);
  const engineBefore = ofEngine();
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const child = spawn('unshare', [...namespaces, 'sh', program, engine ? dirname(engine.socketPath) : '', ...words], {
    env: { ...process.env, LOOK: ping },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const [stdin, stdout, stderr, told] = child.stdio as unknown as [NodeJS.WritableStream, ...NodeJS.ReadableStream[]];
  stdin.on('error', () => {});
  const text = { out: '', complaint: '', told: '' };
  let look = () => {};
  stdout!.on('data', (chunk) => {
    text.out += chunk;
    look();
  });
  stderr!.on('data', (chunk) => {
    text.complaint += chunk;
  });
  told!.on('data', (chunk) => {
    text.told += chunk;
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const failed = new Error(`${words.join(' ')}: ${signal ?? code}: ${text.complaint.slice(-2000)}`);
      return code === 0 ? resolve(performance.now()) : reject(failed);
    });
  });
  const said = (words: RegExp) => {
    const isSaid = new Promise<number>((resolve) => {
      look = () => words.test(text.out) && resolve(performance.now());
      look();
    });
    return Promise.race([isSaid, ended]);
  };
  const began = await said(/^begun$/m);
  const up = await said(/^(up|\{"upMs.*)$/m);
  const standing = memoryKb(child.pid!) + ofEngine() - engineBefore;
  const asked = performance.now();
  stdin.end(`${host}\n`);
  const answered = await said(/, 0% packet loss/);
  const over = await ended;
  if (!/, 0% packet loss/.test(text.out)) throw new Error(`${words.join(' ')}: the ping is lost:\n${text.out}`);
  const [before, after] = text.told.split('\n\n').map((each) => each.split('\n'));
  return {
    upMs: up - began,
    pingMs: answered - asked,
    downMs: over - answered,
    processorMs: processorOf(after!) - processorOf(before!),
    memoryKb: standing,
    processes: lastOf(after!) - lastOf(before!),
    left: after!.filter((line) => /^(link|namespace|file|process) /.test(line) && !before!.includes(line)),
  };
}

/** What the first process and all that ended below it have had of the processors (proc(5), utime to cstime). */
const processorOf = (lines: string[]) =>
  (lines.find((line) => line.startsWith('stat ')) ?? '')
    .split(' ')
    .slice(12, 16)
    .reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);

/** The number that the last process had. */
const lastOf = (lines: string[]) => Number(/^last (\d+)$/m.exec(lines.join('\n'))?.[1]);
