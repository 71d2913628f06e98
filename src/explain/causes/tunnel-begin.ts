import { isIp } from '../../packet/index.ts';
import { askedThrough } from '../asked-through.ts';
import type { Facts } from '../facts.ts';
import { linkOf } from '../place.ts';
import { gatewaysOf, routeFor } from '../state/fib.ts';
import type { LinkState, PlaceState, RouteState } from '../state/place-state.ts';
import { isTunnel, tunnelOf, vtepFor } from '../tunnel.ts';
import type { Told } from './kind.ts';

/** A packet that was handed to a tunnel device, and was not seen to leave its place. */
export interface Handed {
  facts: Facts;
  place: string;
  state: PlaceState;
  link: LinkState;
  /** The MAC that the frame inside is for, of VXLAN and the like. */
  mac?: string;
  /** Where the device sends it, and the entry that says so. */
  vtep?: { address: string; entry?: string };
}

export function handed(given: Facts): Handed | undefined {
  const facts = askedThrough(given) ?? given;
  const { place, last, headers } = facts.site;
  const [state, link] = [facts.now.get(place), linkOf(facts, place, last?.device)];
  if (!state || !link || !isTunnel(link) || (last?.direction !== 'out' && !goesRound(facts))) return undefined;
  const frame = headers[0]?.protocol === 'ether' ? String(headers[0].fields.dst) : undefined;
  const remote = tunnelOf(link).remote ?? nextHopBy(facts, place, link);
  const vtep = link.kind === 'vxlan' && frame ? vtepFor(state, link, frame) : remote ? { address: remote } : undefined;
  return { facts, place, state, link, ...(frame && { mac: frame }), ...(vtep && { vtep }) };
}

/** Whom the packet inside is for, and the route by which its place sends it there. */
export function innerRoute({ site, now }: Facts, place: string): { dst?: string; route?: RouteState } {
  const ip = site.headers.find(isIp)?.fields;
  const state = now.get(place);
  if (!ip || !state) return {};
  const dst = String(ip.dst);
  const route = routeFor(state, { dst, src: String(ip.src) })?.route;
  return { dst, ...(route && { route }) };
}

/** To whom a tunnel of IP packets wraps that has no remote: the next hop (ip_tunnel_xmit). */
function nextHopBy(facts: Facts, place: string, link: LinkState): string | undefined {
  return ipOnly.has(link.kind ?? '') ? gatewaysOf(innerRoute(facts, place).route, link.name)[0] : undefined;
}

const ipOnly = new Set(['ipip', 'gre']);

/** Whether it only ever came back to the device by which it left. */
const goesRound = ({ site }: Facts) => {
  const before = site.way.at(-2);
  return before?.at === site.last?.at && before?.direction === 'out';
};

export const showDevice = ({ place, link }: Handed): Told['show'] => [
  { place, command: `ip -d link show dev ${link.name}` },
  ...(link.kind === 'vxlan' ? [{ place, command: `bridge fdb show dev ${link.name}` }] : []),
];
