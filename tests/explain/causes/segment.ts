import type { Facts } from '../../../src/explain/facts.ts';
import type { LinkState, PlaceState } from '../../../src/explain/state/place-state.ts';
import { arp, ether, icmp, ip } from '../../../src/index.ts';
import type { Sighting } from '../../../src/judge/observation.ts';
import type { Seen } from '../../../src/observe/watch.ts';
import { type Loss, link, sighting, state } from './loss.ts';

/** c1 and c2 at the ports v1 and v2 of h's bridge br; b is h's own address there. */
export const macs = {
  c1: '02:00:00:00:00:c1',
  c2: '02:00:00:00:00:c2',
  v1: '02:00:00:00:00:01',
  v2: '02:00:00:00:00:02',
  br: '02:00:00:00:00:0b',
};

const cables: Record<string, string> = { 'c1:eth0': 'h:v1', 'h:v1': 'c1:eth0', 'c2:eth0': 'h:v2', 'h:v2': 'c2:eth0' };

export const wires: Facts['wires'] = {
  before: (at, direction) => (direction === 'in' && cables[at] ? [{ at: cables[at], direction: 'out' }] : []),
  takes: () => false,
  ports: () => ['v1', 'v2'],
  isPort: (at) => at === 'h:v1' || at === 'h:v2',
};

const portOf = (name: 'v1' | 'v2', portData: object = {}, more: Partial<Omit<LinkState, 'addresses'>> = {}) =>
  link(name, {
    mac: macs[name],
    master: 'br',
    masterKind: 'bridge',
    portData: { state: 'forwarding', hairpin: false, isolated: false, flood: true, bcast_flood: true, ...portData },
    ...more,
  });

/** What may be another way than in a segment that is well. */
export interface Segment {
  v1?: object;
  v2?: object;
  v2Link?: Partial<Omit<LinkState, 'addresses'>>;
  bridge?: Parameters<typeof link>[1];
  h?: Parameters<typeof state>[0];
  c1?: Parameters<typeof state>[0];
  c2?: Parameters<typeof state>[0];
  c2Link?: Parameters<typeof link>[1];
  c1Link?: Parameters<typeof link>[1];
}

export const segment = (parts: Segment = {}): Record<string, PlaceState> => ({
  h: state({
    links: [
      link('br', { kind: 'bridge', mac: macs.br, addresses: ['10.9.0.1/24'], ...parts.bridge }),
      portOf('v1', parts.v1),
      portOf('v2', parts.v2, parts.v2Link),
    ],
    sysctls: { 'net.ipv4.conf.br.forwarding': '1' },
    ...parts.h,
  }),
  c1: state({
    links: [link('eth0', { mac: macs.c1, addresses: ['10.9.0.2/24'], ...parts.c1Link })],
    routes: '10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.2',
    ...parts.c1,
  }),
  c2: state({
    links: [link('eth0', { mac: macs.c2, addresses: ['10.9.0.3/24'], ...parts.c2Link })],
    routes: '10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.3',
    ...parts.c2,
  }),
});

type Direction = 'in' | 'out' | 'overheard';

function seen(at: string, direction: Direction, fields: object, dst: string): Seen {
  const [place, device] = at.split(':');
  const headers = [ether({ dst }), arp(fields)];
  return { at, place, device, direction, packet: () => ({ headers }) } as unknown as Seen;
}

/** c1's question for an address, seen at points as `h:v1 in`. */
export const asked = (tpa: string, ...points: string[]): Seen[] =>
  points.map((point) => {
    const [at = '', direction] = point.split(' ');
    const fields = { op: 'request' as const, sha: macs.c1, spa: '10.9.0.2', tha: '00:00:00:00:00:00', tpa };
    return seen(at, direction as Direction, fields, 'ff:ff:ff:ff:ff:ff');
  });

/** c2's answer to that. */
export const answered = (spa: string, ...points: string[]): Seen[] =>
  points.map((point) => {
    const [at = '', direction] = point.split(' ');
    const fields = { op: 'reply' as const, sha: macs.c2, spa, tha: macs.c1, tpa: '10.9.0.2' };
    return seen(at, direction as Direction, fields, macs.c1);
  });

const packet = [ip({ src: '10.9.0.2', dst: '10.9.0.3', ttl: 64 }), icmp({ type: 'echo request' })];

/** A ping from c1 to c2, in a frame, at one point. */
export const pingAt = (at: string, direction: 'in' | 'out', dst = macs.c2, src = macs.c1): Sighting =>
  sighting(at, direction, [ether({ src, dst }), ...packet]);

/** A ping that waits at c1 for the MAC of c2. */
export const waiting = (parts: Segment, frames: Seen[], more: Partial<Loss> = {}): Loss => ({
  way: [],
  now: segment(parts),
  wires,
  seen: frames,
  ...more,
  site: { place: 'c1', kind: 'nothing sent', headers: packet as unknown as Facts['site']['headers'], ...more.site },
});
