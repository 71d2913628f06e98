import { plan } from '../../../src/plan/plan.ts';
import { findings, setUp } from '../../../src/prove/run.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { findManager, working } from '../../../src/runtime/swarm/manager.ts';
import { startServers } from '../../../src/runtime/swarm/servers.ts';
import { openSession } from '../../../src/runtime/swarm/session.ts';
import { overLogins } from '../../../src/runtime/swarm/spread.ts';
import { taskImage } from '../../../src/runtime/swarm/task-image.ts';
import { twoHosts } from '../../stand.ts';

// On the network of an engine that manages a swarm of one machine: logs into that twice, puts a lab over both, and prints what a person
// is told, and what a line says that is typed at the host `a`.
const [line = ''] = process.argv.slice(2);
const say = (text: string) => console.log(text);
const manager = await findManager();
const session = openSession(manager);
const over = new AbortController();
try {
  const { id: image } = await taskImage(manager.docker, undefined, say);
  const machines = working(await session.nodes());
  const [login] = await startServers(session, { image, machines, without: [], signal: over.signal });
  const planned = plan(twoHosts(), 'test');
  const { close, ...work } = await overLogins(planned, [login!, { ...login!, name: 'again' }], say);
  try {
    const runtime = { ...work, name: 'swarm', rootless: false } as unknown as Runtime;
    if (!(await setUp(planned, runtime, findings(), () => {}))) throw new Error('it cannot be set up');
    const { stdout, stderr } = await work.script('a', line);
    say(`${stdout}${stderr}`);
  } finally {
    await close();
  }
} finally {
  over.abort();
  (await session.close()).forEach(say);
}
