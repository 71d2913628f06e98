import type { HopResult } from '../judge/result.ts';
import type { Live } from '../observe/sent.ts';
import { missingDevices } from '../plan/missing-devices.ts';
import type { PlannedWalk } from '../plan/plan.ts';

/**
 * The hops of a walk that saw nothing since their place has no such interface, in a sentence each with the one that was probably
 * meant: by the kernel's own list, read again, as a command or a daemon may have made an interface since.
 */
export async function absentInterfaces(
  { plan, watch }: Live,
  walk: PlannedWalk,
  results: readonly HopResult[],
): Promise<string[]> {
  const names = (place: string) => watch.interfacesOf(place).map(({ name }) => name);
  const exists = (place: string, device: string) => names(place).includes(device);
  const hops = walk.hops.filter((_, i) => results[i]?.seen === null);
  const told = () => missingDevices({ ...plan, walks: [{ ...walk, hops }] }, exists, names);
  if (!told().length) return [];
  await watch.refresh([...new Set(hops.map(({ place }) => place))]);
  return told();
}
