// Engines for tests that are machines of one swarm, on this machine: each as in engine-in-namespace.js, on a bridge that is in a
// network namespace of its own. They end with the process that started them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { startEngine } from './engine-in-namespace.js';

const CACHE = join(homedir(), '.cache', 'packetwalk', 'test-swarm');

const addressOf = (number) => `10.77.0.${number}`;

/** A file that is a network namespace with the bridge br0: it is there for as long as somebody has it open. */
async function openBridge() {
  const words = ['--net', 'sh', '-c', 'ip link add br0 up type bridge && echo up && cat'];
  const holder = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [said] = await Promise.race([once(holder.stdout, 'data'), once(holder, 'close')]);
  if (String(said).trim() !== 'up') throw new Error('no bridge can be made in a network namespace here');
  const file = openSync(`/proc/${holder.pid}/ns/net`);
  holder.stdin.end();
  await once(holder, 'close');
  return file;
}

/**
 * Starts engines and joins them to a swarm, whose manager is the first.
 * @param {number} count
 */
export async function startSwarm(count) {
  const bridge = await openBridge();
  const machines = [];
  const stop = async () => {
    await Promise.all(machines.map(({ engine }) => engine.stop()));
    closeSync(bridge);
  };
  try {
    for (let number = 1; number <= count; number++) {
      const name = `machine${number}`;
      const at = { bridge, machine: name, address: `${addressOf(number)}/24` };
      const engine = await startEngine(CACHE, at);
      machines.push({ name, engine, docker: new Docker({ socketPath: engine.socketPath }) });
    }
    const [manager, ...workers] = machines;
    const own = (number) => ({ ListenAddr: `${addressOf(number)}:2377`, AdvertiseAddr: addressOf(number) });
    await manager.docker.swarmInit(own(1));
    const { JoinTokens } = await manager.docker.swarmInspect();
    for (const [i, { docker }] of workers.entries())
      await docker.swarmJoin({ ...own(i + 2), RemoteAddrs: [`${addressOf(1)}:2377`], JoinToken: JoinTokens.Worker });
    return { machines, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
