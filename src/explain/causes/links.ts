import type { Facts } from '../facts.ts';
import { packetThere } from '../packet-there.ts';
import { linkOf } from '../place.ts';
import { renamedAs } from '../renamed.ts';
import { saying } from '../signs.ts';
import { changeOf, settingWas } from '../since.ts';
import { prefixOf } from '../state/fib.ts';
import type { LinkState } from '../state/place-state.ts';
import { isTunnel, isUp, wrappingOf } from '../tunnel.ts';
import { farEnd } from '../wire-end.ts';
import { bringingUp, partsText } from './bonds.ts';
import type { CauseKind, Told } from './kind.ts';
import { addressOfEnd, addressOfSender, addressOfWay, hasNoWay, lostAddresses } from './lost-addresses.ts';

interface Point {
  place: string;
  device: string;
}

/** Where the packet was to go next, by what the walk lists, the routes of its last place and the cable that leads on. */
function waysOn({ site, lookups }: Facts): Point[] {
  const { place, next, peer, last } = site;
  const device = lookups.find((each) => each.place === place)?.device;
  const all = [
    ...(next?.device ? [{ place: next.place, device: next.device }] : []),
    ...(peer ? [peer] : []),
    ...(device && device !== 'lo' && last?.direction !== 'out' ? [{ place, device }] : []),
  ];
  return all.filter(
    (each, i) => all.findIndex((other) => other.place === each.place && other.device === each.device) === i,
  );
}

/** Interfaces that the lab's cables have at a place, when nothing says which of them was to be taken. */
const cabled = ({ plan }: Facts, place: string): Point[] =>
  plan.links.flatMap(({ ends }) =>
    ends.flatMap((end) => (end.place === place ? [{ place, device: end.interface }] : [])),
  );

/** The points that may be to blame: the ways on, or any cable of a place that has no way. */
export function suspects(facts: Facts): Point[] {
  const on = waysOn(facts);
  const others = [...(hasNoWay(facts) ? cabled(facts, facts.site.place) : []), ...endsAskedFor(facts)];
  const known = on.map(({ place, device }) => `${place}:${device}`);
  return [...on, ...others.filter(({ place, device }) => !known.includes(`${place}:${device}`))];
}

/** The interfaces to which the lab gives an address that was asked for by ARP, or by which the packet was to go on. */
function endsAskedFor(facts: Facts): Point[] {
  const addresses = askedFor(facts);
  return facts.plan.links.flatMap(({ ends }) =>
    ends.flatMap(({ place, interface: device, address }) =>
      addresses.has(address?.split('/')[0] ?? '') ? [{ place, device }] : [],
    ),
  );
}

/** The addresses that the packet needs on its way on: asked for by ARP, or the next hop of the route; without one, whom it is for. */
function askedFor(facts: Facts): Set<string> {
  const { seen, lookups, site } = facts;
  const way = lookups.find(({ place, device }) => place === site.place && device !== undefined);
  const via = way?.via ?? (way && way.device !== 'lo' ? packetThere(facts)?.dst : undefined);
  const asked = seen.flatMap((frame) => (frame.place === site.place ? arpTarget(frame.packet().headers) : []));
  return new Set([...asked, ...(via ? [via] : [])]);
}

const isAskedFor = (facts: Facts, point: Point) =>
  endsAskedFor(facts).some(({ place, device }) => place === point.place && device === point.device);

const isListed = ({ site }: Facts, { place, device }: Point) =>
  site.next?.place === place && site.next.device === device;

/** What follows where an interface or its address is gone: its routes go with it. */
const WITHOUT_ROUTES = ['no route', 'wrong route', 'no route for the tunnel', 'tunnel source address missing'];

const state = (link: LinkState) => `state ${link.operstate}`;

const interfaceDown: CauseKind = {
  name: 'interface down',
  read: ['ip-link(8)'],
  tell(facts) {
    const far = suspects(facts).flatMap((point) => {
      const link = linkOf(facts, point.place, point.device);
      const end = link && isUp(link) && !link.flags.includes('LOWER_UP') ? farEnd(facts, point) : undefined;
      return end ? [{ point: end, of: point }] : [];
    });
    const near: { point: Point; of?: Point }[] = suspects(facts).map((point) => ({ point }));
    const known = far.map(({ point }) => `${point.place}:${point.device}`);
    const apart = near.filter(({ point }) => !known.includes(`${point.place}:${point.device}`));
    return [...far, ...apart].flatMap(({ point, of }): Told[] => {
      const { place, device } = point;
      const link = linkOf(facts, place, device);
      if (!link || isUp(link) || (isTunnel(link) && wrappingOf(facts.site.headers))) return [];
      const was = settingWas(facts, place, device, 'state');
      const sure = isListed(facts, point) || isAskedFor(facts, point) || of || was;
      return [
        {
          sentence: `${place}’s ${device} is down (${state(link)})${of ? `, and so ${of.place}’s ${of.device}, at the other end of its cable, has no carrier` : hasNoWay(facts) && place === facts.site.place ? ', and its routes went with it' : ''}`,
          confidence: sure ? 'certain' : 'likely',
          place,
          supports: saying(
            [was, `it was ${was} when the lab was proven`],
            [isListed(facts, point), `the walk lists ${place}:${device} next`],
          ),
          show: [
            { place, command: `ip link show dev ${device}` },
            ...(of ? [{ place: of.place, command: `ip link show dev ${of.device}` }] : []),
          ],
          fix: { place, command: `ip link set ${device} up` },
          ...(sure && { entails: WITHOUT_ROUTES }),
        },
      ];
    });
  },
};

const noCarrier: CauseKind = {
  name: 'carrier down',
  read: ['ip-link(8)', 'RFC 2863, ifOperStatus'],
  tell(facts) {
    return suspects(facts).flatMap((point): Told[] => {
      const { place, device } = point;
      const link = linkOf(facts, place, device);
      if (!link || !isUp(link) || link.flags.includes('LOWER_UP')) return [];
      const end = farEnd(facts, point);
      const far = end && linkOf(facts, end.place, end.device);
      // Then the other end is to blame.
      if (far && !isUp(far)) return [];
      const gone =
        end && facts.now.has(end.place) && !far ? `: ${end.place}, at the other end, has no ${end.device}` : '';
      return [
        {
          sentence: `${place}’s ${device} has no carrier (NO-CARRIER, ${state(link)})${gone}${partsText(facts, place, link)}`,
          confidence: 'certain',
          place,
          show: [{ place, command: `ip link show dev ${device}` }],
          ...bringingUp(facts, place, link),
        },
      ];
    });
  },
};

const interfaceMissing: CauseKind = {
  name: 'interface missing',
  read: ['ip-link(8)'],
  tell(facts) {
    return suspects(facts).flatMap((point): Told[] => {
      const { place, device } = point;
      const known = facts.now.get(place);
      if (!known?.links.length || linkOf(facts, place, device)) return [];
      const gone = changeOf(facts, place, 'link', ({ subject, change }) => subject === device && change === 'gone');
      const sure = isListed(facts, point) || gone;
      const renamed = renamedAs(facts, place, device);
      const as = renamed ? `: ${renamed.name} has its address, ${renamed.address}` : '';
      return [
        {
          sentence: `${place} has no interface ${device}${gone ? ', which it had when the lab was proven' : cabled(facts, place).some((each) => each.device === device) ? ', to which the lab has a cable' : ', where the packet was to go next'}${as}`,
          confidence: sure ? 'certain' : 'likely',
          place,
          supports: saying([gone, `${gone?.sentence}`]),
          show: [{ place, command: renamed ? 'ip -br address' : 'ip -br link' }],
          ...(renamed && { fix: { place, command: renamed.command } }),
          ...(sure && { entails: WITHOUT_ROUTES }),
        },
      ];
    });
  },
};

/** Whether routes by the interface that lost its address went with it. */
const tookRoutes = ({ changes }: Facts, { place, device }: Point): boolean =>
  changes.some(
    (each) => each.place === place && each.what === 'route' && each.change === 'gone' && each.device === device,
  );

const addressMissing: CauseKind = {
  name: 'address missing',
  read: ['ip-address(8)'],
  tell(facts) {
    const { site, lookups } = facts;
    const packet = packetThere(facts);
    if (!packet) return [];
    const asked = askedFor(facts);
    const via = lookups.find((each) => each.place === site.place)?.via;
    return lostAddresses(facts).flatMap((lost): Told[] => {
      const { place, device, address, prefix } = lost;
      const why =
        address === packet.dst
          ? 'to which the packet goes'
          : address === via
            ? `by which ${site.place} sends it`
            : place === site.place && hasNoWay(facts) && prefixOf(prefix).holds(packet.dst)
              ? `whose network ${packet.dst} is in`
              : place === site.place && hasNoWay(facts) && (device === site.next?.device || tookRoutes(facts, lost))
                ? 'whose network the packet was to go by'
                : place === site.place && !site.last
                  ? 'from which the packet is sent'
                  : asked.has(address)
                    ? 'which is asked for by ARP'
                    : undefined;
      if (!why) return [];
      const gone = changeOf(facts, place, 'address', ({ before }) => before?.includes(address) ?? false);
      return [
        {
          sentence: `${place}’s ${device} has no address ${prefix}, ${why}`,
          confidence: 'certain',
          place,
          supports: saying([gone, `${gone?.sentence}`], [!gone, `the lab gives it ${prefix}`]),
          show: [{ place, command: 'ip -br -4 address' }],
          fix: { place, command: `ip address add ${prefix} dev ${device}` },
          entails: [...WITHOUT_ROUTES, 'forwarding off', 'martian source'],
        },
      ];
    });
  },
};

const arpTarget = (headers: readonly { protocol: string; fields: Record<string, unknown> }[]): string[] => {
  const arp = headers.find(({ protocol }) => protocol === 'arp')?.fields;
  return arp?.op === 'request' ? [String(arp.tpa)] : [];
};

export const links: CauseKind[] = [
  interfaceMissing,
  interfaceDown,
  noCarrier,
  addressMissing,
  addressOfEnd,
  addressOfSender,
  addressOfWay,
];
