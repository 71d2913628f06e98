import { CannotRun } from '../../plan/usage.ts';
import type { Agent } from '../agent/agent.ts';
import type { CableEnd, HeldEnd } from '../agent/held-ends.ts';

/** An end of a cable, and the agent of the machine where it is. */
export interface EndOn extends CableEnd {
  agent: Agent;
  /** What messages call that machine. */
  machine: string;
}

/** The cables of a lab that lead from one machine to another: what goes in at one end, this process hands out at the other. */
export interface Relays {
  /** Joins the ends of a cable. */
  join(cable: string, ends: readonly [EndOn, EndOn]): Promise<void>;
  /** Resolves once every carrier is as the other ends of the cables are switched. */
  settled(): Promise<void>;
  /** How many packets wait at the machines, as `backlog` asks them, or were on their way in the meantime: 0 where nothing is under way. */
  underWay(backlog: () => Promise<number>): Promise<number>;
  /** How many frames were lost since the last call because there was no room for them, by the place that they came from or went to. */
  lost(): Promise<Map<string, number>>;
}

export function relays(): Relays {
  const agents = new Set<Agent>();
  const pending = new Set<Promise<void>>();
  let passed = 0;
  let lost = new Map<string, number>();

  /** What cannot be done because an agent has ended is told to whoever asks that agent next. */
  const begin = (work: Promise<void>) => {
    const done = work
      .catch(() => {})
      .finally(() => {
        pending.delete(done);
      });
    pending.add(done);
  };

  const lose = (place: string, count: number) => count && lost.set(place, (lost.get(place) ?? 0) + count);

  const countLost = async () => {
    const told = await Promise.all([...agents].map((agent) => agent.ends.lost()));
    for (const [place, count] of told.flat()) lose(place, count);
  };

  return {
    async join(cable, ends) {
      let held: HeldEnd[] = [];
      const holding: Promise<HeldEnd>[] = ends.map(async ({ agent, machine, ...end }, side) => {
        const far = 1 - side;
        try {
          return await agent.ends.hold(cable, end, {
            relayed(frames) {
              passed += frames.length;
              if (held[far]?.pass(frames) === false) lose(end.place, frames.length);
            },
            plugged: (isOn) => begin(holding[far]!.then((other) => other.plug(isOn))),
            torn: () => begin(holding[far]!.then((other) => other.tear())),
          });
        } catch (error) {
          throw new CannotRun(
            'unknown',
            `${machine} cannot relay the cable of ${end.place}: ${(error as Error).message}`,
          );
        }
      });
      held = await Promise.all(holding);
      for (const { agent } of ends) agents.add(agent);
    },
    async settled() {
      while (pending.size) await Promise.all(pending);
    },
    async underWay(backlog) {
      // What is handed to a machine once it was asked waits there unseen: it counts as well.
      const before = passed;
      const waiting = await backlog();
      await countLost();
      return Math.max(waiting, passed - before);
    },
    async lost() {
      await countLost();
      const all = lost;
      lost = new Map();
      return all;
    },
  };
}
