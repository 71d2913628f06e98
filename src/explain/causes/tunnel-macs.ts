import { saying } from '../signs.ts';
import { changeOf, settingWas } from '../since.ts';
import { isUp, wrapper } from '../tunnel.ts';
import type { CauseKind } from './kind.ts';
import { alsoShowing, meant, wrappedHere } from './tunnel-end.ts';

/** Who wrapped the frame took its MAC from an entry that is another one than when the lab was proven. */
const wrongEntry: CauseKind = {
  name: 'wrong neighbour entry',
  read: ['ip-neighbour(8)', 'RFC 7348, section 4.1'],
  tell(facts) {
    const here = wrappedHere(facts);
    const found = here && meant(here);
    const mac = here?.wrapping.innerMac?.dst;
    const by = here && wrapper(here.facts);
    if (!here || !found || found.differs.length || !mac || !by) return [];
    const { link } = found;
    const entry = facts.now.get(by.place)?.neighbours.find((each) => each.mac === mac && each.device === by.link.name);
    const isOfIt = entry && link.addresses.some(({ address }) => address === entry.address);
    const changed = changeOf(facts, by.place, 'neighbour', ({ after }) => after?.includes(mac) === true);
    if (!entry || !isOfIt || !changed || link.mac === mac) return [];
    return [
      {
        sentence: `${by.place} sends it to a wrong MAC: its neighbour entry is ${entry.text}, and ${here.place}:${link.name}, which has ${entry.address}, has MAC ${link.mac}; ${changed.sentence}`,
        confidence: 'certain',
        place: by.place,
        show: [
          { place: by.place, command: `ip neigh show dev ${by.link.name}` },
          { place: here.place, command: `ip link show dev ${link.name}` },
        ],
        fix: {
          place: by.place,
          command: `ip neigh replace ${entry.address} lladdr ${link.mac} dev ${by.link.name} nud permanent`,
        },
      },
    ];
  },
};

/** The inner frame is for another MAC than the device's own: the device unwraps it, and its IP layer does not take it. */
const vtepMac: CauseKind = {
  name: 'VTEP MAC differs',
  read: ['RFC 7348, section 4.1', 'bridge(8), fdb', 'ip-neighbour(8)'],
  tell(facts) {
    const here = wrappedHere(facts);
    const found = here && meant(here);
    const mac = here?.wrapping.innerMac?.dst;
    if (!here || !found || found.differs.length || !isUp(found.link) || !mac) return [];
    if (wrongEntry.tell(facts).length) return [];
    const { place } = here;
    const { link } = found;
    if (link.master || link.mac === mac || isGroupMac(mac)) return [];
    const by = wrapper(here.facts);
    const entry =
      by && facts.now.get(by.place)?.neighbours.find((each) => each.mac === mac && each.device === by.link.name);
    const changed = settingWas(facts, place, link.name, 'mac');
    return [
      {
        sentence: `the frame inside is for ${mac}, and ${place}’s ${link.name} has MAC ${link.mac}: it is unwrapped and thrown away as another’s${entry ? ` (${by.place}: ip neigh has ${entry.address} at ${mac})` : ''}`,
        confidence: 'certain',
        place,
        supports: saying(
          [changed, `${place}’s ${link.name} had MAC ${changed} when the lab was proven`],
          [
            facts.seen.some(
              (each) => each.place === place && each.device === link.name && each.direction === 'overheard',
            ),
            `${place}:${link.name} saw the frame, addressed to another MAC`,
          ],
        ),
        show: [
          { place, command: `ip link show dev ${link.name}` },
          ...(by ? [{ place: by.place, command: `ip neigh show dev ${by.link.name}` }] : []),
        ],
        fix: { place, command: `ip link set ${link.name} address ${mac}` },
      },
    ];
  },
};

/** What seems to come from its own device is thrown away (vxlan_set_mac, drivers/net/vxlan/vxlan_core.c). */
const sameMac: CauseKind = {
  name: 'equal MACs',
  read: ['ip-link(8), address', 'RFC 7348, section 4.1'],
  tell(facts) {
    const here = wrappedHere(facts);
    const found = here && meant(here);
    const mac = here?.wrapping.innerMac?.src;
    if (!here || !found || found.differs.length || !mac || found.link.mac !== mac) return [];
    const { place } = here;
    const { link } = found;
    const was = settingWas(facts, place, link.name, 'mac');
    return [
      {
        sentence: `the frame inside comes from ${mac}, which is ${place}’s ${link.name}’s own MAC, too: two devices of the tunnel have the same MAC, and what seems to come from oneself is thrown away`,
        confidence: 'certain',
        place,
        supports: saying([was, `${place}’s ${link.name} had MAC ${was} when the lab was proven`]),
        show: [{ place, command: `ip link show dev ${link.name}` }, ...alsoShowing(here.facts)],
        ...(was && { fix: { place, command: `ip link set ${link.name} address ${was}` } }),
        entails: ['VTEP MAC differs'],
      },
    ];
  },
};

const isGroupMac = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

export const tunnelMacs: CauseKind[] = [sameMac, wrongEntry, vtepMac];
