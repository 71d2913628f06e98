import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plan } from '../../src/plan/plan.ts';
import { type Asked, asked } from './asked.ts';
import { bundle } from './builders.ts';
import { benchCauses } from './causes.ts';
import { benchClass } from './class.ts';
import { clean, timeCommands } from './command-line.ts';
import { labOf } from './labs.ts';
import { killActive } from './load-balancers.ts';
import { machine } from './machine.ts';
import { type Measured, page } from './page.ts';
import { benchPeers } from './peers/index.ts';
import { timeRuntimes } from './runtimes.ts';
import { shellScript } from './script.ts';
import { timeServices } from './services.ts';
import { type Built, build } from './states.ts';

const COMMAND_ROUNDS = 10;
const STATE_ROUNDS = 5;
const [KILL_ROUNDS, SERVICE_ROUNDS] = [3, 3];
const target = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

/** Measures what is asked for and prints it; all of it is written to docs/benchmarks.md as well. */
export async function bench(words: string[]): Promise<void> {
  let what: Asked;
  try {
    if (words[0] === 'causes') return await benchCauses(words.slice(1));
    if (words[0] === 'class') return await benchClass(words.slice(1));
    if (words[0] === 'peers') return await benchPeers(words.slice(1));
    what = asked(words);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 64;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'packetwalk-bench-'));
  const leave = () => {
    clean(folder);
    rmSync(folder, { recursive: true, force: true });
  };
  const interrupted = () => {
    leave();
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const text = page(await measure(what, folder));
    process.stdout.write(`${text}\n`);
    if (what.all) await writeFile(target, text);
  } finally {
    leave();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}

async function measure(
  { commandLine, runtimes, loadBalancers, services, states, builders, rounds }: Asked,
  folder: string,
): Promise<Measured> {
  const on = machine();
  const often = { commands: rounds ?? COMMAND_ROUNDS, states: rounds ?? STATE_ROUNDS };
  const now = (words: string) => process.stderr.write(`Measuring ${words} …\n`);
  if (commandLine) now(`the command line, ${often.commands} times`);
  const timed = commandLine ? await timeCommands(folder, often.commands) : [];
  if (runtimes) now(`the runtimes, ${often.states} times`);
  const proven = runtimes ? await timeRuntimes(folder, often.states) : [];
  const kills = rounds ?? KILL_ROUNDS;
  if (loadBalancers) now(`the load balancers, ${kills} times`);
  const killed = loadBalancers ? await killActive(folder, kills) : [];
  const serviceRounds = rounds ?? SERVICE_ROUNDS;
  if (services) now(`the modes of kube-proxy, ${serviceRounds} times`);
  const served = services ? await timeServices(serviceRounds) : [];
  await bundle(folder);
  const built: Built[] = [];
  for (const state of states) {
    now(`${state.topology}-${state.size}, ${often.states} times`);
    built.push(await build(state, builders, folder, often.states));
  }
  return {
    machine: on,
    ...(timed.length && { commands: { timed, rounds: often.commands } }),
    ...(proven.length && { runtimes: { timed: proven, rounds: often.states } }),
    ...(killed.length && { loadBalancers: { killed, rounds: kills } }),
    ...(served.length && { services: { served, rounds: serviceRounds } }),
    states: { built, rounds: often.states },
    example: shellScript(plan(labOf('bridge', 2), 'bridge-2'), { atOnce: 1 }),
  };
}
