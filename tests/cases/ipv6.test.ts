import { at, type Hop, icmp6, ip6, type Lab, send } from '../../src/index.ts';
import { cases } from './case.ts';

const on = 'sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0';
const asked = (dst: string, ...stops: [point: string, hopLimit: number][]): Hop[] =>
  stops.map(([point, hopLimit]) =>
    at(point as 'a:eth0', 'It is here', ip6({ src: 'fd00::1', dst, hopLimit }), icmp6({ type: 'echo request' })),
  );

const lab: Lab = {
  title: 'Two hosts and a router of IPv6',
  nodes: { a: 'host', r: 'router', b: 'host' },
  links: ['a:eth0 -- r:e0', 'r:e1 -- b:eth0'],
  setup: {
    'IPv6 is on, with an address and a way to the other host': {
      a: `${on}
          ip -6 addr add fd00::1/64 dev eth0 nodad
          ip -6 route add default via fd00::fe`,
      r: `${on}
          sysctl -qw net.ipv6.conf.all.forwarding=1
          ip -6 addr add fd00::fe/64 dev e0 nodad
          ip -6 addr add fd01::fe/64 dev e1 nodad
          ip -6 route add fd02::/64 via fd01::2`,
      b: `${on}
          ip -6 addr add fd01::2/64 dev eth0 nodad
          ip -6 addr add fd02::2/64 dev eth0 nodad
          ip -6 route add default via fd01::fe`,
    },
  },
  walks: {
    'a pings b': {
      send: send('a', 'ping -6 -c 1 fd01::2'),
      request: asked('fd01::2', ['a:eth0', 64], ['r:e0', 64], ['r:e1', 63], ['b:eth0', 63]),
    },
    'a pings b’s other address': {
      send: send('a', 'ping -6 -c 1 -t 2 fd02::2'),
      request: asked('fd02::2', ['a:eth0', 2], ['r:e0', 2], ['r:e1', 1], ['b:eth0', 1]),
    },
  },
};

cases('a router of IPv6', lab, {
  'the router forwards nothing': {
    breaks: { r: 'sysctl -w net.ipv6.conf.all.forwarding=0' },
    mends: { r: 'sysctl -w net.ipv6.conf.all.forwarding=1' },
    ends: 'failed: lost at r:e1',
    cause: 'IPv6 forwarding off',
    says: ['net.ipv6.conf.all.forwarding = 0', 'fd01::2'],
  },
  'IPv6 is switched off where it comes in': {
    breaks: { r: 'sysctl -w net.ipv6.conf.e0.disable_ipv6=1' },
    mends: { r: 'sysctl -w net.ipv6.conf.e0.disable_ipv6=0\nip -6 addr replace fd00::fe/64 dev e0 nodad' },
    ends: 'failed: lost at r:e1',
    cause: 'IPv6 off',
    says: ['r takes no IPv6 that comes by e0', 'net.ipv6.conf.e0.disable_ipv6 = 1'],
    isMendedAsTold: true,
  },
  'a link carries less than IPv6 needs': {
    breaks: { r: 'ip link set e1 mtu 1200' },
    mends: {
      r: 'ip link set e1 mtu 1500\nip -6 addr replace fd01::fe/64 dev e1 nodad\nip -6 route replace fd02::/64 via fd01::2',
    },
    ends: 'failed: lost at r:e1',
    cause: 'address missing',
    says: ['IPv6 is off at its e1', 'its mtu 1200, was 1500, is less than the 1280'],
  },
  'a route gives the sender another of its addresses': {
    breaks: {
      a: 'ip -6 addr add fd00::9/64 dev eth0 nodad\nip -6 route replace default via fd00::fe src fd00::9',
    },
    mends: { a: 'ip -6 route replace default via fd00::fe\nip -6 addr del fd00::9/64 dev eth0' },
    ends: 'failed: differs at a:eth0 out',
    cause: 'wrong source',
    says: ['a sends from fd00::9 and not from fd00::1', 'src fd00::9'],
  },
  'the router has no way there': {
    breaks: { r: 'ip -6 route del fd02::/64 via fd01::2' },
    mends: { r: 'ip -6 route add fd02::/64 via fd01::2' },
    walk: 'a pings b’s other address',
    ends: 'failed: lost at r:e1',
    cause: 'no IPv6 route',
    says: ['r has no IPv6 route to fd02::2'],
  },
  'the sender has no way there': {
    breaks: { a: 'ip -6 route del default' },
    mends: { a: 'ip -6 route add default via fd00::fe' },
    ends: 'failed: lost at a:eth0',
    cause: 'no IPv6 route',
    says: ['a has no IPv6 route to fd01::2'],
  },
  'nobody has the address': {
    breaks: { b: 'ip -6 addr del fd01::2/64 dev eth0' },
    mends: { b: 'ip -6 addr add fd01::2/64 dev eth0 nodad\nip -6 route replace default via fd01::fe' },
    cold: true,
    ends: 'failed: lost at r:e1',
    cause: 'IPv6 neighbour unanswered',
    says: ['fd01::2', 'Neighbor Discovery', 'b:eth0'],
  },
  'IPv6 is switched off at who is asked': {
    breaks: { b: 'sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1' },
    mends: {
      b: `sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
          ip -6 addr replace fd01::2/64 dev eth0 nodad
          ip -6 addr replace fd02::2/64 dev eth0 nodad
          ip -6 route replace default via fd01::fe`,
    },
    cold: true,
    ends: 'failed: lost at r:e1',
    isMendedAsTold: true,
    cause: 'address missing',
    says: ['b has no address fd01::2', 'IPv6 is off at its eth0 (net.ipv6.conf.eth0.disable_ipv6 = 1)'],
  },
  'ip6tables of who is asked drops what asks by Neighbor Discovery': {
    breaks: { b: 'ip6tables -A INPUT -p icmpv6 --icmpv6-type neighbour-solicitation -j DROP' },
    mends: { b: 'ip6tables -F INPUT' },
    cold: true,
    ends: 'failed: lost at r:e1',
    isMendedAsTold: true,
    cause: 'Neighbor Discovery filtered',
    says: ['b does not answer r:e1', 'fd01::2', 'ip6 filter INPUT', 'nd-neighbor-solicit'],
  },
  'ip6tables of who is asked drops its answer': {
    breaks: { b: 'ip6tables -A OUTPUT -p icmpv6 --icmpv6-type neighbour-advertisement -j DROP' },
    mends: { b: 'ip6tables -F OUTPUT' },
    cold: true,
    ends: 'failed: lost at r:e1',
    isMendedAsTold: true,
    cause: 'Neighbor Discovery filtered',
    says: ['b does not answer r:e1', 'ip6 filter OUTPUT', 'nd-neighbor-advert'],
  },
  'a policy of who is asked drops Neighbor Discovery, and lets pings pass': {
    breaks: { b: 'ip6tables -P INPUT DROP\nip6tables -A INPUT -p icmpv6 --icmpv6-type echo-request -j ACCEPT' },
    mends: { b: 'ip6tables -P INPUT ACCEPT\nip6tables -F INPUT' },
    cold: true,
    ends: 'failed: lost at r:e1',
    isMendedAsTold: true,
    cause: 'Neighbor Discovery filtered',
    says: ['b does not answer r:e1', 'ip6 filter INPUT', 'policy drop'],
  },
  'nftables of who asks drops the answer': {
    breaks: {
      r: `nft add table inet f
          nft 'add chain inet f i { type filter hook input priority 0; }'
          nft add rule inet f i icmpv6 type nd-neighbor-advert counter drop`,
    },
    mends: { r: 'nft delete table inet f' },
    cold: true,
    ends: 'failed: lost at r:e1',
    isMendedAsTold: true,
    cause: 'Neighbor Discovery filtered',
    says: ['r does not learn who has fd01::2', 'inet f i', 'nd-neighbor-advert'],
  },
  'ip6tables of who asks drops its question': {
    breaks: { a: 'ip6tables -A OUTPUT -p icmpv6 --icmpv6-type neighbour-solicitation -j DROP' },
    mends: { a: 'ip6tables -F OUTPUT' },
    cold: true,
    ends: 'failed: lost at a:eth0',
    isMendedAsTold: true,
    cause: 'Neighbor Discovery filtered',
    says: ['a does not learn who has fd00::fe', 'ip6 filter OUTPUT', 'nd-neighbor-solicit'],
  },
  'ip6tables drops it': {
    breaks: { r: 'ip6tables -A FORWARD -p icmpv6 -j DROP' },
    mends: { r: 'ip6tables -F FORWARD' },
    ends: 'failed: lost at r:e1',
    cause: ['firewall rule', 'firewall policy'],
    says: ['FORWARD'],
  },
});

const led = (what: string) => ({
  breaks: { r: `ip -6 route add blackhole default table 77\nip -6 rule add ${what} lookup 77` },
  mends: { r: `ip -6 rule del ${what} lookup 77 || true\nip -6 route flush table 77` },
  ends: 'failed: lost at r:e1',
  isMendedAsTold: true as const,
  cause: 'blackhole route',
  says: ['blackhole default', 'table 77', `by the policy rule from all ${what} lookup 77`],
});

cases('rules of policy routing for IPv6', lab, {
  'that lead to a table, by the destination': led('to fd01::/64'),
  'by the interface that it came by': led('iif e0'),
  'by its protocol': led('ipproto ipv6-icmp'),
  'by a mark that a rule gives': {
    ...led('fwmark 0x7'),
    breaks: {
      r: `ip6tables -t mangle -A PREROUTING -p icmpv6 -j MARK --set-mark 0x7\n${led('fwmark 0x7').breaks.r}`,
    },
    mends: {
      r: `ip6tables -t mangle -D PREROUTING -p icmpv6 -j MARK --set-mark 0x7 || true\n${led('fwmark 0x7').mends.r}`,
    },
    says: ['blackhole default', 'fwmark 0x7 lookup 77', 'mangle PREROUTING'],
  },
  'that refuse by themselves': {
    breaks: { r: 'ip -6 rule add to fd01::2 prohibit' },
    mends: { r: 'ip -6 rule del to fd01::2 prohibit || true' },
    ends: 'failed: lost at r:e1',
    isMendedAsTold: true,
    cause: 'prohibit route',
    says: ['policy rule from all to fd01::2 prohibit', 'administratively prohibited'],
  },
  'that have another way': {
    breaks: { r: 'ip -6 route add default via fd00::1 table 77\nip -6 rule add to fd01::2 lookup 77' },
    mends: { r: 'ip -6 rule del to fd01::2 lookup 77 || true\nip -6 route flush table 77' },
    ends: 'failed: lost at r:e1',
    isMendedAsTold: true,
    cause: 'wrong route',
    says: ['r routes fd01::2 by e0 and not by e1', 'by the policy rule from all to fd01::2 lookup 77'],
  },
});
