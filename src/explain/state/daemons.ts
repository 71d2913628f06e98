import { liveness, type PlannedDaemon } from '../../plan/script.ts';
import type { PlaceState } from './place-state.ts';

/** A daemon of the lab, as far as it takes to ask whether it runs. */
export type Daemon = Pick<PlannedDaemon, 'name' | 'log'>;

/** The daemons of a place, each once: a fault may start one again that a step has started. */
export const daemonsOfPlace = (daemons: readonly PlannedDaemon[], place: string): Daemon[] => {
  const own = daemons.filter((each) => each.place === place);
  return own.filter(({ name }, i) => own.findIndex((each) => each.name === name) === i);
};

/** A line that asks whether some daemons run. */
export const daemonsLine = (daemons: readonly Daemon[]): string =>
  `{ ${daemons.map((each) => `${liveness(each)}; ${stoppedLine(each)}; `).join('')}:; }`;

/** A line that says of a daemon that a signal has stopped it, where that is so. */
const stoppedLine = ({ name }: Daemon) =>
  `grep -q '^State:.[Tt]' /proc/$(cat /run/${name}.pid)/status 2>/dev/null && echo ${name} is stopped`;

/** Which of some daemons run, as their liveness was printed. */
export function daemonsIn(daemons: readonly Daemon[], printed: string): PlaceState['daemons'] {
  const lines = printed.split('\n');
  return daemons.map(({ name }) => ({
    name,
    runs: lines.includes(`${name} runs`),
    ...(lines.includes(`${name} is stopped`) && { isStopped: true }),
  }));
}
