import type { PlaceState, RouteState } from '../../../src/explain/state/place-state.ts';
import type { Breakage } from '../breakages.ts';

/** What breaks something at one place, and what mends it, a line each. */
export const at = (
  place: string,
  causes: string | string[],
  [breaks, mends]: [breaks: string[], mends: string[]],
  rest: Partial<Breakage> = {},
): Breakage => ({
  breaks: { [place]: breaks.join('\n') },
  mends: { [place]: mends.join('\n') },
  causes: [causes].flat(),
  places: [place],
  ...rest,
});

/** A route as `ip route` takes it: its type and table are said where they are not the usual ones. */
export const routeLine = ({ text, table }: RouteState): string => {
  const said = text.replace(/ linkdown\b| dead\b/g, '').trim();
  return table === 'main' || /\btable\b/.test(said) ? said : `${said} table ${table}`;
};

/** What is typed to switch an interface on again. */
export const upAgain = (state: PlaceState, device: string): string[] => [
  `ip link set ${device} up`,
  ...ipv6Again(state, device),
];

/** What gives an interface its addresses of IPv6 back, and the routes by them: it loses those when it goes off, or has no MTU for IPv6. */
export const ipv6Again = ({ links, routes6 }: PlaceState, device: string): string[] => {
  const own = links.find(({ name }) => name === device)?.addresses ?? [];
  const global6 = own.filter(({ address, scope }) => address.includes(':') && scope === 'global');
  const by = routes6.filter(({ table, dst, words }) => table === 'main' && words.dev === device && !/^f[ef]/.test(dst));
  return [
    ...global6.map(
      ({ address, prefixLength }) => `ip -6 address replace ${address}/${prefixLength} dev ${device} nodad`,
    ),
    ...by.map((each) => `ip -6 route replace ${routeLine(each)}`),
  ];
};

/** A setting and its value, with a device's dots as sysctl(8) wants them. */
export const setting = (device: string, name: string, value: string | number) =>
  `sysctl -qw net.ipv4.conf.${device.replaceAll('.', '/')}.${name}=${value}`;
