import type Docker from 'dockerode';
import { refusal } from '../docker/progress.ts';
import { became, type Node, type Task } from './became.ts';

const EVERY_MS = 200;

/** For how long a manager may be silent: a swarm that loses one elects another. */
const SILENT_MS = 30_000;

/** For how long all that is waited for may find no machine. */
const NO_ROOM_MS = 30_000;

/** For how long machines may take to end what they were told to end. */
const EMPTIED_WITHIN_MS = 20_000;

/** Nobody can say any more what becomes of it. */
export interface Lost {
  is: 'lost';
  why: string;
}

/** What is looked for in the tasks of a service: undefined as long as it is not there yet. */
type Decide<T> = (tasks: Task[], nodes: Node[]) => T | undefined;

/** Looks again and again at what became of some services. */
export interface Watch {
  /** Resolves with what is decided, or once that cannot be any more: the service or the manager is gone, or an abort asks for it. */
  until<T>(service: string, decide: Decide<T>, signal: AbortSignal): Promise<T | Lost>;
  /** Resolves once no machine that works has anything left of services that were removed; says which have. */
  emptied(services: string[]): Promise<string[]>;
}

/** What a manager tells of all services of a run. */
interface Answer {
  services: string[];
  tasks: Task[];
  nodes: Node[];
}

interface Waiting {
  service: string;
  /** Whether that was it. */
  look(tasks: Task[], nodes: Node[]): boolean;
  lose(why: string): void;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A promise that does not hang: what is not answered in time is an error. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`no answer within ${SILENT_MS / 1000} s`)), SILENT_MS);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(late));
}

/** Watches services of one run, which a filter finds. */
export function watch(docker: Docker, own: { label: string[] }, address: string): Watch {
  const waiting = new Set<Waiting>();
  let isLooking = false;
  const lose = (why: string) => {
    for (const each of waiting) each.lose(why);
    waiting.clear();
  };
  const tasksOf = async (services: string[]): Promise<Task[]> =>
    services.length ? ((await inTime(docker.listTasks({ filters: { service: services } }))) as Task[]) : [];
  const ask = async (): Promise<Answer> => {
    const services = (await inTime(docker.listServices({ filters: own }))).map(({ ID }) => ID);
    const [tasks, nodes] = await Promise.all([tasksOf(services), inTime(docker.listNodes()) as Promise<Node[]>]);
    return { services, tasks, nodes };
  };
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    let [answeredAt, roomAt] = [Date.now(), Date.now()];
    while (waiting.size) {
      const asked = [...waiting];
      const answer = await ask().catch((error: Error) => error);
      if (answer instanceof Error) {
        if (Date.now() - answeredAt > SILENT_MS || isGone(answer))
          lose(`the engine at ${address} does not answer any more: ${refusal(answer)}`);
      } else {
        answeredAt = Date.now();
        const whyNone = tell(asked, answer);
        if (whyNone === undefined) roomAt = Date.now();
        else if (Date.now() - roomAt > NO_ROOM_MS) lose(`no machine has room for it: ${whyNone}`);
      }
      if (waiting.size) await pause(EVERY_MS);
    }
    isLooking = false;
  };
  /** Tells who waits what there is now; returns why none of it has found a machine, if so. */
  const tell = (asked: Waiting[], { services, tasks, nodes }: Answer): string | undefined => {
    const reasons = asked.map((each) => {
      const own = tasks.filter(({ ServiceID }) => ServiceID === each.service);
      if (!services.includes(each.service)) each.lose('somebody has removed its service');
      else if (!each.look(own, nodes)) {
        const now = became(own, nodes);
        return now.is === 'waiting' ? now.why : undefined;
      }
      waiting.delete(each);
      return undefined;
    });
    return reasons.every((why) => why !== undefined) ? reasons[0] : undefined;
  };
  return {
    until: <T>(service: string, decide: Decide<T>, signal: AbortSignal) =>
      new Promise<T | Lost>((resolve) => {
        const each: Waiting = {
          service,
          look(tasks, nodes) {
            const found = decide(tasks, nodes);
            if (found !== undefined) resolve(found);
            return found !== undefined;
          },
          lose: (why) => resolve({ is: 'lost', why }),
        };
        const stop = () => {
          waiting.delete(each);
          each.lose('it was interrupted');
        };
        if (signal.aborted) return stop();
        signal.addEventListener('abort', stop, { once: true });
        waiting.add(each);
        void look();
      }),
    async emptied(services) {
      for (const since = Date.now(); ; await pause(EVERY_MS)) {
        // A service that is removed is no filter any more.
        const asked = Promise.all([docker.listTasks(), docker.listNodes()]);
        const [tasks, nodes] = (await inTime(asked)) as [Task[], Node[]];
        const ready = new Set(nodes.flatMap(({ ID, Status }) => (Status.State === 'ready' ? [ID] : [])));
        const left = tasks.filter(
          ({ ServiceID, NodeID }) => services.includes(ServiceID) && NodeID && ready.has(NodeID),
        );
        if (!left.length || Date.now() - since > EMPTIED_WITHIN_MS)
          return [...new Set(left.map(({ ServiceID }) => ServiceID))];
      }
    },
  };
}

/** Whether an engine is not there, and not only busy. */
const isGone = ({ code }: NodeJS.ErrnoException) => code === 'ECONNREFUSED' || code === 'ENOENT';
