import { isPing } from '../../plan/ping.ts';
import type { Facts } from '../facts.ts';
import { type PacketThere, packetThere } from '../packet-there.ts';
import { linkOf } from '../place.ts';
import { icmpErrors, movedBy, saying } from '../signs.ts';
import { settingWas } from '../since.ts';
import { devicesOf, routeFor } from '../state/fib.ts';
import type { LinkState } from '../state/place-state.ts';
import { farEnd, receivers } from '../wire-end.ts';
import { fragmented } from './fragments.ts';
import type { CauseKind, Told } from './kind.ts';
import { routeBefore, undoing } from './routes.ts';

const FRAGMENTATION_NEEDED = 4;

/** An Ethernet header and an 802.1Q tag: a card takes so much more than its MTU. */
const TAG = 4;

/** What the place where it was lost knows of the most that a way takes: an interface's MTU, a route's, a path's. */
interface Limit {
  mtu: number;
  /** As a tool prints it: `mtu 1400`. */
  by: string;
  device: string;
  link: LinkState;
  kind: 'interface' | 'route' | 'path';
  show: Told['show'];
}

function limitOf(facts: Facts, packet: PacketThere): Limit | undefined {
  const { place } = facts.site;
  const state = facts.now.get(place);
  const found = state && routeFor(state, { dst: packet.dst, src: packet.src, ...(packet.iif && { iif: packet.iif }) });
  const lookup = facts.lookups.find((each) => each.place === place && each.device);
  const device = lookup?.device ?? (found && devicesOf(found.route)[0]);
  const link = linkOf(facts, place, device);
  if (!state || !device || !link) return undefined;
  const ask = `ip route get ${packet.dst}`;
  const path = /\bcache\b.*\bmtu (\d+)/.exec(lookup?.output ?? '')?.[1];
  const route =
    found?.route.words.mtu === 'lock' ? / mtu lock (\d+)/.exec(found.route.text)?.[1] : found?.route.words.mtu;
  const limits: Limit[] = [
    {
      mtu: link.mtu,
      by: `${device} has mtu ${link.mtu}`,
      kind: 'interface',
      device,
      link,
      show: [{ place, command: `ip link show dev ${device}` }],
    },
    ...(route
      ? [
          {
            mtu: Number(route),
            by: `route says mtu ${route} (${found?.route.text})`,
            kind: 'route' as const,
            device,
            link,
            show: [{ place, command: ask }],
          },
        ]
      : []),
    ...(path
      ? [
          {
            mtu: Number(path),
            by: `path cache has mtu ${path}`,
            kind: 'path' as const,
            device,
            link,
            show: [{ place, command: ask }],
          },
        ]
      : []),
  ];
  // What a route or a path says counts before what the interface could take.
  return limits.at(-1)!.mtu < link.mtu ? limits.at(-1) : limits[0];
}

/** What of an ICMP 'fragmentation needed' was seen: that it was sent, and whether it got to who sent the packet. */
function toldOf(facts: Facts, packet: PacketThere) {
  const errors = icmpErrors(facts).filter(
    ({ fields }) => fields.code === FRAGMENTATION_NEEDED && fields.type === 'unreachable',
  );
  const told = errors.find(({ frame }) => frame.place === facts.sent.from && frame.direction === 'in');
  const mtu = (told ?? errors[0])?.fields.mtu;
  const own = /(?:message too long|Frag needed)[^\n]*mtu ?= ?(\d+)/i.exec(
    `${facts.sent.stdout}${facts.sent.stderr}`,
  )?.[1];
  return {
    sent: errors.length > 0,
    arrived: told !== undefined || own !== undefined,
    mtu: mtu ?? own,
    forwarded: packet.iif !== undefined,
  };
}

/** The bytes of the packet that was lost: as it was seen, or else as its command says. */
function sizeOf(facts: Facts, packet: PacketThere): number {
  if (packet.length) return packet.length;
  const { command } = facts.sent;
  const data = / -s ?(\d+)/.exec(command)?.[1] ?? (isPing(command) ? PING_DATA : undefined);
  return data ? Number(data) + 28 : 0;
}

/** Data bytes of an echo request where nothing else is said (ping(8), -s). */
const PING_DATA = 56;

/** A broadcast must not be fragmented, be it that ping is not told so. */
const mustNotSplit = ({ site, sent }: Facts, packet: PacketThere) =>
  packet.df ||
  (site.kind === 'nothing sent' &&
    (/ -M ?(do|probe)\b/.test(sent.command) || /message too long/i.test(sent.stderr + sent.stdout)));

const tooBig: CauseKind = {
  name: 'MTU too small',
  read: ['RFC 1191', 'ip-link(8), mtu', 'ip-sysctl: ip_no_pmtu_disc'],
  tell(facts) {
    const packet = packetThere(facts);
    // What a device has been handed has passed what the IP layer looks at.
    if (!packet || facts.site.last?.direction === 'out') return [];
    const limit = limitOf(facts, packet);
    const size = sizeOf(facts, packet);
    if (!limit || limit.kind === 'path' || size <= limit.mtu || !mustNotSplit(facts, packet)) return [];
    const { place } = facts.site;
    const told = toldOf(facts, packet);
    const heard = !told.forwarded
      ? ''
      : told.arrived
        ? `; the sender was told (ICMP fragmentation needed, mtu ${told.mtu})`
        : told.sent
          ? '; the ICMP error (fragmentation needed) that says so did not get back to the sender'
          : '; the ICMP error (fragmentation needed) that would tell the sender was not seen: it was filtered';
    const was = settingWas(facts, place, limit.device, 'mtu');
    const changed = limit.kind === 'route' ? routeBefore(facts, place, packet.dst) : undefined;
    return [
      {
        sentence: `a packet of ${size} bytes that must not be fragmented (DF) does not fit: ${place}’s ${limit.by}${heard}`,
        confidence: 'certain',
        place,
        supports: saying(
          [
            movedBy(facts, place, 'Ip FragFails'),
            `${place} counted a packet that it could not fragment (Ip FragFails)`,
          ],
          [told.sent, `${place} sent ICMP fragmentation needed, mtu ${told.mtu}`],
          [was, `${place}’s ${limit.device} had mtu ${was} when the lab was proven`],
          [changed, `${changed?.sentence}`],
        ),
        show: [
          ...limit.show,
          ...(told.forwarded && !told.arrived ? [{ place, command: 'nft list ruleset | grep -i icmp' }] : []),
        ],
        ...(limit.kind === 'interface' && {
          fix: { place, command: `ip link set ${limit.device} mtu ${was ?? Math.max(1500, size)}` },
        }),
        ...(changed && { fix: undoing(place, changed) }),
        // A route that has another MTU leads where it led.
        entails: limit.kind === 'route' ? ['wrong route'] : [],
      },
    ];
  },
};

const remembered: CauseKind = {
  name: 'path MTU remembered',
  read: ['RFC 1191, section 6.3', 'ip-sysctl: route/mtu_expires', 'ip-route(8), flush cache'],
  tell(facts) {
    const packet = packetThere(facts);
    const limit = packet && limitOf(facts, packet);
    const size = packet ? sizeOf(facts, packet) : 0;
    if (
      !packet ||
      facts.site.last?.direction === 'out' ||
      limit?.kind !== 'path' ||
      size <= limit.mtu ||
      !mustNotSplit(facts, packet)
    )
      return [];
    const { place } = facts.site;
    const expires = /expires (\d+)sec/.exec(facts.lookups.find((each) => each.place === place)?.output ?? '')?.[1];
    return [
      {
        sentence: `${place} remembers that the path to ${packet.dst} takes mtu ${limit.mtu}${expires ? `, for ${expires} s more` : ''}, and does not send ${size} bytes with DF`,
        confidence: 'certain',
        place,
        show: limit.show,
        fix: { place, command: 'ip route flush cache' },
      },
    ];
  },
};

/** Where a copy of a broadcast is listed next, and was seen to leave for. */
function copyReceiver(facts: Facts): ReturnType<typeof receivers> {
  const { next, way, last } = facts.site;
  if (!next?.device || last?.direction === 'out') return [];
  const far = farEnd(facts, { place: next.place, device: next.device });
  const left = way.some(
    ({ place, device, direction }) => direction === 'out' && place === far?.place && device === far.device,
  );
  const link = left ? linkOf(facts, next.place, next.device) : undefined;
  return link ? [{ place: next.place, link }] : [];
}

/** A card swallows a frame that is larger than it takes, in silence. */
const receiver: CauseKind = {
  name: 'receiver’s MTU too small',
  read: ['ip-link(8), mtu'],
  tell(facts) {
    const length = Number(facts.site.headers.find(({ protocol }) => protocol === 'ip')?.fields.length ?? 0);
    const sender = linkOf(facts, facts.site.place, facts.site.last?.device);
    return [...receivers(facts), ...copyReceiver(facts)].flatMap(({ place, link }) => {
      if (length <= link.mtu + TAG) return [];
      const was = settingWas(facts, place, link.name, 'mtu');
      const dropped = movedBy(facts, place, `${link.name} rx drop`);
      return [
        {
          sentence: `${place}’s ${link.name} has mtu ${link.mtu} and drops the packet of ${length} bytes in silence${sender ? `; ${facts.site.place}’s ${sender.name}, which sends it, has mtu ${sender.mtu}` : ''}`,
          confidence: 'certain' as const,
          place,
          supports: saying([dropped, `${place} counted ${dropped} received and dropped by ${link.name} (rx dropped)`]),
          show: [{ place, command: `ip -s link show dev ${link.name}` }],
          fix: { place, command: `ip link set ${link.name} mtu ${was ?? sender?.mtu ?? 1500}` },
        },
      ];
    });
  },
};

export const mtu: CauseKind[] = [remembered, tooBig, fragmented, receiver];
