import { causeKinds } from '../../../src/explain/causes/index.ts';
import type { Facts } from '../../../src/explain/facts.ts';
import { ranked, type Unshown } from '../../../src/explain/rank.ts';
import { fdbIn } from '../../../src/explain/state/bridges.ts';
import { neighboursIn, routesIn, rulesIn } from '../../../src/explain/state/ip-lines.ts';
import { emptyState, type LinkState, type PlaceState } from '../../../src/explain/state/place-state.ts';
import { qdiscsIn } from '../../../src/explain/state/queues-and-sockets.ts';
import { ether, geneve, gre, icmp, ip, udp, vxlan } from '../../../src/index.ts';
import type { Sighting } from '../../../src/judge/observation.ts';
import type { PointResult } from '../../../src/judge/result.ts';
import type { ExpectedHeader, Header } from '../../../src/packet/index.ts';

/** One sighting: `m1:flan`, which way, and its headers, outermost first. */
export function sighting(at: string, direction: 'in' | 'out', headers: ExpectedHeader[], order = 0): Sighting {
  const [place = '', device = ''] = at.split(':');
  return {
    kind: 'sighting',
    part: 'request',
    place,
    device,
    at,
    direction,
    otherHost: false,
    order,
    time: 0n,
    wire: '',
    bytes: Buffer.alloc(0),
    headers: headers as Header[],
  };
}

const MACS = { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' };

/** An echo request from a pod to another, with what is stated of its IP header. */
export const ping = (fields: object = {}): ExpectedHeader[] => [
  ip({ src: '10.77.1.5', dst: '10.77.2.5', ttl: 63, protocol: 1, length: 84, ...fields }),
  icmp({ type: 'echo request' }),
];

const outer = ip({ src: '192.168.56.11', dst: '192.168.56.12', ttl: 64, length: 134 });
const frame = ether({ src: '0a:00:00:00:00:11', dst: '0a:00:00:00:00:12' });

export const overVxlan = (vni = 1, port = 8472, macs = MACS): ExpectedHeader[] => [
  frame,
  outer,
  udp({ dst: port }),
  vxlan({ vni }),
  ether(macs),
  ...ping(),
];
export const overGeneve = (vni = 1): ExpectedHeader[] => [
  frame,
  outer,
  udp({ dst: 6081 }),
  geneve({ vni }),
  ether(MACS),
  ...ping(),
];
export const overGre = (key?: number): ExpectedHeader[] => [
  frame,
  outer,
  gre(key === undefined ? {} : { key }),
  ...ping(),
];
export const overIp = (): ExpectedHeader[] => [frame, outer, ...ping()];
export const inTunnel = (macs = MACS): ExpectedHeader[] => [ether(macs), ...ping()];

/** An interface that is up, with what else is stated of it; its addresses as `10.0.0.1/24`. */
export function link(
  name: string,
  { addresses = [], ...rest }: Partial<Omit<LinkState, 'addresses'>> & { addresses?: string[] } = {},
): LinkState {
  return {
    index: 1,
    name,
    flags: ['UP', 'LOWER_UP'],
    mtu: 1500,
    operstate: 'UP',
    mac: '',
    data: {},
    portData: {},
    ...rest,
    addresses: addresses.map((each) => {
      const [address = '', length = '32'] = each.split('/');
      return { address, prefixLength: Number(length), scope: 'global' };
    }),
  };
}

/** A place's state, of the lines that ip(8), bridge(8) and tc(8) print. */
export const state = ({
  links = [],
  routes = '',
  neighbours = '',
  fdb = '',
  qdiscs = '',
  ...rest
}: Partial<Omit<PlaceState, 'routes' | 'neighbours' | 'fdb' | 'qdiscs'>> &
  Partial<Record<'routes' | 'neighbours' | 'fdb' | 'qdiscs', string>>): PlaceState => ({
  ...emptyState(),
  links,
  routes: routesIn(routes),
  rules: rulesIn('0: from all lookup local\n32766: from all lookup main\n'),
  rules6: rulesIn('0: from all lookup local\n32766: from all lookup main\n'),
  neighbours: neighboursIn(neighbours),
  fdb: fdbIn(fdb),
  qdiscs: qdiscsIn(qdiscs),
  ...rest,
});

export interface Loss extends Partial<Omit<Facts, 'now' | 'site'>> {
  way: Sighting[];
  now?: Record<string, PlaceState>;
  site?: Partial<Facts['site']>;
}

const noDifferences: { differences: PointResult['differences'] } = { differences: [] };

/** The facts of a loss: its sightings, the last of which is where it was lost, and what the places are like. */
export function factsOf({ way, now = {}, site = {}, ...rest }: Loss): Facts {
  const last = way.at(-1);
  return {
    plan: { nodes: [], pods: [], links: [] },
    site: {
      kind: last ? 'at a place' : 'nothing sent',
      part: 'request',
      place: last?.place ?? 'p1',
      way,
      headers: last?.headers ?? [],
      ...(last && { last }),
      ...site,
      ...(site.changed && { changed: { ...site.changed, hop: { ...noDifferences, ...site.changed.hop } } }),
    },
    sent: { from: 'p1', command: 'ping -c 1 10.77.2.5', code: 1, stdout: '', stderr: '' },
    wayThere: way,
    askedFor: '10.77.2.5',
    seen: [],
    wires: { before: () => [], takes: () => false, ports: () => [], isPort: () => false },
    now: new Map(Object.entries(now)),
    changes: [],
    isProven: false,
    daemons: Object.entries(now).flatMap(([place, { daemons }]) => daemons.map((each) => ({ place, ...each }))),
    moved: [],
    passages: [],
    kernelDrops: [],
    lookups: [],
    connections: new Map(),
    virtualServers: new Map(),
    isSentAgain: true,
    passedAgain: false,
    ...rest,
  };
}

/** What the whole table of causes tells of a loss, the likeliest first. */
export const causes = (loss: Loss): Unshown[] => ranked(factsOf(loss), causeKinds);
