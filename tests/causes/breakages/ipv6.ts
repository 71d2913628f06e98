import { devicesOf, routeFor } from '../../../src/explain/state/fib.ts';
import type { PlaceState, RouteState } from '../../../src/explain/state/place-state.ts';
import type { Breaker } from '../breakages.ts';
import type { Random } from '../random.ts';
import { crossings, delivered, type Ground, isOwn, type Routed, routed } from '../stages.ts';
import { at, routeLine } from './at.ts';

interface Way extends Routed {
  route: RouteState;
}

/** A place on the way that routes the packet by its main table. */
function way(ground: Ground, random: Random, suits: (way: Way) => boolean = () => true): Way | undefined {
  const ways = routed(ground, 'all', 6).flatMap((each): Way[] => {
    const route = routeFor(each.state, { dst: each.dst })?.route;
    return route?.type === 'unicast' && route.table === 'main' ? [{ ...each, route }] : [];
  });
  return random.pick(ways.filter(suits));
}

const without = (state: PlaceState, route: RouteState, dst: string) =>
  routeFor({ ...state, routes6: state.routes6.filter((each) => each !== route) }, { dst })?.route;

/** A route of its own for one address, before all that the place has for it. */
const own = (line: string): [string[], string[]] => [
  [`ip -6 route add ${line} metric 1`],
  [`ip -6 route del ${line} metric 1`],
];

const refusing =
  (type: string): Breaker =>
  (ground, random) => {
    const here = way(ground, random);
    return here && at(here.place, `${type} route`, own(`${type} ${here.dst}/128`));
  };

const table = (place: string, cause: string, hook: string, rule: string) =>
  at(place, cause, [
    [
      `nft 'add table ip6 guard; add chain ip6 guard gate { type filter hook ${hook} priority 10 ; } ; add rule ip6 guard gate ${rule}'`,
    ],
    ['nft delete table ip6 guard'],
  ]);

/** Who sends to a neighbour that answers for itself, by which address and MAC. */
function asked(ground: Ground) {
  return crossings(ground, 6).flatMap(({ place, device, direction, headers }) => {
    const mac = String(headers.find(({ protocol }) => protocol === 'ether')?.fields.dst);
    const entry = ground.states
      .get(place)
      ?.neighbours6.find((each) => each.device === device && each.mac === mac && each.state !== 'PERMANENT');
    const far = [...ground.states].flatMap(([name, { links }]) =>
      links.flatMap((link) => (link.mac === mac && name !== place ? [{ place: name, device: link.name }] : [])),
    );
    const isPlain = entry && far.length === 1 && isOwn(ground.states.get(far[0]!.place), entry.address);
    return direction === 'out' && isPlain ? [{ place, device, address: entry.address, mac, far: far[0]! }] : [];
  });
}

export const ofIpv6: Record<string, Breaker> = {
  'no IPv6 route': (ground, random) => {
    const here = way(ground, random, ({ state, route, dst }) => without(state, route, dst) === undefined);
    const line = here && routeLine(here.route);
    return here && at(here.place, 'no IPv6 route', [[`ip -6 route del ${line}`], [`ip -6 route add ${line}`]]);
  },
  'blackhole route of IPv6': refusing('blackhole'),
  'unreachable route of IPv6': refusing('unreachable'),
  'prohibit route of IPv6': refusing('prohibit'),
  'wrong route of IPv6': (ground, random) => {
    const here = way(ground, random);
    const other = random.pick(
      here?.state.links.filter(
        ({ name, flags, addresses }) =>
          !['lo', here.oif, here.iif, ...devicesOf(here.route)].includes(name) &&
          flags.includes('UP') &&
          addresses.some(({ address }) => address.includes(':')),
      ) ?? [],
    );
    return here && other && at(here.place, 'wrong route', own(`${here.dst}/128 dev ${other.name}`));
  },
  'IPv6 forwarding off': (ground, random) => {
    const here = random.pick(routed(ground, 'forwarded', 6));
    const setting = 'sysctl -qw net.ipv6.conf.all.forwarding';
    return here && at(here.place, 'IPv6 forwarding off', [[`${setting}=0`], [`${setting}=1`]]);
  },
  'hop limit spent': (ground, random) => {
    const here = random.pick(routed(ground, 'forwarded', 6));
    return (
      here &&
      table(
        here.place,
        'hop limit spent',
        'prerouting',
        `ip6 saddr ${here.src} ip6 daddr ${here.dst} ip6 hoplimit set 1`,
      )
    );
  },
  'firewall rule of IPv6': (ground, random) => {
    const here = random.pick([
      ...routed(ground, 'all', 6).map(({ place, src, dst, iif }) => ({
        place,
        src,
        dst,
        hook: iif ? 'forward' : 'output',
      })),
      ...delivered(ground, 6).map(({ place, src, dst }) => ({ place, src, dst, hook: 'input' })),
    ]);
    return here && table(here.place, 'firewall rule', here.hook, `ip6 saddr ${here.src} ip6 daddr ${here.dst} drop`);
  },
  'wrong neighbour entry of IPv6': (ground, random) => {
    const here = random.pick(asked(ground));
    if (!here) return undefined;
    const entry = `ip neighbour replace ${here.address} dev ${here.device} lladdr`;
    return at(here.place, 'wrong neighbour entry', [
      [`${entry} 02:de:ad:00:00:06 nud permanent`],
      [`${entry} ${here.mac} nud reachable`],
    ]);
  },
  'Neighbor Discovery filtered': (ground, random) => {
    const here = random.pick(asked(ground));
    if (!here) return undefined;
    const { place, device } = here.far;
    const [hook, rule] = random.pick([
      ['input', `iifname ${device} icmpv6 type nd-neighbor-solicit drop`],
      ['output', `oifname ${device} icmpv6 type nd-neighbor-advert drop`],
    ])!;
    return { ...table(place, 'Neighbor Discovery filtered', hook!, rule!), cold: true };
  },
  'IPv6 address missing': (ground, random) => {
    const here = random.pick(delivered(ground, 6).filter(({ state, src }) => !isOwn(state, src)));
    const link = here?.state.links.find(({ addresses }) => addresses.some(({ address }) => address === here.dst));
    const address = link?.addresses.find((each) => each.address === here?.dst);
    if (!here || !link || !address) return undefined;
    const line = `${address.address}/${address.prefixLength} dev ${link.name}`;
    const routes = here.state.routes6.filter(
      (each) => each.table === 'main' && devicesOf(each).includes(link.name) && !/^f[ef]/.test(each.dst),
    );
    return at(
      here.place,
      ['address missing', 'IPv6 neighbour unanswered'],
      [
        [`ip -6 address del ${line}`],
        [`ip -6 address add ${line} nodad`, ...routes.map((each) => `ip -6 route replace ${routeLine(each)}`)],
      ],
      { places: [...ground.states.keys()] },
    );
  },
};
