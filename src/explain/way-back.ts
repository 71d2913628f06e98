import { largerSetting, settingText } from './place.ts';
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

/** The value of rp_filter by which what came in must be what the way back leads out by (RFC 3704, section 2.2). */
const STRICT = 1;

/** How a reverse path filter takes the way back for a wrong one. */
export interface Filtered {
  /** The setting that is asked for, with its value. */
  setting: string;
  /** What the way back is, as the end of a sentence. */
  text: string;
  fix: string;
}

/** Whether a reverse path filter drops what came by an interface from an address, which is `dst` of the key. */
export function filteredByPath(state: PlaceState, iif: string, key: RouteKey): Filtered | undefined {
  const filter = largerSetting(state, iif, 'rp_filter');
  const { type, devices, text, fix } = wayBack(state, key);
  if (!filter || type === 'local' || devices.includes(iif) || (filter !== STRICT && devices.length)) return undefined;
  const setting = settingText(state, iif, 'rp_filter');
  return { setting, text, fix: fix ?? `sysctl -w ${setting.replace(/ = .*/, '')}=${devices.length ? 2 : 0}` };
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
