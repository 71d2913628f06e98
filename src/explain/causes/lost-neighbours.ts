import type { Facts } from '../facts.ts';
import { problemsAt } from '../layer2/crossing.ts';
import type { Problem } from '../layer2/problem.ts';
import { wayTo } from '../layer2/way.ts';
import { ipDevice, linkOf, ownersOf } from '../place.ts';
import type { LinkState } from '../state/place-state.ts';
import { isUp } from '../tunnel.ts';
import { type Withdrawn, withdrawn } from '../withdrawn.ts';
import type { CauseKind, Told } from './kind.ts';

/** What keeps a routing daemon from the neighbour that its route led by. */
interface Between {
  route: Withdrawn;
  /** Where it is, and what that does, in words. */
  place: string;
  does: string;
  problem: Problem;
}

const cutOff = (facts: Facts): Between[] =>
  withdrawn(facts.changes, facts.site).flatMap((route): Between[] => {
    const { place, device, via } = route;
    const owner = ownersOf(facts, via).find((each) => each.place !== place);
    const own = linkOf(facts, place, device);
    if (!owner || !own) return [];
    const twice = ownersOf(facts, via).find((each) => each.place === place);
    if (twice) return [{ route, place, ...hasIt(twice, via, owner.place) }];
    const to = { place: owner.place, device: ipDevice(facts, owner.place, owner.link.name) };
    const keeps = `keeps ${place}:${device} from ${to.place}:${to.device}, by which a routing daemon led`;
    const down = [{ place, link: own }, owner].filter(({ link }) => !isUp(link));
    if (down.length)
      return down.map((end) => ({
        route,
        place: end.place,
        does: `${end.place} ${keeps}`,
        problem: isDown(end.link.name),
      }));
    const way = wayTo(facts, { place, device, direction: 'out' }, to);
    const frame = { src: own.mac, dst: owner.link.mac };
    for (const { crossing } of way?.crossings ?? []) {
      const problems = problemsAt(facts, crossing, frame);
      if (problems.length)
        return problems.map((problem) => ({
          ...{ route, place: crossing.place, problem },
          does: `${crossing.place}’s bridge ${crossing.bridge} ${keeps}`,
        }));
    }
    return [];
  });

/** The place of the route has the address of its neighbour, too, and leads nothing by itself. */
function hasIt(own: { place: string; link: LinkState }, via: string, other: string): Pick<Between, 'does' | 'problem'> {
  const { place, link } = own;
  const length = link.addresses.find(({ address }) => address === via)?.prefixLength;
  return {
    does: `${place} has ${via} itself, which is ${other}’s and by which a routing daemon led`,
    problem: {
      cause: 'address twice',
      what: `its ${link.name} has that address`,
      sure: true,
      show: [`ip -br address show dev ${link.name}`],
      fix: `ip address del ${via}/${length} dev ${link.name}`,
    },
  };
}

const isDown = (device: string): Problem => ({
  cause: 'interface down',
  what: `its ${device} is down`,
  sure: true,
  show: [`ip link show dev ${device}`],
  fix: `ip link set ${device} up`,
});

/** What follows where a daemon takes its routes back. */
const WITHOUT_ROUTES = ['no route', 'no IPv6 route', 'wrong route', 'unreachable route', 'routing loop'];

const lostNeighbour = (name: string, ...read: string[]): CauseKind => ({
  name,
  read,
  tell: (facts) =>
    cutOff(facts)
      .filter(({ problem }) => problem.cause === name)
      .map(
        ({ route, does, place, problem }): Told => ({
          sentence: `${does}: ${problem.what}; so it has taken its route back: ${route.change.sentence}`,
          confidence: 'likely',
          place,
          show: problem.show.map((command) => ({ place, command })),
          ...(problem.fix && { fix: { place, command: problem.fix } }),
          explains: WITHOUT_ROUTES,
        }),
      ),
});

/** Why a routing daemon has lost the neighbour by which its routes led, so that it has taken them back. */
export const lostNeighbours: CauseKind[] = [
  lostNeighbour('address twice', 'ip-address(8)', 'RFC 4271, section 9.1.2.1'),
  lostNeighbour('interface down', 'ip-link(8)'),
  lostNeighbour('bridge down', 'ip-link(8)'),
  lostNeighbour('port off the bridge', 'ip-link(8), master', 'bridge(8)'),
  lostNeighbour('bridge port down', 'ip-link(8)'),
  lostNeighbour('bridge port without carrier', 'ip-link(8)'),
  lostNeighbour('bridge port blocking', 'bridge(8), state', 'IEEE 802.1D'),
  lostNeighbour('isolated ports', 'bridge(8), isolated'),
  lostNeighbour('locked port', 'bridge(8), locked', 'IEEE 802.1X'),
  lostNeighbour('wrong forwarding entry', 'bridge(8), fdb'),
];
