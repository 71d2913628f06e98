import { isTaught } from '../lab/read.ts';
import type { StandIn } from '../lab/stand-in.ts';
import type { Commands, Lab, Script } from '../lab/words.ts';

/** Who does what a lab's daemons do: small ones that play them, or the real programs. */
export type Daemons = 'small' | 'real';

/** A real daemon that a lab runs: the program, and once it is found, where that is on this machine. */
export interface RealDaemon {
  name: string;
  path?: string;
  /** The version with which its labs were proven, where that is known. */
  provenWith?: string;
}

/** What a real daemon says of itself when it is asked. Plain data. */
export interface DaemonVersion {
  name: string;
  path: string;
  /** Null where it does not tell. */
  version: string | null;
  provenWith: string | null;
  /** Whether the two differ in their first two numbers. */
  differs: boolean;
}

/** Where a real daemon is at its node. */
export const DAEMONS_AT = '/run/daemons';

const isStandIn = (part: unknown): part is StandIn => typeof part === 'object' && part !== null && 'standsFor' in part;

/** A lab with the real daemons in the place of what stands for them, and which these are, in the order in which they come. */
export function withRealDaemons(lab: Lab): { lab: Lab; real: RealDaemon[] } {
  const names = new Set<string>();
  const replaced = (script: Script): Script =>
    [script].flat().flatMap((part) => {
      if (!isStandIn(part)) return [part];
      names.add(part.standsFor);
      return [part.real].flat();
    });
  const all = (commands: Commands): Commands =>
    Object.fromEntries(
      Object.entries<Script | undefined>(commands).map(([place, script]) => [place, replaced(script ?? [])]),
    );
  const each = <T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
  const real = {
    ...lab,
    setup: each(lab.setup, (step) => (isTaught(step) ? { ...step, do: all(step.do) } : all(step))),
    ...(lab.faults && {
      faults: each(lab.faults, (fault) => ({ ...fault, break: all(fault.break), fix: all(fault.fix) })),
    }),
  };
  return { lab: real, real: [...names].map((name) => ({ name })) };
}
