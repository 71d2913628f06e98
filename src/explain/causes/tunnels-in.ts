import { isOwn } from '../packet-there.ts';
import { ownersOf } from '../place.ts';
import { icmpErrors, movedBy, saying } from '../signs.ts';
import { isUp, tunnelOf, tunnelsOf, wrappingOf } from '../tunnel.ts';
import type { CauseKind } from './kind.ts';
import { alsoShowing, meant, names, showing, type Wrapped, wrappedBy, wrappedHere } from './tunnel-end.ts';

/** What the kernel said and did where nothing of a tunnel took a packet. */
const refusal = ({ facts, place }: Wrapped) =>
  saying(
    [movedBy(facts, place, 'Udp NoPorts'), `${place} counted a datagram to a port where nobody listens (Udp NoPorts)`],
    [
      icmpErrors(facts).some(
        ({ frame, fields }) => frame.place === place && frame.direction === 'out' && fields.code === 3,
      ),
      `${place} answered with ICMP port unreachable`,
    ],
  );

const missing: CauseKind = {
  name: 'tunnel device missing',
  read: ['ip-link(8)', 'RFC 7348'],
  tell(facts) {
    const here = wrappedHere(facts);
    if (!here || here.devices.length) return [];
    const { place, wrapping } = here;
    const what = names[wrapping.kind];
    const port = wrapping.port === undefined ? '' : ` to UDP port ${wrapping.port}`;
    return [
      {
        sentence: `${place} has no ${what} device that would unwrap what comes${port}: ${wrappedBy(here.facts)} wrapped it for ${wrapping.dst}`,
        confidence: 'certain',
        place,
        supports: refusal(here),
        show: [{ place, command: `ip -d link show type ${wrapping.kind}` }, ...alsoShowing(here.facts)],
        entails: ['interface missing', 'no socket'],
      },
    ];
  },
};

const differing = (name: string, read: string[]): CauseKind => ({
  name,
  read,
  tell(facts) {
    const here = wrappedHere(facts);
    const found = here && meant(here);
    const mismatch = found?.differs.find((each) => each.name === name);
    if (!here || !found || !mismatch) return [];
    const { place, wrapping } = here;
    const { word, device, packet } = mismatch;
    const { link } = found;
    return [
      {
        sentence: `${place}’s ${link.name} does not unwrap it: it has ${`${word} ${device}`.trim()}, and ${wrappedBy(here.facts)} wrapped the packet with ${packet} (${names[wrapping.kind]} from ${wrapping.src} to ${wrapping.dst})`,
        confidence: 'certain',
        place,
        supports: refusal(here),
        show: [showing(place, link), ...alsoShowing(here.facts)],
      },
    ];
  },
});

/** A VXLAN packet to a port that nothing here calls VXLAN's: only who wrapped it does. */
const otherPort: CauseKind = {
  name: 'tunnel port differs',
  read: ['ip-link(8), VXLAN', 'RFC 7348'],
  tell(facts) {
    const { place, last, headers } = facts.site;
    const at = headers.findIndex(({ protocol }) => protocol === 'ip');
    const [ip, udp] = [headers[at]?.fields, headers[at + 1]];
    if (!ip || udp?.protocol !== 'udp' || last?.direction !== 'in' || !isOwn(facts, place, String(ip.dst))) return [];
    if (wrappingOf(headers)) return [];
    const port = Number(udp.fields.dst);
    const [own] = tunnelsOf(facts.now.get(place), 'vxlan');
    const wrapping = ownersOf(facts, String(ip.src)).flatMap((owner) =>
      tunnelsOf(facts.now.get(owner.place), 'vxlan')
        .filter((link) => tunnelOf(link).port === port)
        .map((link) => ({ place: owner.place, link })),
    );
    const [by] = wrapping;
    // Of two places that have the address, it is not known which one wrapped it.
    if (!own || !by || wrapping.some(({ place }) => place !== by.place) || tunnelOf(own).port === port) return [];
    return [
      {
        sentence: `${place}’s ${own.name} does not unwrap it: it has dstport ${tunnelOf(own).port}, and ${by.place}’s ${by.link.name} wrapped the packet with UDP port ${port} (VXLAN from ${ip.src} to ${ip.dst})`,
        confidence: 'certain',
        place,
        show: [showing(place, own), showing(by.place, by.link)],
        entails: ['no socket'],
      },
    ];
  },
};

const down: CauseKind = {
  name: 'tunnel device down',
  read: ['ip-link(8)'],
  tell(facts) {
    const here = wrappedHere(facts);
    const found = here && meant(here);
    if (!here || !found || found.differs.length || isUp(found.link)) return [];
    const { place } = here;
    const { link } = found;
    return [
      {
        sentence: `${place}’s ${link.name}, which would unwrap it, is down (state ${link.operstate})`,
        confidence: 'certain',
        place,
        supports: refusal(here),
        show: [showing(place, link)],
        fix: { place, command: `ip link set ${link.name} up` },
      },
    ];
  },
};

export const tunnelsIn: CauseKind[] = [
  missing,
  differing('tunnel port differs', ['ip-link(8), VXLAN', 'RFC 7348', 'RFC 8926']),
  otherPort,
  differing('tunnel id differs', ['ip-link(8), VXLAN', 'RFC 7348, section 4', 'RFC 8926']),
  differing('tunnel key differs', ['ip-tunnel(8)', 'RFC 2890']),
  differing('tunnel remote differs', ['ip-tunnel(8)']),
  differing('tunnel local differs', ['ip-tunnel(8)']),
  down,
];
