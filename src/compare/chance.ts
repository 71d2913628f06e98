import type { HopResult, WalkResult } from '../judge/result.ts';
import type { Document } from '../record/document.ts';

/** A header as a document tells it: the texts of its fields, by their names. */
export interface Told {
  protocol: string;
  fields: Record<string, string>;
}

/** The points at which a run's own hops show each MAC address to be. */
export type MacPoints = Map<string, Set<string>>;

// What the sender's kernel draws by lot, or hashes from what it drew: RFC 6864 (ip id), RFC 6056 (ports), RFC 7348 (the
// source port of VXLAN), RFC 9293 (sequence numbers).
const drawn: Record<string, string[]> = {
  ip: ['id'],
  icmp: ['id', 'sequence'],
  udp: ['src', 'dst'],
  tcp: ['src', 'dst', 'seq', 'ack'],
  gre: ['sequence'],
  dns: ['id'],
};

/** What is answered to may be any port from 1024 on (nf_nat draws of all of them, `--random-fully`); below, somebody listens. */
const isListener = (name: string, text: string) => name === 'dst' && Number(text) < 1024;

// A MAC address of one interface, not of a group: the lowest bit of its first byte is 0.
const OWN_MAC = /^'[0-9a-f][02468ace](:[0-9a-f]{2}){5}'$/;

const parsed = (header: string): Told => ({
  protocol: header.slice(0, header.indexOf('(')),
  fields: Object.fromEntries(
    [...header.matchAll(/(\w+): ('(?:\\.|[^'])*'|[^,}]+)/g)].map(([, name, value]) => [name, value!.trim()]),
  ),
});

/** Which interface has which MAC address, from the hops where the lab names the interface and the packet bore the address. */
export function macPoints({ walks, drills }: Pick<Document, 'walks' | 'drills'>): MacPoints {
  const found: MacPoints = new Map();
  const hops = [...walks, ...drills.flatMap(({ broken }) => broken ?? [])].flatMap((walk) => walk.hops);
  for (const { expected, seen } of hops.filter(({ verdict }) => verdict === 'passed'))
    for (const [i, header] of expected.entries()) {
      const [stated, told] = [parsed(header), parsed(seen[i] ?? '')];
      for (const [name, text] of Object.entries(stated.fields)) {
        const mac = told.fields[name];
        if (stated.protocol === told.protocol && text.startsWith('mac(') && mac)
          found.set(mac, (found.get(mac) ?? new Set()).add(text));
      }
    }
  return found;
}

/** What was seen of one packet, with all that chance chose replaced by what is the same in every run. */
export function withoutChance(
  { hops, unexpected }: Pick<WalkResult, 'hops' | 'unexpected'>,
  macs: MacPoints,
): { hops: Told[][]; unexpected: Told[][] } {
  const met: string[] = [];
  const ordinal = (text: string) => {
    if (!met.includes(text)) met.push(text);
    return met.indexOf(text) + 1;
  };
  const same = (protocol: string, name: string, text: string, stated: string | undefined): string => {
    if (text === stated) return text;
    if (OWN_MAC.test(text)) {
      const points = [...(macs.get(text) ?? [])].sort();
      return stated && points.includes(stated) ? stated : (points[0] ?? `MAC ${ordinal(text)}`);
    }
    const byLot = drawn[protocol]?.includes(name) && !stated && !isListener(name, text);
    return byLot ? `number ${ordinal(`${protocol} ${text}`)}` : text;
  };
  const told = ({ seen, expected }: Pick<HopResult, 'seen' | 'expected'>): Told[] => {
    const left = expected.map(parsed);
    return seen.map(parsed).map(({ protocol, fields }) => {
      const at = left.findIndex((each) => each.protocol === protocol);
      const stated = at < 0 ? undefined : left.splice(0, at + 1).at(-1)!.fields;
      const entries = Object.entries(fields).map(([name, text]) => [name, same(protocol, name, text, stated?.[name])]);
      return { protocol, fields: Object.fromEntries(entries) };
    });
  };
  return {
    hops: hops.map(told),
    unexpected: unexpected.map(({ seen }) => told({ seen, expected: [] })),
  };
}
