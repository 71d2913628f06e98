import type { Size } from '../plan/plan-module.ts';
import { BadUsage } from '../plan/usage.ts';

/** What may be typed about how large a lab shall be. */
export type SizeOptions = { [field in keyof Size]?: string };

/** The size that was asked for, if one was. */
export function sizeOf({ nodes, pods }: SizeOptions): Partial<Size> | undefined {
  const size = {
    ...(nodes !== undefined && { nodes: count('--nodes', nodes) }),
    ...(pods !== undefined && { pods: count('--pods', pods) }),
  };
  return Object.keys(size).length ? size : undefined;
}

function count(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new BadUsage(`${option} is a number from 1 on, not ${text}`);
  return Number(text);
}
