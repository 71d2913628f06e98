import type { Breaker } from '../breakages.ts';
import type { Random } from '../random.ts';
import { crossings, type Ground, isOwn } from '../stages.ts';
import { at, routeLine, setting } from './at.ts';

/** A place that sends the packet to a neighbour, by whose address and MAC, and the place that has them. */
export interface Asked {
  place: string;
  device: string;
  address: string;
  mac: string;
  far: { place: string; device: string };
}

export function asked(ground: Ground): Asked[] {
  const all = crossings(ground);
  return all.flatMap(({ place, device, direction, headers }): Asked[] => {
    const state = ground.states.get(place);
    const mac = String(headers.find(({ protocol }) => protocol === 'ether')?.fields.dst);
    const entry = state?.neighbours.find(
      (each) =>
        each.device === device &&
        each.mac === mac &&
        !each.proxy &&
        each.state !== 'PERMANENT' &&
        !each.address.includes(':'),
    );
    const far = [...ground.states].flatMap(([name, { links }]) =>
      links.flatMap((link) => (link.mac === mac && name !== place ? [{ place: name, device: link.name }] : [])),
    );
    return direction === 'out' && entry && far.length === 1
      ? [{ place, device, address: entry.address, mac, far: far[0]! }]
      : [];
  });
}

/** One who answers for itself: no proxy. */
export const plain = (ground: Ground, random: Random) =>
  random.pick(asked(ground).filter(({ far, address }) => isOwn(ground.states.get(far.place), address)));

export const ofNeighbours: Record<string, Breaker> = {
  'wrong neighbour entry': (ground, random) => {
    const here = random.pick(asked(ground));
    if (!here) return undefined;
    const { place, device, address, mac } = here;
    return at(place, 'wrong neighbour entry', [
      [`ip neighbour replace ${address} lladdr 02:de:ad:00:00:01 dev ${device} nud permanent`],
      [`ip neighbour replace ${address} lladdr ${mac} dev ${device} nud reachable`],
    ]);
  },
  arp_ignore: (ground, random) => {
    const here = plain(ground, random);
    if (!here) return undefined;
    const { place, device } = here.far;
    return at(place, 'arp_ignore', [[setting(device, 'arp_ignore', 8)], [setting(device, 'arp_ignore', 0)]], {
      cold: true,
    });
  },
  'ARP off': (ground, random) => {
    const here = plain(ground, random);
    if (!here) return undefined;
    const { place, device } = here.far;
    return at(
      place,
      ['ARP off', 'ARP off at the sender'],
      [[`ip link set ${device} arp off`], [`ip link set ${device} arp on`]],
      { cold: true },
    );
  },
  'proxy ARP off': (ground, random) => {
    const here = random.pick(asked(ground).filter(({ far, address }) => !isOwn(ground.states.get(far.place), address)));
    if (!here) return undefined;
    const { place, device } = here.far;
    return at(place, 'proxy ARP off', [[setting(device, 'proxy_arp', 0)], [setting(device, 'proxy_arp', 1)]], {
      cold: true,
    });
  },
  'ARP filtered': (ground, random) => {
    const here = plain(ground, random);
    if (!here) return undefined;
    const { place, device } = here.far;
    return at(
      place,
      'ARP filtered',
      [
        [
          'nft add table arp guard',
          "nft 'add chain arp guard gate { type filter hook input priority 0 ; }'",
          `nft add rule arp guard gate iifname ${device} drop`,
        ],
        ['nft delete table arp guard'],
      ],
      { cold: true },
    );
  },
  'address that nobody has': (ground, random) => {
    const here = plain(ground, random);
    const state = here && ground.states.get(here.place);
    const via = state?.routes.find(
      ({ words, table, type }) => table === 'main' && type === 'unicast' && words.via === here?.address,
    );
    if (!here || !via) return undefined;
    const nobody = here.address.replace(/\d+$/, '234');
    const line = routeLine(via);
    return at(
      here.place,
      ['address that nobody has', 'wrong route'],
      [[`ip route replace ${line.replace(here.address, nobody)}`], [`ip route replace ${line}`]],
      { places: [here.place, here.far.place] },
    );
  },
  'address twice': (ground, random) => {
    const here = plain(ground, random);
    const others = here ? onSegment(ground, here) : [];
    const other = random.pick(others);
    if (!here || !other) return undefined;
    return {
      breaks: {
        [other.place]: `ip address add ${here.address}/32 dev ${other.device}`,
        [here.place]: `ip neighbour replace ${here.address} lladdr ${other.mac} dev ${here.device} nud reachable`,
      },
      mends: {
        [other.place]: `ip address del ${here.address}/32 dev ${other.device}`,
        [here.place]: `ip neighbour replace ${here.address} lladdr ${here.mac} dev ${here.device} nud reachable`,
      },
      causes: ['address twice'],
      places: [other.place, here.far.place, here.place],
    };
  },
  'equal MACs': (ground, random) => {
    const here = plain(ground, random);
    const other = here && random.pick(onSegment(ground, here));
    if (!here || !other) return undefined;
    const { place, device } = here.far;
    const breakage = at(
      place,
      'equal MACs',
      [[`ip link set ${device} address ${other.mac}`], [`ip link set ${device} address ${here.mac}`]],
      { places: [place, ...holdersIn(ground, other.mac), here.place], cold: true },
    );
    const forget = forgetting(ground, other.mac);
    const own = [breakage.mends[place], forget[place]].filter(Boolean).join('\n');
    return { ...breakage, mends: { ...breakage.mends, ...forget, [place]: own } };
  },
};

/** The places that have a MAC: with one that is given to another, too, it lies between all of them. */
const holdersIn = (ground: Ground, mac: string): string[] =>
  [...ground.states].flatMap(([place, { links }]) => (links.some((link) => link.mac === mac) ? [place] : []));

/** What has bridges forget where they learned a MAC: it is somewhere else again. */
const forgetting = (ground: Ground, mac: string): Record<string, string> =>
  Object.fromEntries(
    [...ground.states].flatMap(([place, { fdb }]) => {
      const bridges = fdb.flatMap((each) => (each.mac === mac && each.words.master ? [each.words.master] : []));
      return bridges.length
        ? [[place, bridges.map((bridge) => `bridge fdb flush dev ${bridge} dynamic`).join('\n')]]
        : [];
    }),
  );

/** Others that a place knows on the same segment, or itself. */
function onSegment(ground: Ground, { place, device, mac }: Asked): { place: string; device: string; mac: string }[] {
  const macs = (ground.states.get(place)?.neighbours ?? []).flatMap((each) =>
    each.device === device && each.mac && each.mac !== mac ? [each.mac] : [],
  );
  return [...ground.states].flatMap(([name, { links }]) =>
    links.flatMap((link) =>
      macs.includes(link.mac) && name !== place && holdersIn(ground, link.mac).length === 1
        ? [{ place: name, device: link.name, mac: link.mac }]
        : [],
    ),
  );
}
