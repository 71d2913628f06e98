import type { Facts } from './facts.ts';
import { routesGone } from './since.ts';
import { isOf6 } from './state/ip-lines.ts';

/** An interface that is there under another name than the lab gives it. */
export interface Renamed {
  name: string;
  /** The address by which it is known. */
  address: string;
  /** What gives it its name back, and the routes that went with that. */
  command: string;
}

/** The interface of a place that has the address which the lab gives one that is missing there. */
export function renamedAs(
  facts: Pick<Facts, 'plan' | 'now' | 'changes'>,
  place: string,
  device: string,
): Renamed | undefined {
  const { plan, now } = facts;
  const address = plan.links
    .flatMap(({ ends }) => ends)
    .find((end) => end.place === place && end.interface === device)?.address;
  const name = now
    .get(place)
    ?.links.find(({ addresses }) => addresses.some((each) => `${each.address}/${each.prefixLength}` === address))?.name;
  if (!address || !name) return undefined;
  // Of IPv6 the addresses went, too: none of its routes would be taken.
  const routes = routesGone(facts, place, device).flatMap((text) =>
    isOf6({ text }) ? [] : [`ip route replace ${text}`],
  );
  const lines = [`ip link set ${name} down`, `ip link set ${name} name ${device}`, `ip link set ${device} up`];
  return { name, address, command: [...lines, ...routes].join(' && ') };
}
