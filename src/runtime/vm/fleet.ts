import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Machine, startMachine } from './machine.ts';

/** The machines of one boot: all of them come up, or none is left. */
export interface Fleet {
  start(name: string, words: string[], options?: { mortal?: boolean }): Promise<Machine>;
  /** Ends a machine, and removes its folder. */
  drop(machine: Machine): Promise<void>;
  /** Whether it has ended, so that what fails now fails for that. */
  isOver(): boolean;
  /** Lets the machines outlive this process. */
  release(): void;
  /** Ends every machine, those that are being started as well, and removes what they wrote. */
  end(): Promise<void>;
}

export function fleet(folder: string): Fleet {
  const machines = new Set<Machine>();
  const starting = new Set<Promise<Machine>>();
  let ended = false;
  const remove = (name: string) => rm(join(folder, name), { recursive: true, force: true });
  const drop = async (machine: Machine) => {
    await machine.kill();
    machines.delete(machine);
    await remove(machine.name);
  };
  return {
    drop,
    isOver: () => ended,
    async start(name, words, { mortal = false } = {}) {
      if (ended) throw new Error(`${name} is not started any more`);
      const start = startMachine(name, join(folder, name), words, mortal);
      starting.add(start);
      try {
        const machine = await start;
        machines.add(machine);
        return machine;
      } catch (error) {
        await remove(name);
        throw error;
      } finally {
        starting.delete(start);
      }
    },
    release() {
      for (const machine of machines) machine.release();
    },
    async end() {
      ended = true;
      await Promise.allSettled(starting);
      await Promise.all([...machines].map(drop));
      await rmdir(folder).catch(() => {});
    },
  };
}
