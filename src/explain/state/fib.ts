import type { PlaceState, RouteState, RuleState } from './place-state.ts';

/** What a kernel looks a route up by (ip-rule(8), SELECTOR). */
export interface RouteKey {
  dst: string;
  src?: string | undefined;
  /** The interface by which the packet came; absent for one's own. */
  iif?: string | undefined;
  /** The interface whose VRF it belongs to; that by which it came when absent. */
  vrfOf?: string | undefined;
  mark?: number | undefined;
  /** `icmp`, `tcp`, `udp`, and the ports of those that have any. */
  protocol?: string | undefined;
  sport?: number | undefined;
  dport?: number | undefined;
}

/** What a place looks routes up in. */
type Tables = Pick<PlaceState, 'rules' | 'rules6' | 'routes' | 'routes6' | 'links'>;

/** Whether an address is one of IPv6. */
export const isAddress6 = (address: string): boolean => address.includes(':');

/** The route that a place takes, and the rule that led to its table. */
export interface FoundRoute {
  route: RouteState;
  rule: RuleState;
}

/** An address as a number, and of how many bits; undefined for anything else. */
function addressNumber(address: string): { bits: 32 | 128; number: bigint } | undefined {
  const is6 = isAddress6(address);
  const parts = is6 ? groupsOf(address) : address.split('.').map(Number);
  const [count, bits, most] = is6 ? ([8, 16, 0xffff] as const) : ([4, 8, 0xff] as const);
  if (parts.length !== count || parts.some((part) => !Number.isInteger(part) || part < 0 || part > most))
    return undefined;
  const number = parts.reduce((sum, part) => (sum << BigInt(bits)) + BigInt(part), 0n);
  return { bits: is6 ? 128 : 32, number };
}

/** The eight groups of an IPv6 address (RFC 4291, section 2.2); others where it is none. */
export function groupsOf(address: string): number[] {
  const [before = [], after] = address
    .split('::')
    .map((some) => some.split(':').flatMap((group) => (group ? [Number.parseInt(group, 16)] : [])));
  return after ? [...before, ...Array(Math.max(0, 8 - before.length - after.length)).fill(0), ...after] : before;
}

/** A prefix's length, and whether an address is within it: `default`, `10.42.1.0/24`, `10.88.2.7`, `fd00:42::/64`. */
export function prefixOf(text: string): { length: number; holds(address: string): boolean } {
  const [base = '', given] = (text === 'default' || text === 'all' ? '0.0.0.0/0' : text).split('/');
  const first = addressNumber(base);
  const length = given === undefined ? (first?.bits ?? 32) : Number(given);
  return {
    length,
    holds(address) {
      const one = addressNumber(address);
      if (!first || !one || first.bits !== one.bits) return false;
      const rest = BigInt(first.bits - length);
      return one.number >> rest === first.number >> rest;
    },
  };
}

/**
 * Looks a route up as the kernel does (ip-rule(8), ip-route(8)), of the version of IP that the destination is of: rules in order of
 * their priority, in each table the longest prefix, of equal ones the least metric. Undefined where no table has one.
 */
export function routeFor(
  { rules: rules4, rules6, routes: routes4, routes6, links }: Tables,
  key: RouteKey,
): FoundRoute | undefined {
  const [rules, routes] = isAddress6(key.dst) ? [rules6, routes6] : [rules4, routes4];
  const vrf = vrfFor(links, key.vrfOf ?? key.iif);
  for (const rule of [...rules].sort((a, b) => a.priority - b.priority)) {
    const refusing = refusedBy(rule);
    if (refusing && selects(rule, key)) return { route: refusing, rule };
    const table = rule.words.lookup === OF_VRF ? vrf?.table : rule.words.lookup;
    if (!table || !selects(rule, key)) continue;
    const [route] = routes
      .filter((each) => each.table === table && prefixOf(each.dst).holds(key.dst))
      .sort(byPrecedence);
    if (route && route.type !== 'throw' && !isSuppressed(rule, route)) return { route, rule };
  }
  return undefined;
}

/** Whether a rule takes no route of its table that says so little (ip-rule(8), suppress_prefixlength): as a default route does. */
export const isSuppressed = ({ words }: RuleState, { dst }: Pick<RouteState, 'dst'>): boolean =>
  words.suppress_prefixlength !== undefined && prefixOf(dst).length <= Number(words.suppress_prefixlength);

/** The table of what a rule does by itself. */
export const NO_TABLE = '';

/** What a rule that leads to no table does with a packet (ip-rule(8), TYPE), in the words of a route. */
function refusedBy({ text }: RuleState): RouteState | undefined {
  const type = / (blackhole|unreachable|prohibit)$/.exec(text)?.[1];
  return type
    ? { text: `policy rule ${text}`, words: {}, type, dst: 'default', table: NO_TABLE, nexthops: [] }
    : undefined;
}

/** What a rule has for a table that leads to that of the packet's VRF. */
const OF_VRF = '[l3mdev-table]';

/** A VRF, and its table. */
export interface Vrf {
  name: string;
  table: string;
}

export const vrfsOf = (links: PlaceState['links']): Vrf[] =>
  links.flatMap(({ name, kind, data }) => (kind === 'vrf' ? [{ name, table: String(data.table) }] : []));

/** The VRF that an interface is a part of, or is. */
export function vrfFor(links: PlaceState['links'], device: string | undefined): Vrf | undefined {
  const master = links.find(({ name }) => name === device)?.master;
  return vrfsOf(links).find(({ name }) => name === master || name === device);
}

const byPrecedence = (a: RouteState, b: RouteState) =>
  prefixOf(b.dst).length - prefixOf(a.dst).length || Number(a.words.metric ?? 0) - Number(b.words.metric ?? 0);

/** Whether a rule applies to a packet; one that asks for what is not known of it does not. */
function selects({ text, words }: RuleState, key: RouteKey): boolean {
  const { dst, src, iif, mark = 0, protocol, sport, dport } = key;
  const holds = (prefix: string | undefined, address: string | undefined) =>
    prefix === undefined || prefix === 'all' || (address !== undefined && prefixOf(prefix).holds(address));
  if ('tun_id' in words) return false;
  const is =
    holds(words.from, src) &&
    holds(words.to, dst) &&
    hasMark(words.fwmark, mark) &&
    isFrom(words.iif, iif) &&
    (words.ipproto === undefined || words.ipproto === protocol) &&
    isWithin(words.sport, sport) &&
    isWithin(words.dport, dport) &&
    isWithin(words.uidrange, OF_LAB);
  return /\bnot\b/.test(text) ? !is : is;
}

/** Root sends what a lab sends, and owns what a kernel forwards (sock_net_uid, net/sock.h). */
const OF_LAB = 0;

/** Whether a number is one of a range, as ip(8) prints it: `80`, `80-90`. */
function isWithin(range: string | undefined, number: number | undefined): boolean {
  if (range === undefined) return true;
  const [first = 0, last = first] = range.split('-').map(Number);
  return number !== undefined && first <= number && number <= last;
}

function hasMark(wanted: string | undefined, mark: number): boolean {
  if (wanted === undefined) return true;
  const [value = 0, mask = 0xffffffff] = wanted.split('/').map(Number);
  return (mark & mask) >>> 0 === (value & mask) >>> 0;
}

const isFrom = (wanted: string | undefined, iif: string | undefined) =>
  wanted === undefined || wanted === (iif ?? 'lo');

/** The devices by which a route leads. */
export const devicesOf = ({ words, nexthops }: RouteState): string[] =>
  nexthops.length ? nexthops.flatMap(({ words: { dev } }) => dev ?? []) : words.dev ? [words.dev] : [];

/** The gateways of a route by an interface: of a route with several ways, each of those that lead there. */
export const gatewaysOf = (route: RouteState | undefined, device: string): string[] =>
  (route?.nexthops.length ? route.nexthops.filter(({ words }) => words.dev === device) : [route]).flatMap(
    (each) => each?.words.via ?? [],
  );
