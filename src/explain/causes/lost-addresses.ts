import type { Facts } from '../facts.ts';
import { isOwn, packetThere } from '../packet-there.ts';
import { linkOf } from '../place.ts';
import type { Difference } from '../state/compare.ts';
import { isAddress6, prefixOf } from '../state/fib.ts';
import type { CauseKind, Told } from './kind.ts';

/** An address that the lab gives a place, or that it had when the lab was proven, and that no interface of it has. */
export interface Lost {
  place: string;
  device: string;
  address: string;
  prefix: string;
}

export const lostAddresses = (facts: Facts): Lost[] => {
  const given = givenAddresses(facts);
  const isGiven = ({ place, address }: Lost) => given.some((each) => each.place === place && each.address === address);
  return [...given, ...goneAddresses(facts).filter((each) => !isGiven(each))];
};

const goneAddresses = ({ changes }: Facts): Lost[] =>
  changes.flatMap(({ what, change, place, before = '' }) => {
    const [, prefix, address = '', device = ''] = /^((\S+)\/\d+).* dev (\S+)$/.exec(before) ?? [];
    return what === 'address' && change === 'gone' && prefix ? [{ place, device, address, prefix }] : [];
  });

const givenAddresses = ({ plan, now }: Facts): Lost[] =>
  plan.links.flatMap(({ ends }) =>
    ends.flatMap(({ place, interface: device, address: prefix }) => {
      const address = prefix?.split('/')[0];
      const links = now.get(place)?.links ?? [];
      const has = links.some(({ addresses }) => addresses.some((each) => each.address === address));
      const hasDevice = links.some(({ name }) => name === device);
      return prefix && address && hasDevice && !has ? [{ place, device, address, prefix }] : [];
    }),
  );

/** Whether the place where it was lost has no way for it at all. */
export const hasNoWay = ({ lookups, site }: Facts): boolean =>
  lookups.some(({ place, output }) => place === site.place && /Network is unreachable/.test(output));

/** The walk lists that it is delivered where it came to, and that place has no such address: whichever interface had it. */
export const addressOfEnd: CauseKind = {
  name: 'address missing',
  read: ['ip-address(8)'],
  tell(facts) {
    const { site, walk } = facts;
    const packet = packetThere(facts);
    const end = walk?.hops.findLast((hop) => hop.kind === 'point' && hop.part === site.part);
    if (!packet || packet.dstBefore || site.kind !== 'at a place' || site.last?.direction !== 'in') return [];
    const { place } = site;
    if (end?.place !== place || !facts.now.get(place)?.links.length || isOwn(facts, place, packet.dst)) return [];
    if (lostAddresses(facts).some((lost) => lost.place === place && lost.address === packet.dst)) return [];
    return [
      {
        sentence: `${place} has no address ${packet.dst}, to which the packet goes, and where the walk lists that it ends`,
        confidence: 'certain',
        place,
        show: [{ place, command: 'ip -br -4 address' }],
        entails: ['no route', 'wrong route', 'forwarding off'],
      },
    ];
  },
};

/** The walk lists it from an address that its sender has not: whichever interface had it. */
export const addressOfSender: CauseKind = {
  name: 'address missing',
  read: ['ip-address(8)'],
  tell(facts) {
    const { site, walk } = facts;
    const first = walk?.hops.find((hop) => hop.kind === 'point');
    const src = first?.kind === 'point' && first.expected.find(({ protocol }) => protocol === 'ip')?.fields.src;
    const { place } = site;
    if (site.kind !== 'nothing sent' || typeof src !== 'string' || first?.place !== place) return [];
    if (!facts.now.get(place)?.links.length || isOwn(facts, place, src)) return [];
    if (lostAddresses(facts).some((lost) => lost.place === place && lost.address === src)) return [];
    return [
      {
        sentence: `${place} has no address ${src}, from which the walk lists the packet`,
        confidence: 'certain',
        place,
        show: [{ place, command: 'ip -br -4 address' }],
        entails: ['no route', 'wrong route'],
      },
    ];
  },
};

/** The route to an address, and the neighbour that it led by, which went with the last address of an interface (fib_disable_ip, net/ipv4/fib_frontend.c). */
function goneWith(
  facts: Facts,
  { place, device }: Lost,
  dst: string,
): { route: Difference; again: string[] } | undefined {
  const left = linkOf(facts, place, device)?.addresses.some(({ address }) => !isAddress6(address));
  const isGone = ({ change, place: at, device: by }: Difference) => change === 'gone' && at === place && by === device;
  const gone = left === false ? facts.changes.filter(isGone) : [];
  const route = gone.find(({ what, subject }) => what === 'route' && prefixOf(subject).holds(dst));
  const via = / via (\S+)/.exec(route?.before ?? '')?.[1];
  const neighbours = gone.flatMap(({ what, subject, before = '' }) => {
    const lladdr = / lladdr (\S+)/.exec(before)?.[1];
    return what === 'neighbour' && subject === via && lladdr
      ? [`ip neigh replace ${via} lladdr ${lladdr} dev ${device} nud permanent`]
      : [];
  });
  return route && { route, again: [`ip route replace ${route.before}`, ...neighbours] };
}

/** The interface that the packet was to leave by has lost its last address, and the way with it: it takes another one. */
export const addressOfWay: CauseKind = {
  name: 'address missing',
  read: ['ip-address(8)'],
  tell(facts) {
    const { site } = facts;
    const packet = packetThere(facts);
    const turned = site.turn?.place ?? site.place;
    // Of a place that has no way at all the address itself is told.
    if (!packet || (turned === site.place && hasNoWay(facts))) return [];
    return lostAddresses(facts).flatMap((lost): Told[] => {
      const { place, device, prefix } = lost;
      const dst = isOwn(facts, place, packet.dst) ? packet.src : packet.dst;
      const gone = place === turned ? goneWith(facts, lost, dst) : undefined;
      if (!gone) return [];
      return [
        {
          sentence: `${place}’s ${device} has no address any more, as it had ${prefix}, and its routes went with that: ${gone.route.sentence}`,
          confidence: 'certain',
          place,
          show: [{ place, command: 'ip -br -4 address' }],
          fix: { place, command: [`ip address add ${prefix} dev ${device}`, ...gone.again].join(' && ') },
          entails: ['no route', 'wrong route', 'no route for the tunnel'],
        },
      ];
    });
  },
};
