import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import type Docker from 'dockerode';
import { CannotRun } from '../../plan/usage.ts';
import { ownerLabels } from '../docker/owner.ts';
import { refusal } from '../docker/progress.ts';
import type { Node, Task } from './became.ts';
import { RUN, removeSecrets } from './clean.ts';
import type { Manager } from './manager.ts';
import { type Order, type Secret, spec } from './spec.ts';
import { type Told, textOf, toldIn } from './told.ts';
import { type Lost, watch } from './watch.ts';

const LOG_READ_TIMES = 10;

/** What is to be done, as who asks for it says it. */
type Asked = Omit<Order, 'labels' | 'run' | 'number' | 'namesProfiles'>;

/** What one run has a swarm do: each order is a service of its own, gone when what is decided of it is told. */
export interface Session {
  nodes(): Promise<Node[]>;
  /** Has something done until its tasks decide it, then reads their logs. Throws a CannotRun where the manager refuses it. */
  carryOut<T>(
    order: Asked,
    decide: (tasks: Task[], nodes: Node[]) => T | Lost | undefined,
    read: (found: T) => Promise<void>,
    signal: AbortSignal,
  ): Promise<T | Lost>;
  /** What the log of a task tells of how it ended; undefined where it does not have all of that. */
  told(task: string): Promise<Told | undefined>;
  /** Removes what is left of all orders; a line on what could not be. */
  close(): Promise<string[]>;
}

/** Begins a run on a swarm. */
export function openSession({ docker, address, namesProfiles }: Manager): Session {
  const run = randomBytes(4).toString('hex');
  const labels = { [RUN]: run, ...ownerLabels() };
  const own = { label: [`${RUN}=${run}`] };
  const watching = watch(docker, own, address);
  const made: string[] = [];
  let number = 0;
  const keep = async ([path, bytes]: [string, Buffer]): Promise<Secret> => {
    const name = `packetwalk-${run}-${basename(path)}`;
    const { id } = await docker.createSecret({ Name: name, Labels: labels, Data: bytes.toString('base64') });
    return { id, name, path };
  };
  const create = async ({ secrets = {}, ...order }: Asked): Promise<string> => {
    try {
      const kept = await Promise.all(Object.entries(secrets).map(keep));
      const service = spec({ ...order, labels, run, number: ++number, namesProfiles }, kept);
      const { id } = (await docker.createService(service)) as unknown as { id: string };
      made.push(id);
      return id;
    } catch (error) {
      throw new CannotRun('unknown', `the swarm of ${address} does not take ${order.what}: ${refusal(error)}`);
    }
  };
  const remove = (service: string) =>
    docker
      .getService(service)
      .remove()
      .catch(() => {});
  return {
    nodes: () => docker.listNodes() as Promise<Node[]>,
    async carryOut(order, decide, read, signal) {
      if (signal.aborted) return { is: 'lost', why: 'it was interrupted' };
      const service = await create(order);
      try {
        const found = await watching.until(service, decide, signal);
        if (!isLost(found)) await read(found);
        return found;
      } finally {
        await remove(service);
      }
    },
    told: (task) => toldBy(docker, task),
    async close() {
      const advice = `docker service ls --filter label=${own.label[0]}`;
      try {
        const left = await docker.listServices({ filters: own });
        await Promise.all(left.map(({ ID }) => remove(ID)));
        await removeSecrets(docker, await docker.listSecrets({ filters: own }));
        const busy = await watching.emptied(made);
        return busy.length ? [`some machines of the swarm do not end what they were told to end. Type: ${advice}`] : [];
      } catch (error) {
        return [`services may be left on the swarm of ${address}: ${refusal(error)}. Type: ${advice}`];
      }
    },
  };
}

const isLost = (found: unknown): found is Lost => (found as Lost).is === 'lost';

/** What the client's types leave out. */
type WithLogs = Docker.Task & { logs(options: { stdout: boolean }): Promise<Buffer> };

/** Its machine may have the end of a log only a moment after the end of the task. */
async function toldBy(docker: Docker, task: string): Promise<Told | undefined> {
  for (let time = 0; time < LOG_READ_TIMES; time++) {
    await new Promise((resolve) => setTimeout(resolve, time * 50));
    const log = await (docker.getTask(task) as WithLogs).logs({ stdout: true }).catch(() => undefined);
    const told = log && toldIn(textOf(log));
    if (told) return told;
  }
  return undefined;
}
