import type { Sighting } from '../judge/observation.ts';
import { isIp } from '../packet/index.ts';
import type { Facts } from './facts.ts';
import { lastEther } from './layer2/bridged.ts';
import { isGroup } from './layer2/problem.ts';
import { linkOf, ownersOf } from './place.ts';
import { gatewaysOf, routeFor } from './state/fib.ts';
import type { LinkState, NeighbourState } from './state/place-state.ts';

/** The frame that the packet was last seen in, who put it out, and by which entry of its neighbour table. */
export interface Addressed {
  place: string;
  device: string;
  mac: string;
  link: LinkState | undefined;
  entry: NeighbourState | undefined;
  /** The interfaces that have the address for which the frame is. */
  owners: { place: string; link: LinkState }[];
}

export function addressed(facts: Facts): Addressed | undefined {
  const ether = lastEther(facts);
  if (!ether) return undefined;
  const isIt = ({ headers }: Sighting) => headers[0]?.fields.dst === ether.dst && headers[0].fields.src === ether.src;
  const first = facts.site.way.find((each) => isIt(each) && each.direction === 'out');
  if (!first) return undefined;
  const { place, device } = first;
  const state = facts.now.get(place);
  const ip = first.headers.find(isIp);
  const is6 = ip?.protocol === 'ip6';
  const known = is6 ? state?.neighbours6 : state?.neighbours;
  const entries = (known ?? []).filter(({ mac, proxy }) => mac === ether.dst && !proxy);
  const dst = String(ip?.fields.dst);
  const route = state && routeFor(state, { dst, vrfOf: device })?.route;
  const nextHops = gatewaysOf(route, device);
  const entry = entries.find(
    (each) => each.device === device && (nextHops.length ? nextHops : [dst]).includes(each.address),
  );
  const owners = entry ? ownersOf(facts, entry.address) : [];
  // What is for many has a MAC that nobody has: no entry leads there but one that is wrong.
  if (isGroup(ether.dst) && !owners.length) return undefined;
  return { place, device, mac: ether.dst, link: linkOf(facts, place, device), entry, owners };
}
