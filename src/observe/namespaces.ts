import type { Runtime } from '../runtime/runtime.ts';
import type { Interfaces, PlaceOfNetns } from './wires.ts';

/**
 * Finds out which place each place's kernel means by the numbers that it gave namespaces (RTM_GETNSID, rtnetlink(7)); asked once
 * for each number and place that may be meant, which has a device with the index that is looked for.
 */
export function namespaces(runtime: Pick<Runtime, 'netnsIds'>) {
  const known = new Map<string, string>();
  const ruledOut = new Set<string>();
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
          const others = open.length
            ? [...interfaces].flatMap(([other, devices]) => {
                const isMeant = ({ index, id }: { index: number; id: number }) =>
                  !ruledOut.has(`${key(place, id)} ${other}`) && devices.some((each) => each.index === index);
                return other !== place && open.some(isMeant) ? [other] : [];
              })
            : [];
          if (!others.length) return;
          const ids = await runtime.netnsIds(place, others);
          for (const [other, id] of ids) if (id >= 0) known.set(key(place, id), other);
          for (const other of others)
            for (const { id } of open) if (ids.get(other) !== id) ruledOut.add(`${key(place, id)} ${other}`);
        }),
      );
    },
  };
}
