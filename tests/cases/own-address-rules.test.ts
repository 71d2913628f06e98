import { cases } from './case.ts';
import { ring } from './labs/ring.ts';

/** The rule for a place's own addresses is asked last. */
const localLast = (...rules: string[]) =>
  ['ip rule add pref 200 lookup local', 'ip rule del pref 0', ...rules].join('\n');

/** It is asked first again, and nothing else before the tables that every kernel has. */
const localFirst = [
  'ip rule add pref 0 lookup local || true',
  'for pref in 100 200; do ip rule del pref $pref || true; done',
  'ip route flush table 77 || true',
].join('\n');

const tproxy = 'ip route add local default dev lo table 77';

cases('policy rules and routes that take addresses for a place’s own, or do not', ring, {
  'before those for its own addresses, so that it answers no ARP': {
    breaks: { y: localLast('ip rule add pref 100 to 10.11.1.1 prohibit') },
    mends: { y: localFirst },
    cold: true,
    ends: 'failed: lost at x:ey',
    cause: 'own address routed away',
    says: ['y does not answer', 'policy rule 100: from all to 10.11.1.1 prohibit', '200: from all lookup local'],
    isMendedAsTold: true,
  },
  'before them, so that it refuses what comes': {
    breaks: { b: localLast('ip rule add pref 100 from all iif e0 blackhole') },
    mends: { b: localFirst },
    ends: 'failed: reply lost at b:e0',
    cause: 'own address routed away',
    says: ['b does not take 10.20.0.2', 'policy rule 100: from all iif e0 blackhole'],
    isMendedAsTold: true,
  },
  'before them, so that it sends on what comes': {
    breaks: {
      b: localLast('ip rule add pref 100 from all iif e0 lookup 77', 'ip route add default via 10.20.0.1 table 77'),
    },
    mends: { b: localFirst },
    ends: 'failed: reply lost at b:e0',
    cause: 'own address routed away',
    says: ['b does not take 10.20.0.2', 'policy rule 100: from all iif e0 lookup 77'],
    isMendedAsTold: true,
  },
  'of which none is for its own addresses any more': {
    breaks: { b: 'ip rule del pref 0' },
    mends: { b: localFirst },
    ends: 'failed: reply lost at b:e0',
    cause: 'own address routed away',
    says: ['none of its policy rules leads to table local'],
    isMendedAsTold: true,
  },
  'of which one of table local is gone': {
    breaks: { b: 'ip route del local 10.20.0.2 dev e0 table local' },
    mends: { b: 'ip route replace local 10.20.0.2 dev e0 table local proto kernel scope host src 10.20.0.2' },
    ends: 'failed: reply lost at b:e0',
    cause: 'own address routed away',
    says: ['b does not take 10.20.0.2', 'table local has no route for it'],
    isMendedAsTold: true,
  },
  'by which who asks by ARP is one of its own': {
    breaks: { y: `ip rule add pref 100 to 10.11.1.0 lookup 77\n${tproxy}` },
    mends: { y: localFirst },
    cold: true,
    ends: 'failed: lost at x:ey',
    cause: 'martian source',
    says: ['y does not answer', 'takes 10.11.1.0, which asks, for one of its own', 'policy rule from all to 10.11.1.0'],
    isMendedAsTold: true,
  },
  'by which who sends is one of its own': {
    breaks: { b: `ip rule add pref 100 to 10.10.0.0/24 lookup 77\n${tproxy}` },
    mends: { b: localFirst },
    ends: 'failed: reply lost at b:e0',
    cause: 'martian source',
    says: ['b takes 10.10.0.2', 'local default dev lo', 'policy rule from all to 10.10.0.0/24 lookup 77'],
    isMendedAsTold: true,
  },
  'that refuse the way back, which a reverse path filter asks for': {
    breaks: { b: 'sysctl -qw net.ipv4.conf.all.rp_filter=1\nip rule add pref 100 to 10.10.0.0/24 prohibit' },
    mends: { b: `sysctl -qw net.ipv4.conf.all.rp_filter=0\n${localFirst}` },
    ends: 'failed: reply lost at b:e0',
    cause: 'reverse path filter',
    says: ['is refused by its policy rule from all to 10.10.0.0/24 prohibit'],
    isMendedAsTold: true,
  },
});
