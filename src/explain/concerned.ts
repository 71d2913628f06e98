import { addressesOf } from '../lab/read.ts';
import type { Live, Sent } from '../observe/sent.ts';
import { isIp } from '../packet/index.ts';
import type { Loss } from './explain.ts';
import { discoveryFrames } from './layer2/neighbor-discovery.ts';
import type { Owners } from './owners.ts';
import { placesOf, type Site } from './site.ts';
import type { PlaceState } from './state/place-state.ts';
import { farEnd } from './wire-end.ts';

/** A loss lies at one place or between two; more are asked where it went another way, or where others have the address. */
const MOST = 10;

/**
 * The places that may be to blame, the likeliest first: where it was last seen, where it was changed, the other end of its wire, where
 * it was due next, where it was seen besides, where an answer began, who owns an address that it was sent to or that was asked for by ARP or Neighbor Discovery, who saw that request, who has the MAC that
 * it was sent to, and by where it came.
 */
export function concerned(
  { plan, runtime, watch }: Live,
  site: Site,
  { sent, walk }: Pick<Loss, 'sent' | 'walk'>,
  owned: Owners,
): string[] {
  const arp = arpOf(sent);
  const asked = arp.filter(
    ({ place, direction, op }) => place === site.place && direction === 'out' && op === 'request',
  );
  const addresses = [...asked.map(({ tpa }) => tpa), ...destinations(site), ...arp.map(({ tpa }) => tpa)];
  const owners = [...new Set(addresses)].flatMap((address) => [
    ...(owned.get(address) ?? []),
    ...watch.places.filter((place) => addressesOf(plan.links, place).includes(address)),
  ]);
  const reached = arp.filter(({ tpa, place }) => place !== site.place && asked.some((each) => each.tpa === tpa));
  const beside = asked.flatMap(({ at }) => watch.peerOf(at)?.split(':')[0] ?? []);
  const macs = site.headers.flatMap(({ protocol, fields }) => (protocol === 'ether' ? [fields.dst, fields.src] : []));
  const holders = watch.places.filter((place) => watch.interfacesOf(place).some((each) => macs.includes(each.address)));
  const turned = site.changed ? site.way.indexOf(site.changed.now) : -1;
  const toTurn = site.way.slice(Math.max(0, turned - 3), turned + 1).map(({ place }) => place);
  const onWay = site.way.slice(-4).map(({ place }) => place);
  const nodes = plan.pods.flatMap(({ name, node }) =>
    [site.place, site.next?.place, ...owners].includes(name) ? [node] : [],
  );
  const likely = [
    ...placesOf(site),
    walk?.strays[0]?.place,
    ...toTurn,
    ...beside,
    ...owners,
    ...reached.map(({ place }) => place),
    ...holders,
    ...onWay,
    ...nodes,
  ];
  return [...new Set(likely.flatMap((place) => (place && runtime.has(place) ? [place] : [])))].slice(0, MOST);
}

/** The places at the other ends of cables by which some places have no carrier. */
export const endsWithoutCarrier = (
  { plan, watch }: Pick<Live, 'plan' | 'watch'>,
  places: readonly string[],
  states: ReadonlyMap<string, PlaceState>,
): string[] =>
  places.flatMap((place) =>
    (states.get(place)?.links ?? []).flatMap(({ name, flags }) =>
      flags.includes('NO-CARRIER')
        ? (farEnd({ plan, wires: watch.wires() }, { place, device: name })?.place ?? [])
        : [],
    ),
  );

const destinations = ({ headers }: Site): string[] =>
  headers.flatMap((header) => (isIp(header) ? [String(header.fields.dst)] : []));

const arpOf = ({ seen }: Sent) => [
  ...seen.flatMap(({ at, place, direction, packet }) => {
    const arp = packet().headers.find(({ protocol }) => protocol === 'arp')?.fields;
    return arp ? [{ at, place, direction, op: String(arp.op), tpa: String(arp.tpa) }] : [];
  }),
  ...discoveryFrames({ seen }),
];
