import { lastEther } from '../layer2/bridged.ts';
import { largerSetting, linkOf, ownersOf, settingOf, settingText } from '../place.ts';
import type { LinkState } from '../state/place-state.ts';
import type { CauseKind } from './kind.ts';

/** ARP flux: a host answers for any of its addresses by any of its interfaces. */
export const arpFlux: CauseKind = {
  name: 'ARP flux',
  read: ['ip-sysctl: arp_ignore, arp_announce', 'arp(7)'],
  tell(facts) {
    const { last, place, next } = facts.site;
    const ether = lastEther(facts);
    const ip = facts.site.headers.find(({ protocol }) => protocol === 'ip')?.fields;
    const state = facts.now.get(place);
    const came = linkOf(facts, place, last?.device);
    const owner = ownersOf(facts, String(ip?.dst)).find((each) => each.place === place)?.link;
    if (last?.direction !== 'in' || !ether || !ip || !state || !came || !owner) return [];
    // Another place's address is no flux.
    if (ownersOf(facts, String(ip.dst)).some((each) => each.place !== place)) return [];
    // A VLAN's interface has the MAC of the one that it is on: that was the right one to learn.
    if (owner.mac === came.mac) return [];
    if (came.name === owner.name || came.mac !== ether.dst || came.master || !isEthernet(owner)) return [];
    const direct = came.addresses.some(({ address }) => address.includes('.'));
    const listed = facts.site.changed?.hop.device ?? next?.device;
    if (!direct || largerSetting(state, came.name, 'arp_ignore') > 0 || listed === came.name) return [];
    const asker = facts.site.way.find(({ direction }) => direction === 'out')?.place ?? facts.sent.from;
    const entry = facts.now.get(asker)?.neighbours.find(({ address, mac }) => address === ip.dst && mac === ether.dst);
    if (!entry) return [];
    const setting = settingText(state, came.name, 'arp_ignore');
    return [
      {
        sentence: `${place} answers ARP for ${ip.dst}, which is on ${owner.name}, by ${came.name} as well (${setting}): ${asker} learned ${came.name}’s MAC for it (${entry.text})`,
        confidence: 'certain',
        place,
        show: [
          { place, command: `sysctl net.ipv4.conf.all.arp_ignore ${settingOf(came.name, 'arp_ignore')}` },
          { place, command: 'ip -br link' },
          { place: asker, command: `ip neigh show ${ip.dst}` },
        ],
        fix: { place, command: 'sysctl -w net.ipv4.conf.all.arp_ignore=1' },
      },
    ];
  },
};

const isEthernet = ({ flags }: LinkState) => !flags.includes('LOOPBACK') && !flags.includes('POINTOPOINT');
