import { type Routed, routedPackets } from '../routed.ts';
import { settingWas } from '../since.ts';
import { type FoundRoute, prefixOf, type Vrf, vrfFor, vrfsOf } from '../state/fib.ts';
import type { RouteState } from '../state/place-state.ts';
import type { CauseKind, Told } from './kind.ts';

/** A way that the packet's own VRF lacks, and another one, or the main table, has. */
interface Way {
  /** Absent for the main table. */
  vrf: Vrf | undefined;
  route: RouteState;
}

/** The interface by which a packet came is in one VRF, or in none, and the way is in another. */
const otherVrf: CauseKind = {
  name: 'VRF differs',
  read: ['ip-vrf(8)', 'Documentation/networking/vrf.rst'],
  tell: (facts) =>
    routedPackets(facts).flatMap((routed): Told[] => {
      const { place, state, packet, found, ip } = routed;
      const device = packet.iif;
      const vrf = vrfFor(state.links, device);
      const [way] = hasWay(found, vrf) || !device ? [] : waysElsewhere(routed, vrf);
      if (!device || !way) return [];
      const own = vrf ? `in VRF ${vrf.name} (table ${vrf.table})` : 'in no VRF';
      const there = way.vrf ? `VRF ${way.vrf.name} has it (${way.route.text})` : `it is in no VRF (${way.route.text})`;
      const moved = [device, way.route.words.dev ?? device].find((each) => settingWas(facts, place, each, 'master'));
      const was = moved && settingWas(facts, place, moved, 'master');
      const wanted = was ?? way.vrf?.name ?? 'none';
      return [
        {
          sentence: `${place} looks for ${packet.dst} ${own}, since it came by ${device}, and the way is not there: ${there}${moved ? `; ${moved} was in ${was === 'none' ? 'no VRF' : was} when the lab was proven` : ''}`,
          confidence: moved ? 'certain' : 'likely',
          place,
          show: [
            { place, command: 'ip -br link show type vrf' },
            { place, command: `ip -d link show dev ${device} | grep -o 'master [^ ]*' || echo ${device} is in no VRF` },
            { place, command: `${ip} route show table ${way.vrf?.table ?? 'main'} match ${packet.dst}` },
          ],
          fix: {
            place,
            command: `ip link set dev ${moved ?? device} ${wanted === 'none' ? 'nomaster' : `master ${wanted}`}`,
          },
          entails: ['no route', `${found?.route.type} route`],
        },
      ];
    }),
};

/** What a VRF's table refuses by default, so that no other is asked, is no way (vrf.rst). */
const hasWay = (found: FoundRoute | undefined, vrf: Vrf | undefined) =>
  found !== undefined &&
  !(found.route.type !== 'unicast' && found.route.dst === 'default' && found.route.table === vrf?.table);

function waysElsewhere({ state, packet, ip }: Routed, own: Vrf | undefined): Way[] {
  const vrfs = vrfsOf(state.links);
  if (!vrfs.length) return [];
  return (ip === 'ip' ? state.routes : state.routes6).flatMap((route) => {
    const vrf = vrfs.find(({ table }) => table === route.table);
    const isElsewhere = vrf ? vrf.name !== own?.name : route.table === 'main' && own !== undefined;
    return isElsewhere && route.type === 'unicast' && prefixOf(route.dst).holds(packet.dst) ? [{ vrf, route }] : [];
  });
}

export const vrfs: CauseKind[] = [otherVrf];
