import type { Sighting } from '../../judge/observation.ts';
import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { arpFrames } from '../layer2/arp.ts';
import { holdersOf, lastEther } from '../layer2/bridged.ts';
import { isGroup } from '../layer2/problem.ts';
import { ipDevice, linkOf, ownersOf } from '../place.ts';
import { changeOf } from '../since.ts';
import type { Difference } from '../state/compare.ts';
import { gatewaysOf, routeFor } from '../state/fib.ts';
import type { LinkState, NeighbourState } from '../state/place-state.ts';
import { arpFlux } from './arp-flux.ts';
import type { CauseKind, Told } from './kind.ts';

/** The frame that the packet was last seen in, who put it out, and by which entry of its neighbour table. */
interface Addressed {
  place: string;
  device: string;
  mac: string;
  link: LinkState | undefined;
  entry: NeighbourState | undefined;
  /** The interfaces that have the address for which the frame is. */
  owners: { place: string; link: LinkState }[];
}

function addressed(facts: Facts): Addressed | undefined {
  const ether = lastEther(facts);
  if (!ether || isGroup(ether.dst)) return undefined;
  const isIt = ({ headers }: Sighting) => headers[0]?.fields.dst === ether.dst && headers[0].fields.src === ether.src;
  const first = facts.site.way.find((each) => isIt(each) && each.direction === 'out');
  if (!first) return undefined;
  const { place, device } = first;
  const state = facts.now.get(place);
  const ip = first.headers.find(isIp);
  const is6 = ip?.protocol === 'ip6';
  const known = is6 ? state?.neighbours6 : state?.neighbours;
  const entries = (known ?? []).filter(({ mac, proxy }) => mac === ether.dst && !proxy);
  const dst = String(ip?.fields.dst);
  const route = state && routeFor(state, { dst, vrfOf: device })?.route;
  const nextHops = gatewaysOf(route, device);
  const entry = entries.find(
    (each) => each.device === device && (nextHops.length ? nextHops : [dst]).includes(each.address),
  );
  const owners = entry ? ownersOf(facts, entry.address) : [];
  return { place, device, mac: ether.dst, link: linkOf(facts, place, device), entry, owners };
}

const isFixed = ({ state }: NeighbourState) => state === 'PERMANENT' || state === 'NOARP';

const has = (link: LinkState, mac: string) => link.mac === mac;

/** The MAC of who has an address; of one on lo that of the interface that had the entry's MAC when the lab was proven, if any did. */
function rightMac({ place, link }: Addressed['owners'][number], address: string, was: Difference | undefined) {
  if (!link.flags.includes('LOOPBACK'))
    return { mac: link.mac, device: link.name, whose: `${place}:${link.name}, which has ${address}` };
  const { device, after } = was ?? {};
  return device && after
    ? { mac: after, device, whose: `${place}:${device}, by which ${place} has ${address}` }
    : undefined;
}

const isMadeByHand = ({ state }: NeighbourState) => state === 'PERMANENT';

/** The address is on lo, so that any interface of its place may be the one that was meant. */
const unknownMac = ({ place, device, mac }: Addressed, { text, address }: NeighbourState, owner: string): Told => ({
  sentence: `${place} sends it to a wrong MAC: its neighbour entry is ${text}, and no interface of ${owner}, which has ${address}, has the MAC ${mac}`,
  confidence: 'likely',
  place,
  show: [
    { place, command: `ip neigh show ${address} dev ${device}` },
    { place: owner, command: 'ip -br link' },
  ],
});

/** The entry for an address has another MAC than who has the address. */
const wrongMac: CauseKind = {
  name: 'wrong neighbour entry',
  read: ['ip-neighbour(8)', 'arp(7)'],
  tell(facts) {
    const here = addressed(facts);
    const [owner] = here?.owners ?? [];
    if (!here?.entry || !owner || here.owners.some(({ place }) => place === here.place)) return [];
    const { place, device, mac, entry, owners, link } = here;
    if (link?.flags.includes('NOARP') && link.mac === mac) return [];
    const isHeld = holdersOf(facts, mac).some((holder) => owners.some((each) => each.place === holder.place));
    if (owners.some(({ link }) => has(link, mac)) || isHeld || owners.length > 1) return [];
    const whose = holdersOf(facts, mac)[0];
    const was = changeOf(facts, owner.place, 'link', ({ before }) => before === mac);
    const right = rightMac(owner, entry.address, was);
    if (!right) return isMadeByHand(entry) ? [unknownMac(here, entry, owner.place)] : [];
    return [
      {
        sentence: `${place} sends it to a wrong MAC: its neighbour entry is ${entry.text}, and ${right.whose}, has MAC ${right.mac}${was ? ` (it had ${mac} when the lab was proven)` : ''}`,
        confidence: 'certain',
        place,
        supports: [whose ? `${mac} is ${whose.place}:${whose.link.name}’s` : `no place asked has the MAC ${mac}`],
        // The MAC for which a tunnel's table has no entry is the one that was wrong before.
        entails: ['VTEP unknown'],
        show: [
          { place, command: `ip neigh show ${entry.address} dev ${device}` },
          { place: owner.place, command: `ip -br link show dev ${right.device}` },
        ],
        fix: {
          place,
          command: isFixed(entry)
            ? `ip neigh replace ${entry.address} lladdr ${right.mac} dev ${device} nud permanent`
            : `ip neigh del ${entry.address} dev ${device}`,
        },
      },
    ];
  },
};

/** Who has ARP off knows nobody's MAC, and sends to its own (arp_constructor, net/ipv4/arp.c). */
const ownArpOff: CauseKind = {
  name: 'ARP off at the sender',
  read: ['ip-link(8), arp'],
  tell(facts) {
    const here = addressed(facts);
    if (!here?.link?.flags.includes('NOARP') || here.link.mac !== here.mac) return [];
    const { place, device } = here;
    return [
      {
        sentence: `${place}:${device} has ARP off (NOARP), so ${place} knows no MAC there, and sends the frame to its own`,
        confidence: 'certain',
        place,
        show: [
          { place, command: `ip link show dev ${device} | head -1` },
          { place, command: `ip neigh show dev ${device} nud all` },
        ],
        fix: { place, command: `ip link set ${device} arp on` },
      },
    ];
  },
};

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
const addressTwice: CauseKind = {
  name: 'address twice',
  read: ['RFC 5227'],
  tell(facts) {
    const ip = facts.site.headers.find(({ protocol }) => protocol === 'ip')?.fields;
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
        entails: ['VTEP MAC differs'],
      },
    ];
  },
};

/** On its way it went to another who has a next hop's address, too, and that one handed it on. */
const nextHopTwice: CauseKind = {
  name: 'address twice',
  read: addressTwice.read,
  tell(facts) {
    const { site, walk, now } = facts;
    if (!walk || addressTwice.tell(facts).length) return [];
    return site.way.flatMap(({ place, device, direction, headers }, i): Told[] => {
      const mac = headers[0]?.protocol === 'ether' ? String(headers[0].fields.dst) : '';
      const known = now.get(place)?.neighbours ?? [];
      const entry =
        direction === 'out' && known.find((each) => each.mac === mac && each.device === ipDevice(facts, place, device));
      const owners = entry ? ownersOf(facts, entry.address) : [];
      const next = site.way.slice(i + 1).find((each) => each.place !== place);
      const got = owners.find((each) => each.place === next?.place);
      const meant = owners.find((each) => each.place !== got?.place && isListed(facts, each.place));
      if (!entry || !got || !meant || isListed(facts, got.place, ipDevice(facts, got.place, got.link.name))) return [];
      const own = got.link.addresses.find((each) => each.address === entry.address);
      return [
        {
          sentence: `${got.place}:${got.link.name} and ${meant.place}:${meant.link.name} have one address, ${entry.address}, by which ${place} sends it, and the packet went to ${got.place} and not to ${meant.place}`,
          confidence: 'certain',
          place: got.place,
          show: [
            { place, command: `ip neigh show ${entry.address}` },
            ...[got, meant].map((each) => ({
              place: each.place,
              command: `ip -br address show dev ${each.link.name}`,
            })),
          ],
          ...(own && {
            fix: {
              place: got.place,
              command: `ip address del ${entry.address}/${own.prefixLength} dev ${got.link.name}`,
            },
          }),
        },
      ];
    });
  },
};

/** Frames that go to a MAC which is not that of whom they are for. */
export const neighbourEntries: CauseKind[] = [ownArpOff, addressTwice, nextHopTwice, wrongMac, arpFlux];
