import { isIp } from '../../packet/index.ts';
import type { Facts } from '../facts.ts';
import { linkOf } from '../place.ts';
import { groupsOf } from '../state/fib.ts';
import { type ArpFrame, type OpenQuestion, openQuestions } from './arp.ts';
import type { RuledFrame } from './frame-rules.ts';

/** All solicitations of neighbours and their answers (RFC 4861, section 4), in the words of ARP; who tries an address out asks nobody. */
export const discoveryFrames = ({ seen }: Pick<Facts, 'seen'>): ArpFrame[] =>
  seen.flatMap(({ at, place, device, direction, packet }) => {
    const { headers } = packet();
    const [ether, icmp6] = [headers[0], headers.at(-1)];
    const ip = headers.find(isIp);
    const asks = icmp6?.fields.type === 'neighbor solicitation';
    if (icmp6?.protocol !== 'icmp6' || ether?.protocol !== 'ether' || headers.filter(isIp).length > 1) return [];
    if (ip?.fields.src === '::' || (!asks && icmp6.fields.type !== 'neighbor advertisement')) return [];
    const [sha, tha] = [String(ether.fields.src), String(ether.fields.dst)];
    const [target, src, dst] = [icmp6.fields.target, ip?.fields.src, ip?.fields.dst].map(String) as [
      string,
      string,
      string,
    ];
    const [spa, tpa] = asks ? [src, target] : [target, dst];
    return [{ at, place, device, direction, op: asks ? 'request' : 'reply', sha, spa, tha, tpa }];
  });

/** The questions by Neighbor Discovery that the place where the packet waits has no answer to. */
export function openQuestions6(facts: Facts): OpenQuestion[] {
  const { site } = facts;
  if (site.kind === 'on a wire') return [];
  const frames = discoveryFrames(facts);
  const asked = frames.filter(
    (each, i) =>
      each.op === 'request' &&
      each.place === site.place &&
      each.direction === 'out' &&
      linkOf(facts, each.place, each.device)?.masterKind !== 'bridge' &&
      frames.findIndex(({ op, at, tpa }) => op === 'request' && at === each.at && tpa === each.tpa) === i,
  );
  return asked.flatMap(({ place, device, at, tpa, spa, sha, tha }): OpenQuestion[] => {
    const requests = frames.filter((each) => each.op === 'request' && each.tpa === tpa && each.sha === sha);
    const replies = frames.filter((each) => each.op === 'reply' && each.spa === tpa);
    if (replies.some((each) => each.at === at && each.direction === 'in')) return [];
    const answer = replies.find((each) => each.direction === 'out');
    return [
      {
        by: 'Neighbor Discovery',
        place,
        device,
        at,
        tpa,
        spa,
        sha,
        tha,
        requests: requests.filter((each) => each.at !== at),
        replies,
        answer,
      },
    ];
  });
}

/** The questions that keep the packet where it is, of either version of IP. */
export const allOpenQuestions = (facts: Facts): OpenQuestion[] => [...openQuestions(facts), ...openQuestions6(facts)];

/** The group of who is asked for (RFC 4291, section 2.7.1), as nft(8) writes it. */
function solicitedNode(address: string): string {
  const [high = 0, low = 0] = groupsOf(address).slice(-2);
  return `ff02::1:ff${(high & 0xff).toString(16).padStart(2, '0')}:${low.toString(16)}`;
}

/** A frame of Neighbor Discovery as rules see it; connection tracking leaves it untracked. */
export const ruledDiscovery = (
  op: 'request' | 'reply',
  iif?: string,
  oif?: string,
  { spa, tpa }: Partial<Pick<OpenQuestion, 'spa' | 'tpa'>> = {},
): RuledFrame => ({
  protocols: ['ip6', 'icmpv6', 'vlan'],
  values: {
    'ether type': 'ip6',
    'meta l4proto': 'ipv6-icmp',
    'ip6 nexthdr': 'ipv6-icmp',
    'ip6 saddr': op === 'request' ? spa : tpa,
    'ip6 daddr': op === 'reply' ? spa : tpa && solicitedNode(tpa),
    'icmpv6 type': op === 'request' ? 'nd-neighbor-solicit' : 'nd-neighbor-advert',
    'ct state': 'untracked',
    iifname: iif,
    oifname: oif,
  },
});
