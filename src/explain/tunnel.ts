import type { Header } from '../packet/index.ts';
import type { Facts } from './facts.ts';
import { linkOf } from './place.ts';
import type { LinkState, PlaceState } from './state/place-state.ts';

export type TunnelKind = 'vxlan' | 'geneve' | 'gre' | 'gretap' | 'ipip';

const kinds: readonly string[] = ['vxlan', 'geneve', 'gre', 'gretap', 'ipip'] satisfies TunnelKind[];

export const isTunnel = (link: LinkState | undefined): boolean => kinds.includes(link?.kind ?? '');

/** How a packet is wrapped, by its outermost headers. */
export interface Wrapping {
  kind: TunnelKind;
  /** Addresses of the outer IP header, and its TTL. */
  src: string;
  dst: string;
  ttl: number;
  /** UDP's destination port, of VXLAN and Geneve. */
  port?: number;
  /** The VXLAN or Geneve network identifier. */
  vni?: number;
  /** The key of GRE, where it has one. */
  key?: number;
  /** MAC addresses of the frame inside, where one is. */
  innerMac?: { src: string; dst: string };
  /** The headers inside. */
  inner: readonly Header[];
}

/** How a packet is wrapped; undefined for one that is not, as far as its headers could be read. */
export function wrappingOf(headers: readonly Header[]): Wrapping | undefined {
  const at = headers.findIndex(({ protocol }) => protocol === 'ip');
  const outer = headers[at];
  if (!outer) return undefined;
  const [first, second, third] = headers.slice(at + 1);
  const ends = { src: String(outer.fields.src), dst: String(outer.fields.dst), ttl: Number(outer.fields.ttl) };
  const inside = (from: number) => {
    const inner = headers.slice(from);
    const frame = inner[0]?.protocol === 'ether' ? inner[0].fields : undefined;
    return { inner, ...(frame && { innerMac: { src: String(frame.src), dst: String(frame.dst) } }) };
  };
  if (first?.protocol === 'ip') return { kind: 'ipip', ...ends, ...inside(at + 1) };
  if (first?.protocol === 'gre') {
    const key = first.fields.key === undefined ? {} : { key: Number(first.fields.key) };
    return { kind: second?.protocol === 'ether' ? 'gretap' : 'gre', ...ends, ...key, ...inside(at + 2) };
  }
  if (first?.protocol !== 'udp' || !third) return undefined;
  if (second?.protocol !== 'vxlan' && second?.protocol !== 'geneve') return undefined;
  const [port, vni] = [Number(first.fields.dst), Number(second.fields.vni)];
  return { kind: second.protocol, ...ends, port, vni, ...inside(at + 3) };
}

/** The ends of a tunnel device, its number and its port, as `ip -d link` names them. */
export function tunnelOf({ kind, data }: LinkState): {
  kind: TunnelKind;
  local?: string;
  remote?: string;
  port?: number;
  vni?: number;
  key?: number;
} {
  const address = (value: unknown) =>
    typeof value === 'string' && value !== 'any' && value !== '0.0.0.0' ? value : undefined;
  const [local, remote] = [address(data.local), address(data.remote) ?? address(data.group)];
  const key = keyOf(data.ikey);
  return {
    kind: kind as TunnelKind,
    ...(local && { local }),
    ...(remote && { remote }),
    ...(typeof data.port === 'number' && { port: data.port }),
    ...(typeof data.id === 'number' && { vni: data.id }),
    ...(key !== undefined && { key }),
  };
}

/** The key of GRE, which ip(8) prints as an address: `0.0.0.77`. */
function keyOf(printed: unknown): number | undefined {
  if (typeof printed === 'number') return printed;
  const bytes = typeof printed === 'string' ? printed.split('.').map(Number) : [];
  return bytes.length === 4 ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : undefined;
}

export const tunnelsOf = (state: PlaceState | undefined, ...of: TunnelKind[]): LinkState[] =>
  state?.links.filter((link) => (of as string[]).includes(link.kind ?? '') && !isUnused(link)) ?? [];

/** Whether it is the device that the kernel has by itself for a kind of tunnel (`fb_tunnels_only_for_init_net`), and nobody uses it. */
const isUnused = (link: LinkState): boolean =>
  /^(gre|gretap|erspan|tunl)0$/.test(link.name) && !isUp(link) && !link.addresses.length;

export const isUp = ({ flags }: LinkState): boolean => flags.includes('UP');

/** The tunnel device that wrapped the packet: the last by which it left, at the place where it did. */
export function wrapper(facts: Pick<Facts, 'now' | 'site'>): { place: string; link: LinkState } | undefined {
  const sighting = facts.site.way.findLast(
    ({ place, device, direction }) => direction === 'out' && isTunnel(linkOf(facts, place, device)),
  );
  const link = sighting && linkOf(facts, sighting.place, sighting.device);
  return link ? { place: sighting.place, link } : undefined;
}

/** The interfaces with a MAC address, at the places whose state is known. */
export const holdersOf = ({ now }: Pick<Facts, 'now'>, mac: string): { place: string; link: LinkState }[] =>
  [...now].flatMap(([place, { links }]) =>
    links.flatMap((link) => (link.mac.toLowerCase() === mac.toLowerCase() ? [{ place, link }] : [])),
  );

/** Where a VXLAN device sends what goes to a MAC (bridge(8), fdb): the entry that says it, or the device itself. */
export function vtepFor(
  state: PlaceState,
  link: LinkState,
  mac: string,
): { address: string; entry?: string } | undefined {
  const entries = state.fdb.filter(({ device, words }) => device === link.name && words.dst);
  const found =
    entries.find((each) => each.mac.toLowerCase() === mac.toLowerCase()) ??
    entries.find((each) => each.mac === '00:00:00:00:00:00');
  if (found) return { address: found.words.dst!, entry: found.text };
  const { remote } = tunnelOf(link);
  return remote ? { address: remote } : undefined;
}
