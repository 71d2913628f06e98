import type { Breaker } from '../breakages.ts';
import { crossings, delivered, type Ground, isOwn, routed } from '../stages.ts';
import { at, routeLine } from './at.ts';
import { plain } from './neighbours.ts';

/** Rules of a place are asked before that for its own addresses, and those are first again. */
const beforeLocal = (rule: string): [string[], string[]] => [
  ['ip rule add pref 9 lookup local', 'ip rule del pref 0', `ip rule add pref 8 ${rule}`],
  ['ip rule add pref 0 lookup local', 'ip rule del pref 8', 'ip rule del pref 9'],
];

/** Places that forward a packet whose destination they have not seen as a source before. */
const unanswered = (ground: Ground) => {
  const all = routed(ground);
  return all.filter(
    ({ part, place, dst }) => part === 'request' || !all.some((each) => each.place === place && each.src === dst),
  );
};

export const ofOwnAddresses: Record<string, Breaker> = {
  'own address routed away': (ground, random) => {
    const here = random.pick(
      delivered(ground).filter(({ state, dst }) =>
        state.links.some(({ addresses }) => addresses.some(({ address }) => address === dst)),
      ),
    );
    return here && at(here.place, 'own address routed away', beforeLocal(`to ${here.dst} prohibit`));
  },
  'an own address routed away from who asks for it': (ground, random) => {
    const here = plain(ground, random);
    return (
      here && at(here.far.place, 'own address routed away', beforeLocal(`to ${here.address} blackhole`), { cold: true })
    );
  },
  'a source that is one’s own by a route': (ground, random) => {
    const here = random.pick(delivered(ground).filter(({ state, src }) => !isOwn(state, src)));
    return (
      here &&
      // Who has sent to that address before keeps what it sends.
      at(
        here.place,
        ['martian source', 'local route'],
        [
          [`ip rule add pref 9 to ${here.src} lookup 88`, 'ip route add local default dev lo table 88'],
          ['ip rule del pref 9', 'ip route flush table 88'],
        ],
      )
    );
  },
  'local route': (ground, random) => {
    const here = random.pick(unanswered(ground));
    const line = `local ${here?.dst} dev lo`;
    return here && at(here.place, 'local route', [[`ip route add ${line}`], [`ip route del ${line}`]]);
  },
  'prefix length differs': (ground, random) => {
    const here = random.pick(
      crossings(ground).flatMap(({ place, device, direction, link, ip }) => {
        const own = link?.addresses.find(({ address }) => address === ip.src);
        const route = ground.states
          .get(place)
          ?.routes.find(
            ({ words, table }) => table === 'main' && words.proto === 'kernel' && words.src === own?.address,
          );
        const known = ground.states.get(place)?.neighbours.some(({ address }) => address === ip.dst);
        const isCabled = ground.plan.links.some(({ ends }) =>
          ends.some((end) => end.address === `${own?.address}/${own?.prefixLength}`),
        );
        return direction === 'out' && own && route && known && isCabled ? [{ place, device, own }] : [];
      }),
    );
    const state = here && ground.states.get(here.place);
    if (!here || !state) return undefined;
    const { address, prefixLength } = here.own;
    const lost = state.routes.filter(({ table, words }) => table === 'main' && words.dev === here.device && words.via);
    return at(here.place, 'prefix length differs', [
      [
        `ip address add ${address}/32 dev ${here.device}`,
        `ip address del ${address}/${prefixLength} dev ${here.device}`,
      ],
      [
        `ip address add ${address}/${prefixLength} dev ${here.device}`,
        `ip address del ${address}/32 dev ${here.device}`,
        ...lost.map((each) => `ip route replace ${routeLine(each)}`),
      ],
    ]);
  },
};
