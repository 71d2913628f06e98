import type { Facts } from '../facts.ts';
import { isOwn, outer6 } from '../packet-there.ts';
import { changeOf, routesGone } from '../since.ts';
import type { Difference } from '../state/compare.ts';
import { isOf6 } from '../state/ip-lines.ts';
import type { CauseKind, Told } from './kind.ts';

/** A place has not, or no longer, an address of IPv6 by which the packet goes: `why` as the end of a sentence. */
function missing(facts: Facts, place: string, address: unknown, why: string): Told[] {
  if (typeof address !== 'string' || !address.includes(':')) return [];
  if (!facts.now.get(place)?.links.length || isOwn(facts, place, address)) return [];
  const gone = changeOf(facts, place, 'address', ({ before }) => before?.startsWith(`${address}/`) ?? false);
  const off = gone?.device && offAt(facts, place, gone.device);
  const because = off ? `, for IPv6 is off at its ${gone.device} (${off} = 1)` : '';
  const again = off ? switchedOn(facts, gone, off) : gone?.before ? [`ip -6 address add ${gone.before}`] : [];
  return [
    {
      sentence: `${place} has no address ${address}, ${why}${because}${gone ? `: ${gone.sentence}` : ''}`,
      confidence: 'certain',
      place,
      show: [{ place, command: 'ip -br -6 address' }, ...(off ? [{ place, command: `sysctl ${off}` }] : [])],
      ...(again.length && { fix: { place, command: again.join(' && ') } }),
      entails: ['IPv6 forwarding off', 'no IPv6 route', 'wrong route'],
    },
  ];
}

/** The lines that switch IPv6 on at an interface, and give it back the address that went with that, and its routes. */
const switchedOn = (facts: Facts, { place, device = '', before }: Difference, setting: string): string[] => [
  `sysctl -w ${setting}=0`,
  `ip -6 address add ${before} nodad`,
  ...routesGone(facts, place, device).flatMap((text) => (isOf6({ text }) ? [`ip -6 route add ${text}`] : [])),
];

/** The setting by which an interface has no IPv6, where it has none (ip-sysctl: disable_ipv6). */
function offAt({ now }: Facts, place: string, device: string): string | undefined {
  const name = `net.ipv6.conf.${device.replaceAll('.', '/')}.disable_ipv6`;
  return now.get(place)?.sysctls[name] === '1' ? name : undefined;
}

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

export const ipv6Addresses: CauseKind[] = [addressMissing6, addressGone6];
