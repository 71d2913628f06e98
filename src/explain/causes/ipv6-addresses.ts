import type { Facts } from '../facts.ts';
import { isOwn, outer6 } from '../packet-there.ts';
import { ipDevice, linkOf } from '../place.ts';
import { changeOf, routesGone, settingWas } from '../since.ts';
import { isOf6 } from '../state/ip-lines.ts';
import type { CauseKind, Told } from './kind.ts';

/** A place has not, or no longer, an address of IPv6 by which the packet goes: `why` as the end of a sentence. */
function missing(facts: Facts, place: string, address: unknown, why: string): Told[] {
  if (typeof address !== 'string' || !address.includes(':')) return [];
  if (!facts.now.get(place)?.links.length || isOwn(facts, place, address)) return [];
  const gone = changeOf(facts, place, 'address', ({ before }) => before?.startsWith(`${address}/`) ?? false);
  const off = gone?.device ? offAt(facts, place, gone.device) : undefined;
  const because = off ? `, for IPv6 is off at its ${gone?.device} (${off.why})` : '';
  const again = off ? switchedOn(facts, off) : gone?.before ? [`ip -6 address add ${gone.before}`] : [];
  return [
    {
      sentence: `${place} has no address ${address}, ${why}${because}${gone ? `: ${gone.sentence}` : ''}`,
      confidence: 'certain',
      place,
      show: [{ place, command: 'ip -br -6 address' }, ...(off ? [{ place, command: off.show }] : [])],
      ...(again.length && { fix: { place, command: again.join(' && ') } }),
      entails: ['IPv6 forwarding off', 'no IPv6 route', 'wrong route'],
    },
  ];
}

/** An interface without IPv6: why, and the commands that show that and switch it on. */
interface Off {
  place: string;
  device: string;
  why: string;
  show: string;
  on: string;
}

/** The lines that switch IPv6 on at an interface, and give it back the addresses that went with that, and its routes. */
const switchedOn = (facts: Facts, { place, device, on }: Off): string[] => [
  on,
  ...facts.changes.flatMap((each) =>
    each.what === 'address' && each.change === 'gone' && each.place === place && each.device === device
      ? isGiven(each.before)
        ? [`ip -6 address add ${each.before} nodad`]
        : []
      : [],
  ),
  ...routesGone(facts, place, device).flatMap((text) => (isOf6({ text }) ? [`ip -6 route add ${text}`] : [])),
];

/** Whether an address is one that somebody gave: those of its link an interface makes itself. */
const isGiven = (address: string | undefined) => /^[\da-f]*:/.test(address ?? '') && !address?.startsWith('fe80');

/** The least that a link of IPv6 must carry: the kernel takes IPv6 off one that carries less (RFC 8200, section 5). */
const LEAST_MTU = 1280;

/** Why an interface has no IPv6, where it has none: a setting (ip-sysctl: disable_ipv6), or its MTU. */
function offAt(facts: Facts, place: string, device: string): Off | undefined {
  const name = `net.ipv6.conf.${device.replaceAll('.', '/')}.disable_ipv6`;
  const mtu = linkOf(facts, place, device)?.mtu ?? LEAST_MTU;
  if (facts.now.get(place)?.sysctls[name] === '1')
    return { place, device, why: `${name} = 1`, show: `sysctl ${name}`, on: `sysctl -w ${name}=0` };
  if (mtu >= LEAST_MTU) return undefined;
  const was = settingWas(facts, place, device, 'mtu');
  return {
    place,
    device,
    why: `its mtu ${mtu}${was ? `, was ${was},` : ''} is less than the ${LEAST_MTU} that IPv6 needs`,
    show: `ip link show dev ${device}`,
    on: `ip link set dev ${device} mtu ${was ?? LEAST_MTU}`,
  };
}

/** It came by an interface at which IPv6 is off. */
const off6: CauseKind = {
  name: 'IPv6 off',
  read: ['ip-sysctl: disable_ipv6', 'RFC 8200, section 5'],
  tell(facts) {
    const { site } = facts;
    const { place, last } = site;
    if (site.kind === 'on a wire' || last?.direction !== 'in' || last.otherHost || !outer6(last.headers)) return [];
    const off = offAt(facts, place, ipDevice(facts, place, last.device));
    if (!off || addressMissing6.tell(facts).length) return [];
    return [
      {
        sentence: `${place} takes no IPv6 that comes by ${off.device}: ${off.why}`,
        confidence: 'certain',
        place,
        show: [{ place, command: off.show }],
        fix: { place, command: switchedOn(facts, off).join(' && ') },
        entails: ['IPv6 forwarding off', 'no IPv6 route', 'wrong route'],
      },
    ];
  },
};

/** The walk lists that it is delivered where it came to, or sent from where it began, and that place has no such address. */
const addressMissing6: CauseKind = {
  name: 'address missing',
  read: ['ip-address(8)'],
  tell(facts) {
    const { site, walk } = facts;
    const own = walk?.hops.filter((hop) => hop.kind === 'point' && hop.part === site.part) ?? [];
    const [first, last] = [own[0], own.at(-1)];
    const isAtEnd = site.kind === 'at a place' && site.last?.direction === 'in' && last?.place === site.place;
    const sender = first?.kind === 'point' ? outer6(first.expected as Parameters<typeof outer6>[0])?.src : undefined;
    return [
      ...(isAtEnd ? missing(facts, site.place, outer6(site.headers)?.dst, 'to which the packet goes') : []),
      ...(first ? missing(facts, first.place, sender, 'from which the walk lists the packet') : []),
    ];
  },
};

/** An address that a place had when the lab was proven: the packet goes to it, or by its network, or it is asked for. */
const addressGone6: CauseKind = {
  name: addressMissing6.name,
  read: addressMissing6.read,
  tell(facts) {
    const { site, seen, changes } = facts;
    if (addressMissing6.tell(facts).length) return [];
    const dst = outer6(site.headers)?.dst;
    return changes.flatMap(({ what, change, place, device, before = '' }) => {
      const [, address = ''] = /^(\S+:\S*)\/\d+ /.exec(before) ?? [];
      if (what !== 'address' || change !== 'gone' || !address) return [];
      const isAsked = seen.some(({ packet }) => packet().headers.at(-1)?.fields.target === address);
      const isHere = place === site.place;
      if (isHere && address === dst) return missing(facts, place, address, 'to which the packet goes');
      if (isAsked) return missing(facts, place, address, 'which is asked for by Neighbor Discovery');
      const isBy = isHere && dst !== undefined && device === site.next?.device && site.last?.device !== device;
      return isBy ? missing(facts, place, address, 'by whose network the packet was to go') : [];
    });
  },
};

export const ipv6Addresses: CauseKind[] = [addressMissing6, addressGone6, off6];
