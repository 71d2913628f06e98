import type { HopResult, WalkResult } from '../judge/result.ts';
import { type ExpectedHeader, type Header, type MacOf, paired, shown, type Value } from '../packet/index.ts';
import type { Document } from '../record/document.ts';

/** What chance chose, by the order in which it appears among all of its kind. */
export interface ByChance {
  byChance: 'MAC' | 'number';
  ordinal: number;
}

/** A header with what is the same of it in every run; a MAC address by the interface that has it, where that is known. */
export interface Told {
  protocol: string;
  fields: Record<string, Value | MacOf | ByChance>;
}

/** The points at which a run's own hops show each MAC address to be. */
export type MacPoints = Map<string, Set<string>>;

// What the sender's kernel draws by lot, or hashes from what it drew: RFC 6864 (ip id), RFC 6056 (ports), RFC 7348 (the
// source port of VXLAN), RFC 9293 (sequence numbers).
const drawn: Record<string, string[]> = {
  ip: ['id'],
  icmp: ['id', 'sequence'],
  udp: ['src', 'dst'],
  tcp: ['src', 'dst', 'seq', 'ack', 'timestamp'],
  gre: ['sequence'],
  dns: ['id'],
  mdns: ['id'],
  dhcp: ['xid'],
  ip6: ['id', 'flowLabel'],
  icmp6: ['id', 'sequence'],
  sctp: ['src', 'dst', 'tag', 'initiateTag', 'tsn'],
  esp: ['sequence'],
  l2tp: ['ns', 'nr'],
  wireguard: ['sender', 'receiver', 'counter'],
};

/** What is answered to may be any port from 1024 on (nf_nat draws of all of them, `--random-fully`); below, somebody listens. */
const isListener = (name: string, value: Value) => name === 'dst' && Number(value) < 1024;

// A MAC address of one interface, not of a group: the lowest bit of its first byte is 0.
const OWN_MAC = /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/;

/** Whether a value is the MAC address of one interface. */
export const isOwnMac = (value: Value | undefined): value is string => typeof value === 'string' && OWN_MAC.test(value);

/** Whether chance chose a field's value; what a lab states of it, it does not leave to chance. */
export const isByLot = (protocol: string, name: string, value: Value, stated: Value | MacOf | undefined): boolean =>
  (drawn[protocol]?.includes(name) ?? false) && stated === undefined && !isListener(name, value);

/** Which interface has which MAC address, from the hops where the lab names the interface and the packet bore the address. */
export function macPoints({ walks, drills }: Pick<Document, 'walks' | 'drills'>): MacPoints {
  const found: MacPoints = new Map();
  const hops = [...walks, ...drills.flatMap(({ broken }) => broken ?? [])].flatMap((walk) => walk.hops);
  for (const hop of hops) {
    if (hop.kind !== 'point' || hop.fate !== 'passed' || !hop.seen) continue;
    for (const { seen, stated } of paired(hop.seen, hop.expected))
      for (const [name, value] of Object.entries(stated?.fields ?? {})) {
        const mac = seen.fields[name];
        if (typeof value === 'object' && typeof mac === 'string')
          found.set(mac, (found.get(mac) ?? new Set()).add(value.macOf));
      }
  }
  return found;
}

/**
 * The headers that were seen of one packet, with the fields that are worth attention and those that are stated, and all that
 * chance chose replaced by what is the same in every run; none at a hook, or where nothing was seen.
 */
export function withoutChance(
  { hops, strays }: Pick<WalkResult, 'hops' | 'strays'>,
  macs: MacPoints,
): { hops: Told[][]; strays: Told[][] } {
  const met: string[] = [];
  const ordinal = (text: string) => {
    if (!met.includes(text)) met.push(text);
    return met.indexOf(text) + 1;
  };
  const same = (protocol: string, name: string, value: Value, stated: Value | MacOf | undefined) => {
    if (value === stated) return value;
    if (isOwnMac(value)) return macTold(value, stated);
    return isByLot(protocol, name, value, stated)
      ? { byChance: 'number' as const, ordinal: ordinal(`${protocol} ${value}`) }
      : value;
  };
  const macTold = (mac: string, stated: Value | MacOf | undefined): MacOf | ByChance => {
    const points = [...(macs.get(mac) ?? [])].sort();
    if (typeof stated === 'object' && points.includes(stated.macOf)) return stated;
    return points[0] === undefined ? { byChance: 'MAC', ordinal: ordinal(mac) } : { macOf: points[0] };
  };
  const told = (seen: readonly Header[], expected: readonly ExpectedHeader[]): Told[] => {
    const pairs = paired(seen, expected);
    return shown(seen, expected).map(({ protocol, fields }, i) => {
      const stated = pairs[i]?.stated?.fields;
      const entries = Object.entries(fields).map(([name, value]) => [
        name,
        same(protocol, name, value, stated?.[name]),
      ]);
      return { protocol, fields: Object.fromEntries(entries) };
    });
  };
  return {
    hops: hops.map((hop: HopResult) => (hop.kind === 'point' && hop.seen ? told(hop.seen, hop.expected) : [])),
    strays: strays.map((stray) => (stray.kind === 'point' ? told(stray.seen, []) : [])),
  };
}

/** A field's value as a text that is the same in every run: `10.42.1.9`, `the MAC of a:eth0`, `number 2`. */
export function valueText(value: Told['fields'][string]): string {
  if (typeof value !== 'object') return String(value);
  return 'macOf' in value ? `the MAC of ${value.macOf}` : `${value.byChance} ${value.ordinal}`;
}

/** A header in which what chance chose is a text, to be described. */
export const describable = ({ protocol, fields }: Told): ExpectedHeader => ({
  protocol,
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'object' && 'byChance' in value ? valueText(value) : value,
    ]),
  ),
});
