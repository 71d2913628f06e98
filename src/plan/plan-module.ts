import { BadLab } from './bad-lab.ts';
import { type Plan, plan } from './plan.ts';
import type { Daemons } from './real-daemons.ts';
import { BadUsage } from './usage.ts';

/** How many nodes a lab is to have, and how many pods each of them. */
export interface Size {
  nodes: number;
  pods: number;
}

/** What a lab's file exports: the lab, and if it can be had in other sizes, what makes it of one. */
export interface LabModule {
  default?: unknown;
  sized?: (size: Partial<Size>) => unknown;
}

/** The plan of what a lab's file exports. Throws a BadUsage for a size that it cannot be had in. */
export function planModule(
  { default: lab, sized }: LabModule,
  name: string,
  size?: Partial<Size>,
  daemons?: Daemons,
): Plan {
  if (!size) return plan(lab, name, daemons);
  if (!sized) throw new BadUsage(`${name} has one size: it takes no --nodes and no --pods`);
  try {
    return { ...plan(sized(size), name, daemons), size };
  } catch (error) {
    throw error instanceof BadLab ? error : new BadUsage((error as Error).message);
  }
}
