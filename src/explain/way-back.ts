import { devicesOf, NO_TABLE, type RouteKey, routeFor } from './state/fib.ts';
import type { PlaceState } from './state/place-state.ts';

/** How a place would send to who sent it something, as its reverse path filter asks (fib_validate_source, net/ipv4/fib_frontend.c). */
export interface WayBack {
  /** `local` where the place takes that address for its own; undefined where it has no route. */
  type: string | undefined;
  devices: string[];
  /** `its route back to 10.0.0.1 is by eth1`. */
  text: string;
  /** What takes away what refuses the way back, where something does. */
  fix?: string;
}

/** The way back to who sent something from an address (`dst` of the key is that address). */
export function wayBack(state: PlaceState, key: RouteKey): WayBack {
  const found = routeFor(state, key);
  const { type, text = '', table } = found?.route ?? {};
  const to = `back to ${key.dst}`;
  if (!found || !type) return { type, devices: [], text: `it has no route ${to}` };
  const devices = devicesOf(found.route);
  if (type === 'unicast' || type === 'local')
    return { type, devices, text: `its route ${to} is by ${devices.join(' and ')}` };
  const fix =
    table === NO_TABLE ? `ip rule del ${found.rule.text} pref ${found.rule.priority}` : `ip route del ${text}`;
  return { type, devices: [], text: `its way ${to} is refused by ${table === NO_TABLE ? 'its ' : ''}${text}`, fix };
}
