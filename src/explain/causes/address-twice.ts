import type { Sighting } from '../../judge/observation.ts';
import { isIp, isIp4 } from '../../packet/index.ts';
import { addressed } from '../addressed.ts';
import type { Facts } from '../facts.ts';
import { arpFrames } from '../layer2/arp.ts';
import { holdersOf, lastEther } from '../layer2/bridged.ts';
import { ipDevice, ownersOf } from '../place.ts';
import { gatewaysOf, routeFor } from '../state/fib.ts';
import type { LinkState } from '../state/place-state.ts';
import type { CauseKind, Told } from './kind.ts';

/** Where the walk ends, as it lists the packet. */
const meantFor = ({ walk, site }: Facts): string | undefined => {
  const hop = walk?.hops.findLast((each) => each.kind === 'point' && each.part === site.part);
  return hop?.place;
};

/** Whether the walk lists a place on the way, or an interface of it: what has an address that is elsewhere, too, is then right to have the packet. */
const isListed = ({ walk, site }: Facts, place: string, device?: string): boolean =>
  walk?.hops.some(
    (hop) =>
      hop.part === site.part &&
      hop.place === place &&
      (device === undefined || (hop.kind === 'point' && hop.device === device)),
  ) ?? false;

/** One address at two places: who is asked first, or answers last, gets the packet. */
export const addressTwice: CauseKind = {
  name: 'address twice',
  read: ['RFC 5227'],
  tell(facts) {
    const ip = facts.site.headers.find(isIp)?.fields;
    const address = String(addressed(facts)?.entry?.address ?? ip?.dst);
    const owners = ownersOf(facts, address);
    const places = [...new Set(owners.map(({ place }) => place))];
    if (places.length < 2 || !ip) return [];
    const { last, place } = facts.site;
    const to = holdersOf(facts, String(lastEther(facts)?.dst)).find((each) => places.includes(each.place))?.place;
    const got = places.includes(place) && last?.direction === 'in' ? place : to;
    const meant = meantFor(facts);
    if (
      !got ||
      got === meant ||
      owners.some((each) => each.place === got && isListed(facts, got, ipDevice(facts, got, each.link.name)))
    )
      return [];
    const points = owners.map((each) => `${each.place}:${each.link.name}`);
    const answers = new Set(
      arpFrames(facts).flatMap((each) => (each.op === 'reply' && each.spa === address ? [each.sha] : [])),
    );
    const extra = facts.changes.find(
      ({ what, after, place: at }) => what === 'address' && at === got && after?.includes(address),
    );
    const link = owners.find((each) => each.place === got)!.link;
    const own = link.addresses.find((each) => each.address === address);
    return [
      {
        sentence: `${points.join(' and ')} have one address, ${address}, and the packet went to ${got}${meant ? ` and not to ${meant}` : ''}`,
        confidence: meant && places.includes(meant) ? 'certain' : 'likely',
        place: got,
        supports: [
          ...(answers.size > 1 ? [`${answers.size} MACs answered who was asked by ARP for ${address}`] : []),
          ...(extra ? [extra.sentence] : []),
        ],
        show: owners.map((each) => ({ place: each.place, command: `ip -br address show dev ${each.link.name}` })),
        ...(own && { fix: { place: got, command: `ip address del ${address}/${own.prefixLength} dev ${link.name}` } }),
        entails: ['VTEP MAC differs', 'wrong route', 'no route', 'no IPv6 route'],
      },
    ];
  },
};

/** The place to which the walk lists that the packet goes from an interface. */
function listedAfter({ walk, site }: Facts, place: string, device: string): string | undefined {
  const points = walk?.hops.filter((hop) => hop.kind === 'point' && hop.part === site.part) ?? [];
  const at = points.findLastIndex((hop) => hop.kind === 'point' && hop.place === place && hop.device === device);
  return at < 0 ? undefined : points.slice(at).find((hop) => hop.place !== place)?.place;
}

/** Who has an address on lo takes what comes for it, and is not meant to say so by ARP: ip-sysctl, arp_ignore. */
const silencing = ({ name, flags }: LinkState, { address, prefixLength }: LinkState['addresses'][number]) =>
  flags.includes('LOOPBACK')
    ? 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2'
    : `ip address del ${address}/${prefixLength} dev ${name}`;

/**
 * The addresses by which a place may have sent a frame: those that its neighbour table has at that MAC, and the next hops of its route,
 * since the table may have learned another one meanwhile.
 */
function nextHops({ now }: Facts, { place, device, headers }: Sighting): string[] {
  const state = now.get(place);
  const out = ipDevice({ now }, place, device);
  const dst = String(headers.find(isIp4)?.fields.dst);
  const gateways = gatewaysOf(state && routeFor(state, { dst })?.route, out);
  const known = state?.neighbours.filter(({ mac, device }) => mac === headers[0]?.fields.dst && device === out) ?? [];
  return [...known.map(({ address }) => address), ...(gateways.length ? gateways : [dst])];
}

/** On its way it went to another who has a next hop's address, too, and that one handed it on. */
export const nextHopTwice: CauseKind = {
  name: 'address twice',
  read: addressTwice.read,
  tell(facts) {
    const { site, walk } = facts;
    if (!walk || addressTwice.tell(facts).length) return [];
    return site.way.flatMap(({ place, device, direction, headers }, i): Told[] => {
      const next = site.way.slice(i + 1).find((each) => each.place !== place)?.place;
      const due = listedAfter(facts, place, device);
      if (direction !== 'out' || headers[0]?.protocol !== 'ether' || next === due) return [];
      const [twice] = nextHops(facts, site.way[i]!).flatMap((address) => {
        const owners = ownersOf(facts, address);
        const [got, meant] = [next, due].map((whose) => owners.find((each) => each.place === whose));
        return got && meant ? [{ address, got, meant }] : [];
      });
      if (!twice) return [];
      const { address, got, meant } = twice;
      const own = got.link.addresses.find((each) => each.address === address);
      return [
        {
          sentence: `${got.place}:${got.link.name} and ${meant.place}:${meant.link.name} have one address, ${address}, by which ${place} sends it, and the packet went to ${got.place} and not to ${meant.place}`,
          confidence: 'certain',
          place: got.place,
          show: [
            { place, command: `ip neigh show ${address}` },
            ...[got, meant].map((each) => ({
              place: each.place,
              command: `ip -br address show dev ${each.link.name}`,
            })),
          ],
          ...(own && { fix: { place: got.place, command: silencing(got.link, own) } }),
        },
      ];
    });
  },
};
