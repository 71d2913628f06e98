import { CannotRun } from '../../plan/usage.ts';
import type { Say } from '../runtime.ts';
import type { Login } from '../ssh/login.ts';
import { type Became, became, type Node, nameOf } from './became.ts';
import { checkMachines } from './check-machines.ts';
import { findManager, working } from './manager.ts';
import { startServers } from './servers.ts';
import { openSession, type Session } from './session.ts';
import { MEMORY_BYTES } from './spec.ts';
import { taskImage } from './task-image.ts';
import type { Told } from './told.ts';

/** How often something is begun that was under way on a machine that vanished. */
const TRIES = 3;

/** How a command ended that ran on a swarm; `lost` says why nothing that it told counts, where that is so. */
export interface EndedOnSwarm {
  code: number;
  stdout: string;
  stderr: string;
  lost?: string;
}

/** A command that runs on some machine of a swarm. */
export interface OnSwarm {
  ended: Promise<EndedOnSwarm>;
  /** Takes it away, wherever it is. */
  interrupt(): void;
}

/** Machines of a swarm, each of which has the same image and can run labs in it. */
export interface Swarm {
  machines: string[];
  /** How many cores they have together. */
  cores: number;
  /** Runs a command of packetwalk on one of them; on another one where that vanishes. */
  start(words: string[], what: string, told: Say): OnSwarm;
}

/** A swarm that is entered: nothing of this run is there any more once it is closed. */
export interface EnteredSwarm {
  /**
   * Has an image on every machine, one that is given or one that is made here, and tries there what labs need. Throws a CannotRun
   * that names the machines that lack it.
   */
  prepare(image: string | undefined, version: string): Promise<Swarm>;
  /**
   * Does as much on so many of the machines, of two at least, and starts an SSH server on each, by which a lab is put over them. It
   * goes on until this is closed.
   */
  logins(image: string | undefined, version: string, most: number): Promise<Login[]>;
  /** Removes all that is left of it; a line on what could not be. */
  close(): Promise<string[]>;
}

/** Enters the swarm that the engine here manages. Throws a CannotRun where it manages none. */
export async function enterSwarm(say: Say): Promise<EnteredSwarm> {
  const manager = await findManager();
  const session = openSession(manager);
  const closing = new AbortController();
  const { signal } = closing;
  const tried = async (
    given: string | undefined,
    version: string,
    all: Node[],
    machines: Node[],
    hasServer: boolean,
  ) => {
    const image = await taskImage(manager.docker, given, say);
    const without = all.flatMap((each) => (machines.includes(each) ? [] : each.ID));
    await checkMachines(session, machines, { ...image, version, without, hasServer, signal, say });
    return { image: image.id, machines, without };
  };
  return {
    async prepare(given, version) {
      const machines = working(await session.nodes());
      const { image } = await tried(given, version, machines, machines, false);
      return {
        machines: machines.map(({ Description }) => Description.Hostname),
        cores: machines.reduce((sum, { Description }) => sum + Math.floor(Description.Resources.NanoCPUs / 1e9), 0),
        start: (words, what, told) => start(session, { image, words: ['packetwalk', ...words], what }, told),
      };
    },
    async logins(given, version, most) {
      const all = working(await session.nodes());
      if (all.length === 1)
        throw new CannotRun(
          'unknown',
          `${nameOf(all[0]!.ID, all)} is the only machine of the swarm that takes tasks: there is nothing to spread over`,
          'Have another one join: docker swarm join-token worker. Or leave --on and --spread out.',
        );
      return startServers(session, { ...(await tried(given, version, all, all.slice(0, most), true)), signal });
    },
    async close() {
      closing.abort();
      return session.close();
    },
  };
}

interface Work {
  image: string;
  words: string[];
  what: string;
}

function start(session: Session, work: Work, told: Say): OnSwarm {
  const interrupted = new AbortController();
  return {
    ended: ended(session, work, told, interrupted.signal).catch((error: Error) => nothing(error.message)),
    interrupt: () => interrupted.abort(),
  };
}

const nothing = (lost: string): EndedOnSwarm => ({ code: 1, stdout: '', stderr: '', lost });

async function ended(session: Session, work: Work, told: Say, signal: AbortSignal): Promise<EndedOnSwarm> {
  const gone: string[] = [];
  while (gone.length < TRIES) {
    let log: Told | undefined;
    const how = await session.carryOut(
      work,
      (tasks, nodes) => over(became(tasks, nodes)),
      async (found) => {
        if (found.is === 'done') log = await session.told(found.task);
      },
      signal,
    );
    if (how.is === 'lost') return nothing(how.why);
    if (how.is === 'refused') return nothing(`on ${how.node}: ${how.why}`);
    if (how.is === 'done') return log ? judged(log, how.node) : nothing(`on ${how.node}: its log lacks how it ended`);
    gone.push(how.node);
    if (gone.length < TRIES) told(`${how.node} is gone: ${work.what} begins anew on another machine`);
  }
  return nothing(`it was begun ${TRIES} times, and each time its machine vanished: ${gone.join(', ')}`);
}

/** What became of it, once that is all. */
const over = (how: Became) => (how.is === 'waiting' || how.is === 'under way' ? undefined : how);

/** What a task told, if nothing of it was killed for memory: what is then left is no verdict. */
function judged({ killedForMemory, ...rest }: Told, node: string): EndedOnSwarm {
  if (!killedForMemory) return rest;
  const processes = killedForMemory === 1 ? 'a process' : `${killedForMemory} processes`;
  const most = `${MEMORY_BYTES / 1024 ** 3} GiB`;
  return { ...rest, lost: `the kernel of ${node} killed ${processes} of it for memory: a task may have ${most}` };
}
