import { type Addressed, addressed } from '../addressed.ts';
import type { Facts } from '../facts.ts';
import { holdersOf } from '../layer2/bridged.ts';
import { wayTo } from '../layer2/way.ts';
import { changeOf } from '../since.ts';
import type { Difference } from '../state/compare.ts';
import type { LinkState, NeighbourState } from '../state/place-state.ts';
import { addressTwice, nextHopTwice } from './address-twice.ts';
import { arpFlux } from './arp-flux.ts';
import type { CauseKind, Told } from './kind.ts';

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

/** Of several who have an address those that the segment leads to, where there are any: what has it elsewhere is not asked. */
function ownersNear(facts: Facts, { place, device, owners }: Addressed): Addressed['owners'] {
  const near = owners.filter(({ place: far, link }) =>
    wayTo(facts, { place, device, direction: 'out' }, { place: far, device: link.name }),
  );
  return near.length ? near : owners;
}

/** Several may be meant by the address, and the entry has the MAC of none of them. */
function noneOf(facts: Facts, here: Addressed, { text, address }: NeighbourState): Told {
  const { place, device } = here;
  const owners = ownersNear(facts, here);
  const macs = owners.map((each) => `${each.place}:${each.link.name} (${each.link.mac})`);
  return {
    sentence: `${place} sends it to a wrong MAC: its neighbour entry is ${text}, and none of those that have ${address} has that: ${macs.join(' and ')}`,
    confidence: 'certain',
    place,
    show: [
      { place, command: `ip neigh show ${address} dev ${device}` },
      ...owners.map((each) => ({ place: each.place, command: `ip -br link show dev ${each.link.name}` })),
    ],
    fix: { place, command: `ip neigh del ${address} dev ${device}` },
    entails: ['VTEP unknown'],
  };
}

/** The entry for an address has another MAC than who has the address. */
const wrongMac: CauseKind = {
  name: 'wrong neighbour entry',
  read: ['ip-neighbour(8)', 'arp(7)'],
  tell(facts) {
    const here = addressed(facts);
    const [owner, other] = here ? ownersNear(facts, here) : [];
    if (!here?.entry || !owner || here.owners.some(({ place }) => place === here.place)) return [];
    const { place, device, mac, entry, owners, link } = here;
    if (link?.flags.includes('NOARP') && link.mac === mac) return [];
    const isHeld = holdersOf(facts, mac).some((holder) => owners.some((each) => each.place === holder.place));
    if (owners.some(({ link }) => has(link, mac)) || isHeld) return [];
    const whose = holdersOf(facts, mac)[0];
    if (other) return [noneOf(facts, here, here.entry)];
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
        explains: ['link-local group address'],
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

/** Frames that go to a MAC which is not that of whom they are for. */
export const neighbourEntries: CauseKind[] = [ownArpOff, addressTwice, nextHopTwice, wrongMac, arpFlux];
