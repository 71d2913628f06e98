import { routeFor } from '../../../src/explain/state/fib.ts';
import type { Breaker } from '../breakages.ts';
import { crossings, isOwn, linkAt } from '../stages.ts';
import { at, routeLine, setting } from './at.ts';
import { asked, plain } from './neighbours.ts';

const ELSEWHERE = '198.51.100.77';

/** What keeps those apart who ask by ARP and answer, and what is said of the sender by its own settings. */
export const ofAsking: Record<string, Breaker> = {
  'no ARP requests': (ground, random) => {
    const here = plain(ground, random);
    if (!here) return undefined;
    const key = `net.ipv4.neigh.${here.device.replaceAll('.', '/')}.mcast_solicit`;
    const set = (value: number) => [`sysctl -qw ${key}=${value}`];
    return at(here.place, 'no ARP requests', [set(0), set(3)], { cold: true });
  },
  arp_filter: (ground, random) => {
    const here = plain(ground, random);
    const asker = here && linkAt(ground.states, here.place, here.device);
    const address = asker?.addresses.find((each) => each.scope === 'global' && !each.address.includes(':'))?.address;
    const state = here && ground.states.get(here.far.place);
    const other = random.pick(
      state?.links.filter(({ name, flags }) => name !== here?.far.device && name !== 'lo' && flags.includes('UP')) ??
        [],
    );
    const isHost = state?.routes.some(({ dst, table }) => table === 'main' && dst === address);
    const isSentTo =
      state?.routes.some(({ words }) => words.via === address) ||
      crossings(ground).some(
        (each) => each.place === here?.far.place && each.direction === 'out' && each.ip.dst === address,
      );
    if (!here || !address || !other || isHost || isSentTo) return undefined;
    const { place, device } = here.far;
    const route = `${address}/32 dev ${other.name}`;
    return at(
      place,
      'arp_filter',
      [
        [`ip route add ${route}`, setting(device, 'arp_filter', 1)],
        [setting(device, 'arp_filter', 0), `ip route del ${route}`],
      ],
      { cold: true },
    );
  },
  'proxy ARP without a route': (ground, random) => {
    const here = random.pick(asked(ground).filter(({ far, address }) => !isOwn(ground.states.get(far.place), address)));
    const state = here && ground.states.get(here.far.place);
    const route = state && routeFor(state, { dst: here.address })?.route;
    const rest =
      state && routeFor({ ...state, routes: state.routes.filter((each) => each !== route) }, { dst: here.address });
    if (!here || !route || rest || route.type !== 'unicast') return undefined;
    const line = routeLine(route);
    return at(here.far.place, 'proxy ARP without a route', [[`ip route del ${line}`], [`ip route add ${line}`]], {
      cold: true,
    });
  },
  'wrong source': (ground) => {
    const [first] = crossings(ground);
    const state = first && ground.states.get(first.place);
    const route = state && routeFor(state, { dst: String(first.ip.dst) })?.route;
    const isPlain = route?.type === 'unicast' && route.table === 'main' && !route.nexthops.length;
    if (!first || !route || !isPlain) return undefined;
    const line = routeLine(route);
    return at(first.place, 'wrong source', [
      [`ip address add ${ELSEWHERE}/32 dev lo`, `ip route replace ${line.replace(/ src \S+/, '')} src ${ELSEWHERE}`],
      [`ip route replace ${line}`, `ip address del ${ELSEWHERE}/32 dev lo`],
    ]);
  },
};
