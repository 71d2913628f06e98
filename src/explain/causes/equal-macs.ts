import { holdersOf, lastEther } from '../layer2/bridged.ts';
import { packetThere } from '../packet-there.ts';
import { ipDevice, linkOf, ownersOf } from '../place.ts';
import type { CauseKind } from './kind.ts';

/** One MAC at two places: the one that the frame came to first takes it for its own. */
const takenForOwn: CauseKind = {
  name: 'equal MACs',
  read: ['bridge(8), fdb', 'IEEE 802, section 8'],
  tell(facts) {
    const { last, place } = facts.site;
    const [mac, packet] = [lastEther(facts)?.dst, packetThere(facts)];
    const own = last?.direction === 'in' ? linkOf(facts, place, ipDevice(facts, place, last.device)) : undefined;
    if (!mac || !packet || own?.mac !== mac) return [];
    const owners = ownersOf(facts, packet.dst);
    const [meant] = holdersOf(facts, mac, place).filter((each) => owners.some(({ link }) => link === each.link));
    if (!meant || owners.some((each) => each.place === place)) return [];
    return [
      {
        sentence: `${place}:${own.name} and ${meant.place}:${meant.link.name} have one MAC, ${mac}: ${place} takes for its own what goes to ${packet.dst}, which is ${meant.place}’s`,
        confidence: 'certain',
        place,
        show: [
          { place, command: `ip -br link show dev ${own.name}` },
          { place: meant.place, command: `ip -br link show dev ${meant.link.name}` },
        ],
        entails: ['forwarding off', 'no route', 'wrong route'],
      },
    ];
  },
};

export const equalMacs: CauseKind[] = [takenForOwn];
