import { createHash } from 'node:crypto';
import { ether, icmp, ip } from '../../src/index.ts';
import type { Observation, Passage, Sighting, Wires } from '../../src/judge/observation.ts';
import type { Direction, Part } from '../../src/lab/part.ts';
import type { Hop } from '../../src/lab/words.ts';
import { wiresOf } from '../../src/observe/wires.ts';
import type { ExpectedHeader, Header } from '../../src/packet/index.ts';
import { plannedHops, whereOf } from '../../src/plan/hops.ts';
import type { Interface } from '../../src/runtime/runtime.ts';

export const A = '10.42.0.65';
export const B = '10.42.1.9';
export const ROUTER = '0a:00:00:00:00:02';

export const request = (ttl: number) => [ip({ src: A, dst: B, ttl }), icmp({ type: 'echo request' })];
export const reply = (ttl: number) => [ip({ src: B, dst: A, ttl }), icmp({ type: 'echo reply' })];

type More = Partial<Omit<Sighting, 'part'>> & {
  to?: string;
  part?: Part;
  /** Fields of the outermost IP header. */
  ip?: Record<string, string | number | boolean>;
  /** Headers around the packet, outermost first. */
  around?: ExpectedHeader[];
};
export type Step = [at: string, direction: Direction | 'overheard', ttl: number, more?: More];

/**
 * What the captures of a ping's journey hold: one sighting a step, each place counting its own, a microsecond apart. Frames of
 * equal headers have equal bytes.
 */
export function journey(steps: Step[]): Sighting[] {
  const orders = new Map<string, number>();
  return steps.map(([at, way, ttl, given = {}], i): Sighting => {
    const { to = ROUTER, part = 'request', ip: fields, around = [], ...more }: More = given;
    const [place = '', device = ''] = at.split(':');
    const order = orders.get(place) ?? 0;
    orders.set(place, order + 1);
    const own = part === 'reply' ? reply(ttl) : request(ttl);
    own[0] = { protocol: 'ip', fields: { ...own[0]!.fields, id: 1, protocol: 1, ...fields } };
    const headers = [ether({ src: '0a:00:00:00:00:01', dst: to }), ...around, ...own] as Header[];
    const bytes = createHash('sha1').update(JSON.stringify(headers)).digest();
    return {
      kind: 'sighting',
      part,
      place,
      device,
      at,
      direction: way === 'out' ? 'out' : 'in',
      otherHost: way === 'overheard',
      order,
      time: BigInt(i) * 1000n,
      headers,
      wire: bytes.toString('latin1'),
      bytes,
      ...more,
    };
  });
}

/** The steps of an answer. */
export const answer = (...steps: Step[]): Step[] =>
  steps.map(([at, way, ttl, more]) => [at, way, ttl, { ...more, part: 'reply' }]);

/** A packet's way through a base chain, as `r filter FORWARD`; its number is among those of its place. */
export function passage(at: string, order: number, ttl: number, more: Partial<Passage> = {}): Passage {
  const where = whereOf(at);
  if (where?.kind !== 'hook') throw new Error(`${at} is no hook`);
  const { place, table, chain, family = 'ip' } = where;
  const header = { src: A, dst: B, ttl, id: 1, protocol: 1, ...more.ip };
  return {
    kind: 'passage',
    part: 'request',
    place,
    family,
    table,
    chain,
    chains: [],
    ending: { verdict: 'accept' },
    order,
    ...more,
    ip: header,
  };
}

/** The hops of a walk as a plan has them. */
export const listed = (request: Hop[], reply?: Hop[], end?: Hop[]) =>
  plannedHops({ request, ...(reply && { reply }), ...(end && { end }) });

export const nic = (name: string, index: number, more: Partial<Interface> = {}): Interface => ({
  name,
  index,
  hardwareType: 1,
  address: `02:00:00:00:00:${index.toString(16).padStart(2, '0')}`,
  isOn: true,
  isUp: true,
  isRunning: true,
  hasCarrier: true,
  mtu: 1500,
  ...more,
});

/**
 * Wires as kernels and cables say: veth pairs by their ends, cables likewise, switches by name, and what of each place's other
 * devices is to be known.
 */
export function wired({
  veths = [],
  cables = [],
  switches = [],
  devices = {},
}: {
  veths?: [string, string][];
  cables?: [string, string][];
  switches?: string[];
  devices?: Record<string, Partial<Interface>>;
}): Wires {
  const interfaces = new Map<string, Interface[]>();
  const indices = new Map([...veths.flat(), ...Object.keys(devices)].map((at, i) => [at, i + 1]));
  const places = [...new Set([...indices.keys()].map((at) => at.split(':')[0]!))];
  const far = new Map(veths.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  for (const [at, index] of indices) {
    const [place = '', name = ''] = at.split(':');
    const peer = far.get(at);
    const link = peer && { index: indices.get(peer)!, netnsid: places.indexOf(peer.split(':')[0]!) };
    const own = nic(name, index, { ...(link && { kind: 'veth', link }), ...devices[at] });
    interfaces.set(place, [...(interfaces.get(place) ?? []), own]);
  }
  const end = (at: string) => ({ place: at.split(':')[0]!, interface: at.split(':')[1]! });
  return wiresOf(interfaces, (_, netnsid) => places[netnsid], {
    nodes: switches.map((name) => ({ name, kind: 'switch' })),
    links: cables.map(([a, b]) => ({ ends: [end(a), end(b)] })),
  });
}

export const points = (observations: readonly Observation[]) =>
  observations.map((each) =>
    each.kind === 'sighting' ? `${each.at} ${each.direction}` : `${each.place} ${each.table} ${each.chain}`,
  );
