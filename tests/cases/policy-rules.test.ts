import { cases } from './case.ts';
import { twoUplinks } from './labs/two-uplinks.ts';

const calls = (port: number) => `c calls ${port}`;
const marks = (what: string) => `iptables -t mangle -A PREROUTING ${what} -j MARK --set-mark 0x7`;
const unmarks = (what: string) => `iptables -t mangle -D PREROUTING ${what} -j MARK --set-mark 0x7`;
const table = (...lines: string[]) => [...lines, 'ip rule add fwmark 0x7 lookup 77'].join('\n');
const noTable = 'ip rule del fwmark 0x7 lookup 77 || true\nip route flush table 77 || true';

cases('marks that lead to a table', twoUplinks, {
  'of what is thrown away': {
    breaks: { r: `${marks('-p tcp --dport 80')}\n${table('ip route add blackhole default table 77')}` },
    mends: { r: `${unmarks('-p tcp --dport 80')}\n${noTable}` },
    walk: calls(80),
    ends: 'failed: lost at r:up1',
    isMendedAsTold: true,
    cause: 'blackhole route',
    says: ['blackhole default table 77', 'fwmark 0x7 lookup 77', 'mangle PREROUTING', 'tcp dport 80'],
  },
  'of what is refused, where the mark is right': {
    breaks: { r: 'ip route replace unreachable default table 100' },
    mends: { r: 'ip route replace default via 10.92.0.2 table 100' },
    walk: calls(443),
    ends: 'failed: lost at r:up2',
    isMendedAsTold: true,
    cause: 'unreachable route',
    says: ['unreachable default table 100', 'fwmark 0x1 lookup 100', 'mangle PREROUTING', 'tcp dport 443'],
  },
  'that has another way': {
    breaks: { r: `${marks('-p tcp --dport 80')}\n${table('ip route add default via 10.92.0.2 table 77')}` },
    mends: { r: `${unmarks('-p tcp --dport 80')}\n${noTable}` },
    walk: calls(80),
    ends: 'failed: lost at r:up1',
    isMendedAsTold: true,
    cause: 'wrong route',
    says: ['by up2 and not by up1', 'fwmark 0x7 lookup 77', 'mangle PREROUTING'],
  },
  'that was there before, by a rule that is new': {
    breaks: { r: 'ip rule add to 203.0.113.9 iif lan lookup 100' },
    mends: { r: 'ip rule del to 203.0.113.9 iif lan lookup 100 || true' },
    walk: calls(80),
    ends: 'failed: lost at r:up1',
    isMendedAsTold: true,
    cause: 'wrong route',
    says: ['by up2 and not by up1', 'by the policy rule from all to 203.0.113.9 iif lan lookup 100'],
  },
  'for the sender’s own packets, which then never leave': {
    breaks: {
      c: `iptables -t mangle -A OUTPUT -p tcp --dport 80 -j MARK --set-mark 0x7\n${table('ip route add blackhole default table 77')}`,
    },
    mends: {
      c: `iptables -t mangle -D OUTPUT -p tcp --dport 80 -j MARK --set-mark 0x7\n${noTable}`,
    },
    walk: calls(80),
    ends: 'failed: lost at c:e0',
    isMendedAsTold: true,
    cause: 'blackhole route',
    says: ['blackhole default table 77', 'fwmark 0x7 lookup 77', 'mangle OUTPUT'],
  },
});

const refused = 'ip route add blackhole default table 78';
const allowed = 'ip route flush table 78';

cases('rules of policy routing', twoUplinks, {
  'that refuse by themselves': {
    breaks: { r: 'ip rule add to 203.0.113.9 prohibit' },
    mends: { r: 'ip rule del to 203.0.113.9 prohibit || true' },
    walk: calls(80),
    ends: 'failed: lost at r:up1',
    isMendedAsTold: true,
    cause: 'prohibit route',
    says: ['policy rule from all to 203.0.113.9 prohibit', 'administratively prohibited'],
  },
  'for a protocol and a port': {
    breaks: { r: `${refused}\nip rule add ipproto tcp dport 80 lookup 78` },
    mends: { r: `ip rule del ipproto tcp dport 80 lookup 78 || true\n${allowed}` },
    walk: calls(80),
    ends: 'failed: lost at r:up1',
    isMendedAsTold: true,
    cause: 'blackhole route',
    says: ['blackhole default table 78', 'by the policy rule from all ipproto tcp dport 80 lookup 78'],
  },
  'for a range of ports that begins behind the packet’s': {
    breaks: {
      r: `${refused}\nip rule add pref 100 ipproto tcp dport 81-90 lookup 78\nip rule add pref 200 to 203.0.113.9 unreachable`,
    },
    mends: {
      r: `ip rule del pref 100; ip rule del pref 200 || true\n${allowed}`,
    },
    walk: calls(80),
    ends: 'failed: lost at r:up1',
    isMendedAsTold: true,
    cause: 'unreachable route',
    says: ['policy rule from all to 203.0.113.9 unreachable'],
  },
  'that take no default route of the main table, and none does': {
    breaks: { c: 'ip rule add pref 100 lookup main suppress_prefixlength 0\nip rule del pref 32766' },
    mends: { c: 'ip rule add pref 32766 lookup main || true\nip rule del pref 100\nip rule del pref 99 || true' },
    walk: calls(80),
    ends: 'failed: lost at c:e0',
    isMendedAsTold: true,
    cause: 'policy rule missing',
    says: [
      'no policy rule at c leads to table main',
      'default via 10.1.0.1',
      'rule 32766: from all lookup main is gone',
    ],
  },
  'for who sends': {
    breaks: { c: `${refused}\nip rule add uidrange 0-0 lookup 78` },
    mends: { c: `ip rule del uidrange 0-0 lookup 78 || true\n${allowed}` },
    walk: calls(80),
    ends: 'failed: lost at c:e0',
    isMendedAsTold: true,
    cause: 'blackhole route',
    says: ['blackhole default table 78', 'by the policy rule from all uidrange 0-0 lookup 78'],
  },
});

cases('ports that are translated', twoUplinks, {
  'to one of the router itself': {
    breaks: { r: 'iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080' },
    mends: { r: 'iptables -t nat -F PREROUTING' },
    walk: calls(80),
    ends: 'failed: lost at r:up1',
    isMendedAsTold: true,
    cause: 'no socket',
    says: ['nobody listens at r on tcp port 8080', 'redirect to :8080'],
  },
  'to one that the receiver does not listen on': {
    breaks: {
      r: 'iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 203.0.113.9:8080',
      u1: 'nc -l -p 80 > /dev/null 2>&1 & echo $! > /run/nc.pid',
    },
    mends: { r: 'iptables -t nat -F PREROUTING', u1: 'kill $(cat /run/nc.pid) || true' },
    walk: calls(80),
    ends: 'failed: differs at r:up1 out',
    cause: 'no socket',
    says: ['nobody listens at u1 on tcp port 8080', 'r translated its port from 80', 'dnat to 203.0.113.9:8080'],
  },
});
