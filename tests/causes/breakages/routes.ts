import { devicesOf, routeFor } from '../../../src/explain/state/fib.ts';
import type { PlaceState, RouteState } from '../../../src/explain/state/place-state.ts';
import type { Breaker } from '../breakages.ts';
import type { Random } from '../random.ts';
import { type Ground, type Routed, routed } from '../stages.ts';
import { at, routeLine } from './at.ts';

interface Way extends Routed {
  route: RouteState;
}

/** A place on the way that routes the packet by its main table. */
function way(ground: Ground, random: Random, suits: (way: Way) => boolean = () => true): Way | undefined {
  const ways = routed(ground, 'all').flatMap((each): Way[] => {
    const route = routeFor(each.state, { dst: each.dst })?.route;
    return route?.type === 'unicast' && route.table === 'main' ? [{ ...each, route }] : [];
  });
  return random.pick(ways.filter(suits));
}

const without = ({ state, route, dst }: Way) =>
  routeFor({ ...state, routes: state.routes.filter((each) => each !== route) }, { dst })?.route;

const host = (route: RouteState, dst: string) => route.dst === dst || route.dst === `${dst}/32`;

/** Puts a route of its own for one address before the one that holds, and takes it away. */
function instead({ route, dst }: Way, line: string): [string[], string[]] {
  const own = `ip route replace ${line}`;
  return host(route, dst)
    ? [
        [`ip route del ${routeLine(route)}`, own],
        [`ip route del ${line}`, `ip route add ${routeLine(route)}`],
      ]
    : [[own], [`ip route del ${line}`]];
}

const refusing =
  (type: string): Breaker =>
  (ground, random) => {
    const here = way(ground, random);
    return here && at(here.place, `${type} route`, instead(here, `${type} ${here.dst}/32`));
  };

const others = ({ links }: PlaceState, taken: readonly string[]) =>
  links.filter(
    ({ name, flags, addresses }) =>
      name !== 'lo' &&
      flags.includes('UP') &&
      !taken.includes(name) &&
      addresses.some(({ scope }) => scope === 'global'),
  );

export const ofRoutes: Record<string, Breaker> = {
  'no route': (ground, random) => {
    const here = way(ground, random, (each) => without(each) === undefined);
    return (
      here &&
      at(here.place, 'no route', [[`ip route del ${routeLine(here.route)}`], [`ip route add ${routeLine(here.route)}`]])
    );
  },
  'a less specific route': (ground, random) => {
    const here = way(ground, random, (each) => {
      const rest = without(each);
      return rest !== undefined && (rest.type !== 'unicast' || !devicesOf(rest).includes(each.oif));
    });
    const rest = here && without(here);
    if (!here || !rest) return undefined;
    const cause = rest.type === 'unicast' ? ['wrong route', 'no route', 'routing loop'] : [`${rest.type} route`];
    return at(here.place, cause, [
      [`ip route del ${routeLine(here.route)}`],
      [`ip route add ${routeLine(here.route)}`],
    ]);
  },
  'blackhole route': refusing('blackhole'),
  'unreachable route': refusing('unreachable'),
  'prohibit route': refusing('prohibit'),
  'a rule to a table that refuses': (ground, random) => {
    const here = way(ground, random);
    const type = random.pick(['blackhole', 'unreachable', 'prohibit']);
    return (
      here &&
      at(here.place, `${type} route`, [
        [`ip route add ${type} default table 77`, `ip rule add to ${here.dst} lookup 77 priority 77`],
        ['ip rule del priority 77', 'ip route flush table 77'],
      ])
    );
  },
  'wrong route': (ground, random) => {
    const here = way(ground, random, ({ state, oif }) => others(state, [oif]).length > 0);
    if (!here) return undefined;
    const gateways = here.state.routes.filter(
      ({ words, type, table }) => type === 'unicast' && table === 'main' && words.via && words.dev !== here.oif,
    );
    const gateway = random.pick(gateways)?.words;
    const device = random.pick(others(here.state, [here.oif]))!.name;
    const line = gateway
      ? `${here.dst}/32 via ${gateway.via} dev ${gateway.dev} onlink`
      : `${here.dst}/32 dev ${device}`;
    // A route into a tunnel whose own end is the destination wraps the packet for that end, and routes it into the tunnel again.
    const by = here.state.links.find(({ name }) => name === gateway?.dev)?.kind;
    const again = by === 'vxlan' || by === 'ipip' ? ['no route for the tunnel'] : [];
    const causes = ['wrong route', gateway ? 'routing loop' : 'neighbour on another segment', ...again];
    return at(here.place, causes, instead(here, line));
  },
  'policy rule missing': (ground, random) => {
    const here = way(ground, random, (each) => without(each) === undefined && !each.route.nexthops.length);
    if (!here) return undefined;
    const line = routeLine(here.route);
    return at(
      here.place,
      ['policy rule missing', 'no route'],
      [
        [`ip route add ${line} table 88`, `ip route del ${line}`],
        [`ip route add ${line}`, 'ip route flush table 88'],
      ],
    );
  },
  'mark missing': (ground, random) => {
    const here = way(ground, random, (each) => without(each) === undefined && !each.route.nexthops.length);
    if (!here) return undefined;
    const line = routeLine(here.route);
    return at(
      here.place,
      ['mark missing', 'no route'],
      [
        [`ip route add ${line} table 88`, 'ip rule add fwmark 0x77 lookup 88 priority 88', `ip route del ${line}`],
        [`ip route add ${line}`, 'ip rule del priority 88', 'ip route flush table 88'],
      ],
    );
  },
};
