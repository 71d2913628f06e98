import { routeFor } from '../../../src/explain/state/fib.ts';
import type { LinkState, PlaceState } from '../../../src/explain/state/place-state.ts';
import type { Breakage, Breaker } from '../breakages.ts';
import type { Random } from '../random.ts';
import { crossings, type Ground } from '../stages.ts';
import { at, routeLine } from './at.ts';

interface Tunnel {
  place: string;
  state: PlaceState;
  device: string;
  link: LinkState;
  /** The destination MAC of the inner frame. */
  mac: string;
}

function tunnel(ground: Ground, random: Random, direction: 'in' | 'out', kind: RegExp): Tunnel | undefined {
  return random.pick(
    crossings(ground).flatMap((each): Tunnel[] => {
      const { place, device, link, headers } = each;
      const state = ground.states.get(place);
      if (each.direction !== direction || !link?.kind || !kind.test(link.kind) || !state) return [];
      return [
        { place, state, device, link, mac: String(headers.find(({ protocol }) => protocol === 'ether')?.fields.dst) },
      ];
    }),
  );
}

/** The entry of a tunnel's forwarding table that says behind which peer a MAC is. */
function entryOf(ground: Ground, random: Random) {
  const here = tunnel(ground, random, 'out', /^vxlan$/);
  const entry = here?.state.fdb.find(
    ({ device, mac, words }) => device === here.device && mac === here.mac && words.dst,
  );
  return here && entry ? { ...here, peer: entry.words.dst! } : undefined;
}

export const ofTunnels: Record<string, Breaker> = {
  'VTEP MAC differs': (ground, random) => {
    const here = tunnel(ground, random, 'in', /^vxlan$/);
    if (!here) return undefined;
    const { place, state, device, link } = here;
    const known = state.neighbours.filter((each) => each.device === device && each.state === 'PERMANENT' && each.mac);
    // A device that gets another MAC forgets its neighbours (neigh_changeaddr): what leaves by it finds none.
    const leaves = crossings(ground).some(
      (each) => each.place === place && each.device === device && each.direction === 'out',
    );
    return at(
      place,
      ['VTEP MAC differs', ...(leaves ? ['VTEP unknown'] : [])],
      [
        [`ip link set ${device} address 02:de:ad:00:00:03`],
        [
          `ip link set ${device} address ${link.mac}`,
          ...known.map(
            ({ address, mac }) => `ip neighbour replace ${address} lladdr ${mac} dev ${device} nud permanent`,
          ),
        ],
      ],
      { places: [...ground.states.keys()] },
    );
  },
  'VTEP unknown': (ground, random) => {
    const here = entryOf(ground, random);
    if (!here) return undefined;
    const { place, device, mac, peer } = here;
    return at(place, 'VTEP unknown', [
      [`bridge fdb del ${mac} dev ${device} dst ${peer} self`],
      [`bridge fdb add ${mac} dev ${device} dst ${peer} self permanent`],
    ]);
  },
  'wrong VTEP': (ground, random) => {
    const here = entryOf(ground, random);
    if (!here) return undefined;
    const { place, device, mac, peer, state } = here;
    const others = state.fdb.flatMap(({ words }) => (words.dst && words.dst !== peer ? [words.dst] : []));
    const other = random.pick(others) ?? '198.51.100.9';
    return at(
      place,
      ['wrong VTEP', 'no route for the tunnel'],
      [
        [
          `bridge fdb del ${mac} dev ${device} dst ${peer} self`,
          `bridge fdb add ${mac} dev ${device} dst ${other} self permanent`,
        ],
        [
          `bridge fdb del ${mac} dev ${device} dst ${other} self`,
          `bridge fdb add ${mac} dev ${device} dst ${peer} self permanent`,
        ],
      ],
    );
  },
  'tunnel to itself': (ground, random) => {
    const here = entryOf(ground, random);
    const local = here?.link.data.local;
    if (!here || typeof local !== 'string') return undefined;
    const { place, device, mac, peer } = here;
    const entry = (verb: string, to: string) => `bridge fdb ${verb} ${mac} dev ${device} dst ${to} self permanent`;
    return at(
      place,
      ['tunnel to itself', 'wrong VTEP'],
      [
        [entry('del', peer).replace(' permanent', ''), entry('add', local)],
        [entry('del', local).replace(' permanent', ''), entry('add', peer)],
      ],
    );
  },
  'tunnel device missing': (ground, random) => {
    const here = tunnel(ground, random, 'in', /^vxlan$/);
    const again = here && recreated(ground, here, 'tunnel device missing', {});
    const causes = ['tunnel device missing', 'interface missing'];
    return again && { ...again, causes, breaks: { [here.place]: `ip link del ${here.device}` } };
  },
  'tunnel remote differs': (ground, random) => {
    const here = tunnel(ground, random, 'out', /^ipip$/);
    const remote = here?.link.data.remote;
    if (!here || typeof remote !== 'string' || remote === 'any') return undefined;
    return at(
      here.place,
      ['tunnel remote differs', 'no route for the tunnel'],
      [[`ip tunnel change ${here.device} remote 198.51.100.9`], [`ip tunnel change ${here.device} remote ${remote}`]],
    );
  },
  'tunnel id differs': (ground, random) => {
    const here = tunnel(ground, random, random.below(2) ? 'in' : 'out', /^vxlan$/);
    return here && recreated(ground, here, 'tunnel id differs', { id: Number(here.link.data.id) + 1 });
  },
  'tunnel port differs': (ground, random) => {
    const here = tunnel(ground, random, random.below(2) ? 'in' : 'out', /^vxlan$/);
    return here && recreated(ground, here, 'tunnel port differs', { port: Number(here.link.data.port) + 1 });
  },
  'tunnel device down': (ground, random) => {
    const here = tunnel(ground, random, random.below(2) ? 'in' : 'out', /^(vxlan|ipip)$/);
    return (
      here &&
      at(
        here.place,
        ['tunnel device down', 'interface down'],
        [[`ip link set ${here.device} down`], [`ip link set ${here.device} up`, ...belongings(here)]],
      )
    );
  },
  'no route for the tunnel': (ground, random) => {
    const all = crossings(ground);
    const wraps = all.flatMap((now, i) => {
      const before = all[i - 1];
      const state = ground.states.get(now.place);
      const isWrapped =
        before?.place === now.place && now.direction === 'out' && before.headers.length < now.headers.length;
      const route = state && routeFor(state, { dst: String(now.ip.dst) })?.route;
      const rest =
        state &&
        routeFor({ ...state, routes: state.routes.filter((each) => each !== route) }, { dst: String(now.ip.dst) });
      return isWrapped && route && !rest ? [{ place: now.place, route }] : [];
    });
    const here = random.pick(wraps);
    return (
      here &&
      at(here.place, 'no route for the tunnel', [
        [`ip route del ${routeLine(here.route)}`],
        [`ip route add ${routeLine(here.route)}`],
      ])
    );
  },
};

/** What hangs on a tunnel's device and goes with it, as it is typed again: routes on link first. */
function belongings({ state, device }: Tunnel): string[] {
  const routes = state.routes.filter(({ words, table }) => table === 'main' && words.dev === device);
  const known = state.neighbours.filter((each) => each.device === device && each.state === 'PERMANENT' && each.mac);
  return [
    ...routes
      .sort((a, b) => Number('via' in a.words) - Number('via' in b.words))
      .map((each) => `ip route replace ${routeLine(each)}`),
    ...known.map(({ address, mac }) => `ip neighbour replace ${address} lladdr ${mac} dev ${device} nud permanent`),
  ];
}

/** A tunnel's device made again with something else about it, and back. */
function recreated(
  ground: Ground,
  here: Tunnel,
  cause: string,
  other: { id?: number; port?: number },
): Breakage | undefined {
  const { place, state, device, link } = here;
  const { id, port, local, link: by } = { ...link.data, link: link.data.link ?? link.link } as Record<string, unknown>;
  if (typeof id !== 'number' || typeof port !== 'number' || typeof local !== 'string') return undefined;
  const entries = state.fdb.filter((each) => each.device === device && each.words.dst);
  const made = (own: { id?: number; port?: number }) => [
    `ip link del ${device} 2>/dev/null || true`,
    `ip link add ${device} type vxlan id ${own.id ?? id} local ${local} dstport ${own.port ?? port}${by ? ` dev ${by}` : ''} nolearning`,
    `ip link set ${device} address ${link.mac} mtu ${link.mtu} up`,
    ...link.addresses
      .filter(({ scope }) => scope !== 'link')
      .map(({ address, prefixLength }) => `ip address add ${address}/${prefixLength} dev ${device}`),
    ...belongings(here),
    ...entries.map(({ mac, words }) => `bridge fdb append ${mac} dev ${device} dst ${words.dst} self permanent`),
  ];
  return at(place, cause, [made(other), made({})], { places: [...ground.states.keys()] });
}
