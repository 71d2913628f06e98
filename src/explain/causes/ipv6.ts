import { type Header, isIp, ttlOf } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { outer6 } from '../packet-there.ts';
import { routedPackets } from '../routed.ts';
import { discoveryFiltered } from './discovery-filtered.ts';
import { givenTtl } from './given-ttl.ts';
import { ipv6Addresses } from './ipv6-addresses.ts';
import type { CauseKind, Told } from './kind.ts';
import { noRoute6 } from './routes.ts';

const ip6Here = ({ site }: Facts): Header['fields'] | undefined => outer6(site.headers);

interface Icmp6 {
  place: string;
  at: string;
  direction: string;
  src: string;
  fields: Header['fields'];
  quoted: readonly Header[] | undefined;
}

/** ICMPv6 that is no echo, as it was captured. */
const spoken = ({ seen }: Facts): Icmp6[] =>
  seen.flatMap(({ place, at, direction, packet }) => {
    const { headers, quoted } = packet();
    const fields = headers.findLast(({ protocol }) => protocol === 'icmp6')?.fields;
    const src = String(headers.findLast(isIp)?.fields.src);
    return fields && !('sequence' in fields) ? [{ place, at, direction, src, fields, quoted }] : [];
  });

/** The errors about the packet that a place sent by itself. */
const errors = (facts: Facts, dst: unknown, type: string): Icmp6[] =>
  spoken(facts).filter(
    ({ fields, quoted, direction, place }) =>
      fields.type === type && direction === 'out' && place === facts.site.place && quoted?.[0]?.fields.dst === dst,
  );

/** What netfilter refuses it answers like a router. */
const isRefused = ({ passages }: Facts, place: string) =>
  passages.some((each) => each.place === place && ['drop', 'reject'].includes(each.ending?.verdict ?? ''));

const NO_ROUTE = 0;

/** The kernel says so, where what it goes by could not be read or has routes that rules lead to. */
const saidNoRoute6: CauseKind = {
  name: noRoute6.name,
  read: noRoute6.read,
  tell(facts) {
    const { site, sent } = facts;
    const dst = ip6Here(facts)?.dst;
    if (
      dst === undefined ||
      routedPackets(facts).some(({ found }) => found?.route.type !== 'unicast') ||
      isRefused(facts, site.place)
    )
      return [];
    const told = errors(facts, dst, 'unreachable').find(({ fields }) => fields.code === NO_ROUTE);
    const isUnsent = site.kind === 'nothing sent' && /Network is unreachable/i.test(sent.stderr);
    if (!told && !isUnsent) return [];
    return [
      {
        sentence: `${site.place} has no IPv6 route to ${dst}${told ? ', and says so to its sender' : ''}`,
        confidence: 'certain',
        place: site.place,
        show: [{ place: site.place, command: `ip -6 route get ${dst}` }],
      },
    ];
  },
};

const forwardingOff6: CauseKind = {
  name: 'IPv6 forwarding off',
  read: ['ip-sysctl: conf/all/forwarding, of ipv6'],
  tell(facts) {
    const { site, now } = facts;
    const dst = ip6Here(facts)?.dst;
    const key = 'net.ipv6.conf.all.forwarding';
    const state = now.get(site.place);
    if (dst === undefined || site.kind !== 'at a place' || site.last?.direction !== 'in' || site.last.otherHost)
      return [];
    if (state?.sysctls[key] !== '0' || isGroup(dst) || isOf(state.links, String(dst))) return [];
    return [
      {
        sentence: `${site.place} forwards nothing of IPv6 (${key} = 0), and ${dst} is none of its own addresses`,
        confidence: 'certain',
        place: site.place,
        show: [{ place: site.place, command: `sysctl ${key}` }],
        fix: { place: site.place, command: `sysctl -w ${key}=1` },
      },
    ];
  },
};

const isGroup = (dst: unknown) => `${dst}`.startsWith('ff');

const isOf = (links: readonly { addresses: readonly { address: string }[] }[], address: string) =>
  links.some(({ addresses }) => addresses.some((each) => each.address === address));

const hopLimitSpent: CauseKind = {
  name: 'hop limit spent',
  read: ['RFC 8200, section 3', 'RFC 4443, section 3.3'],
  tell(facts) {
    const { site } = facts;
    const ip = ip6Here(facts);
    if (!ip || !errors(facts, ip.dst, 'time exceeded').length) return [];
    const given = ttlOf(ip) > 1 ? undefined : givenTtl(facts, site.way[0]);
    const came = `it came with a hop limit of ${ttlOf(ip)}${given ? `, ${given.text}` : ''}`;
    return [
      {
        sentence: `${site.place} would have to forward it with its hop limit spent: ${ttlOf(ip) > 1 ? `${came}, and something there makes it less` : came}`,
        confidence: 'certain',
        place: site.place,
        show: [
          {
            place: site.place,
            command:
              ttlOf(ip) > 1
                ? "nft list ruleset | grep -iE 'hoplimit|hl ' || echo no rule sets it"
                : `ip -6 route get ${ip.dst}`,
          },
          ...(given ? [{ place: site.way[0]!.place, command: given.show }] : []),
        ],
        ...(given && { fix: { place: site.way[0]!.place, command: given.fix } }),
      },
    ];
  },
};

const unanswered6: CauseKind = {
  name: 'IPv6 neighbour unanswered',
  read: ['RFC 4861, section 7.2', 'ip-neighbour(8)'],
  tell(facts) {
    const { site } = facts;
    const dst = ip6Here(facts)?.dst;
    if (dst === undefined || discoveryFiltered.tell(facts).length) return [];
    const all = spoken(facts);
    const asked = all.filter(
      ({ fields, place, direction, src }) =>
        fields.type === 'neighbor solicitation' && place === site.place && direction === 'out' && src !== '::',
    );
    const isAnswered = (target: unknown) =>
      all.some((each) => each.fields.type === 'neighbor advertisement' && each.fields.target === target);
    const open = [...new Map(asked.map((each) => [`${each.at} ${each.fields.target}`, each])).values()];
    return open
      .filter(({ fields }) => !isAnswered(fields.target))
      .map(({ at, fields }): Told => {
        const heard = [
          ...new Set(
            all
              .filter((each) => each.fields.target === fields.target && each.direction === 'in')
              .map((each) => each.at),
          ),
        ];
        const far = heard.length ? `, which came to ${heard.join(', ')}` : '';
        return {
          sentence: `${at} asks by Neighbor Discovery who has ${fields.target}${far}: nobody answers`,
          confidence: 'certain',
          place: site.place,
          show: [{ place: site.place, command: `ip -6 neigh show ${fields.target}` }],
        };
      });
  },
};

/** What of IPv6 the kernel itself says, on the wire or by its settings; of any other packet they tell nothing. */
export const ipv6: CauseKind[] = [
  ...ipv6Addresses,
  discoveryFiltered,
  unanswered6,
  forwardingOff6,
  hopLimitSpent,
  saidNoRoute6,
];
