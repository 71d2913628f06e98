import type { Runtime } from '../runtime/runtime.ts';
import type { Interfaces, PlaceOfNetns } from './wires.ts';

/**
 * Finds out which place each place's kernel means by the numbers that it gave namespaces (RTM_GETNSID, rtnetlink(7)); asked once
 * for each number, and only of places that have a device with the index that is looked for.
 */
export function namespaces(runtime: Pick<Runtime, 'netnsIds'>) {
  const known = new Map<string, string | undefined>();
  const key = (place: string, netnsid: number) => `${place} ${netnsid}`;
  const placeOf: PlaceOfNetns = (place, netnsid) => known.get(key(place, netnsid));
  return {
    placeOf,
    async learn(interfaces: Interfaces): Promise<void> {
      await Promise.all(
        [...interfaces].map(async ([place, list]) => {
          const open = list.flatMap(({ link }) =>
            link?.netnsid !== undefined && !known.has(key(place, link.netnsid))
              ? [{ index: link.index, id: link.netnsid }]
              : [],
          );
          const others = [...interfaces].flatMap(([other, devices]) =>
            other !== place && devices.some(({ index }) => open.some((each) => each.index === index)) ? [other] : [],
          );
          if (!open.length) return;
          for (const { id } of open) known.set(key(place, id), undefined);
          if (!others.length) return;
          for (const [other, id] of await runtime.netnsIds(place, others))
            if (id >= 0) known.set(key(place, id), other);
        }),
      );
    },
  };
}
